/* million: that many tasks asleep at once, all until the same instant. hob.c WORKERS TASKS SECONDS */
#include "bench.h"
#include <hob.h>

static long count;
static hob_time wake;
static long asleep;

static int sleeper(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&asleep, 1, __ATOMIC_RELAXED);
	return hob_sleep(wake);
}

static int first(void *arg)
{
	struct hob_scope *s;
	size_t before = bench_resident_bytes();
	int64_t start = bench_now(), spawned;

	(void)arg;
	bench_must(hob_scope_create(&s), "hob_scope_create");
	for (long i = 0; i < count; i++)
		bench_must(hob_spawn(s, sleeper, NULL), "hob_spawn");
	while (__atomic_load_n(&asleep, __ATOMIC_RELAXED) < count)
		hob_yield();
	spawned = bench_now();
	bench_must(spawned >= wake, "late: more seconds are needed; spawned >= wake");
	bench_report("million_spawn", (double)(spawned - start) / 1e9, "s");
	bench_report("million_bytes", (double)(bench_resident_bytes() - before) / (double)count, "B");
	bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
	bench_report("million_wake", (double)(bench_now() - wake) / 1e9, "s");
	hob_scope_destroy(s);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1), .stack_bytes = 16384 };

	count = bench_arg(argc, argv, 2);
	wake = hob_after(bench_arg(argc, argv, 3) * HOB_SECOND);
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
