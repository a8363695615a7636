/* block: a thousand calls that block a millisecond, twice; then empty calls, one after the other. hob.c WORKERS MS */
#include "bench.h"
#include <hob.h>

enum { CALLS = 1000, BATCH = 100 };

static int64_t budget;

static int nap(void *arg)
{
	(void)arg;
	return usleep(1000);
}

static int napper(void *arg)
{
	return hob_blocking(nap, arg, HOB_NEVER);
}

static void thousand(const char *work, struct hob_scope *s)
{
	int64_t start = bench_now();

	for (int i = 0; i < CALLS; i++)
		bench_must(hob_spawn(s, napper, NULL), "hob_spawn");
	bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
	bench_report(work, (double)(bench_now() - start) / 1e6, "ms");
}

static int thousands(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	bench_must(hob_scope_create(&s), "hob_scope_create");
	thousand("block1000", s);
	thousand("block1000_again", s);
	hob_scope_destroy(s);
	return 0;
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int offload(void *arg)
{
	int64_t calls = 0, start = bench_now(), took;

	(void)arg;
	do {
		for (int i = 0; i < BATCH; i++)
			bench_must(hob_blocking(nothing, NULL, HOB_NEVER), "hob_blocking");
		calls += BATCH;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("offload", (double)took / 1e3 / (double)calls, "us");
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	budget = bench_arg(argc, argv, 2) * 1000000;
	bench_must(hob_run(&opts, thousands, NULL), "hob_run");
	bench_must(hob_run(&opts, offload, NULL), "hob_run");
	return 0;
}
