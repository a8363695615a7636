/* million: that many threads of State Threads asleep at once, all until the same instant. st.c 1 TASKS SECONDS */
#include "bench.h"
#include <st.h>

static int64_t wake;
static long asleep, awake;

static void *sleeper(void *arg)
{
	int64_t left;

	asleep++;
	/* Its clock stands still while a thread runs: a sleep ends early by what the spawning has taken. */
	while ((left = wake - bench_now()) > 0)
		st_usleep((st_utime_t)(left / 1000 + 1));
	awake++;
	return arg;
}

int main(int argc, char **argv)
{
	long count = bench_arg(argc, argv, 2);
	size_t before = bench_resident_bytes();
	int64_t start = bench_now(), spawned;

	wake = start + bench_arg(argc, argv, 3) * 1000000000;
	bench_must(st_init(), "st_init");
	for (long i = 0; i < count; i++)
		bench_must(!st_thread_create(sleeper, NULL, 0, 16384), "st_thread_create");
	while (asleep < count)
		st_usleep(0);
	spawned = bench_now();
	bench_must(spawned >= wake, "late: more seconds are needed; spawned >= wake");
	bench_report("million_spawn", (double)(spawned - start) / 1e9, "s");
	bench_report("million_bytes", (double)(bench_resident_bytes() - before) / (double)count, "B");
	while (awake < count)
		st_usleep(1000);
	bench_report("million_wake", (double)(bench_now() - wake) / 1e9, "s");
	return 0;
}
