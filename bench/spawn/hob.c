/* spawn: start and join a thousand tasks that do nothing, again and again. hob.c WORKERS MS */
#include "bench.h"
#include <hob.h>

enum { BATCH = 1000 };

static int64_t budget;

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int first(void *arg)
{
	struct hob_scope *s;
	int64_t tasks = 0, start, took;

	(void)arg;
	bench_must(hob_scope_create(&s), "hob_scope_create");
	start = bench_now();
	do {
		for (int i = 0; i < BATCH; i++)
			bench_must(hob_spawn(s, nothing, NULL), "hob_spawn");
		bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
		tasks += BATCH;
		took = bench_now() - start;
	} while (took < budget);
	hob_scope_destroy(s);
	bench_report("spawn", (double)took / (double)tasks, "ns");
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	budget = bench_arg(argc, argv, 2) * 1000000;
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
