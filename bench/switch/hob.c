/* switch: two tasks yield to each other. hob.c WORKERS MS */
#include "bench.h"
#include <hob.h>
#include <stdbool.h>

static int64_t budget;
static bool stop;

static int other(void *arg)
{
	(void)arg;
	while (!stop)
		hob_yield();
	return 0;
}

static int first(void *arg)
{
	struct hob_scope *s;
	int64_t rounds = 0, start, took;

	(void)arg;
	bench_must(hob_scope_create(&s), "hob_scope_create");
	bench_must(hob_spawn(s, other, NULL), "hob_spawn");
	start = bench_now();
	do {
		for (int i = 0; i < 10000; i++)
			hob_yield();
		rounds += 10000;
		took = bench_now() - start;
	} while (took < budget);
	stop = true;
	hob_scope_destroy(s);
	bench_report("switch", (double)took / (2.0 * (double)rounds), "ns");
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	budget = bench_arg(argc, argv, 2) * 1000000;
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
