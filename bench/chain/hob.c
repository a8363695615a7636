/* chain: each task starts and joins the next, a thousand deep. hob.c WORKERS MS */
#include "bench.h"
#include <hob.h>

enum { DEPTH = 1000 };

static int64_t budget;

static int link_of(void *arg)
{
	uintptr_t left = (uintptr_t)arg;
	struct hob_scope *s;

	if (!left)
		return 0;
	bench_must(hob_scope_create(&s), "hob_scope_create");
	bench_must(hob_spawn(s, link_of, (void *)(left - 1)), "hob_spawn");
	bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
	hob_scope_destroy(s);
	return 0;
}

static int first(void *arg)
{
	int64_t tasks = 0, start = bench_now(), took;

	(void)arg;
	do {
		link_of((void *)(uintptr_t)DEPTH);
		tasks += DEPTH;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("chain", (double)took / (double)tasks, "ns");
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	budget = bench_arg(argc, argv, 2) * 1000000;
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
