/* block: a thousand calls that block a millisecond, twice; then empty calls, one after the other, in libuv's pool of 4
 * threads, or of that many THREADS. It starts them all at the first call. uv.c 1 MS [THREADS] */
#include "bench.h"
#include <uv.h>

enum { CALLS = 1000 };

static uv_work_t works[CALLS];
static int64_t calls, start, budget;

static void nap(uv_work_t *work)
{
	(void)work;
	usleep(1000);
}

static void napped(uv_work_t *work, int status)
{
	(void)work;
	bench_must(status, "nap");
}

static void thousand(const char *name)
{
	start = bench_now();
	for (int i = 0; i < CALLS; i++)
		bench_must(uv_queue_work(uv_default_loop(), &works[i], nap, napped), "uv_queue_work");
	bench_must(uv_run(uv_default_loop(), UV_RUN_DEFAULT), "uv_run");
	bench_report(name, (double)(bench_now() - start) / 1e6, "ms");
}

static void nothing(uv_work_t *work)
{
	(void)work;
}

static void next(uv_work_t *work, int status)
{
	bench_must(status, "nothing");
	calls++;
	if (bench_now() - start < budget)
		bench_must(uv_queue_work(uv_default_loop(), work, nothing, next), "uv_queue_work");
}

static void offload(void)
{
	start = bench_now();
	bench_must(uv_queue_work(uv_default_loop(), &works[0], nothing, next), "uv_queue_work");
	bench_must(uv_run(uv_default_loop(), UV_RUN_DEFAULT), "uv_run");
	bench_report("offload", (double)(bench_now() - start) / 1e3 / (double)calls, "us");
}

int main(int argc, char **argv)
{
	budget = bench_arg(argc, argv, 2) * 1000000;
	if (argc > 3)
		bench_must(setenv("UV_THREADPOOL_SIZE", argv[3], 1), "setenv");
	thousand("block1000");
	thousand("block1000_again");
	offload();
	return 0;
}
