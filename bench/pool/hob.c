/* pool: calls to a worker process, 64 bytes in and 64 out: one after the other, after a rest each, and 64 at once.
 * hob.c WORKERS MS */
#include "bench.h"
#include <hob.h>
#include <string.h>

enum { BATCH = 100, RESTS = 200, BURST = 64 };

static int64_t budget;
static struct hob_pool *pool;

static int echo(struct hob_call *c)
{
	memcpy(c->out, c->in, c->in_len);
	c->out_len = c->in_len;
	return 0;
}

static int call(void *arg)
{
	char in[64] = "hello", out[64];
	struct hob_call c = { .in = in, .in_len = sizeof in, .out = out, .out_size = sizeof out };

	(void)arg;
	bench_must(hob_pool_call(pool, echo, &c, HOB_NEVER), "hob_pool_call");
	return 0;
}

static void trip(void)
{
	int64_t calls = 0, start = bench_now(), took;

	do {
		for (int i = 0; i < BATCH; i++)
			call(NULL);
		calls += BATCH;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("trip", (double)took / 1e3 / (double)calls, "us");
}

static void rested(void)
{
	int64_t took = 0;

	for (int i = 0; i < RESTS; i++) {
		int64_t start;

		hob_sleep(hob_after(HOB_MS));
		start = bench_now();
		call(NULL);
		took += bench_now() - start;
	}
	bench_report("trip_rested", (double)took / 1e3 / RESTS, "us");
}

static void burst(void)
{
	int64_t calls = 0, start = bench_now(), took;
	struct hob_scope *s;

	bench_must(hob_scope_create(&s), "hob_scope_create");
	do {
		for (int i = 0; i < BURST; i++)
			bench_must(hob_spawn(s, call, NULL), "hob_spawn");
		bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
		calls += BURST;
		took = bench_now() - start;
	} while (took < budget);
	hob_scope_destroy(s);
	bench_report("burst64", (double)took / 1e3 / (double)calls, "us");
}

static int all(void *arg)
{
	(void)arg;
	bench_must(hob_pool_create(&pool, NULL), "hob_pool_create");
	call(NULL);
	trip();
	burst();
	rested();
	hob_pool_destroy(pool);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1), .pools = 1 };

	budget = bench_arg(argc, argv, 2) * 1000000;
	bench_must(hob_run(&opts, all, NULL), "hob_run");
	return 0;
}
