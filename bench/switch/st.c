/* switch: two threads of State Threads yield to each other. It has no call named yield; a sleep of no time is how its
 * users write one. st.c 1 MS */
#include "bench.h"
#include <st.h>
#include <stdbool.h>

static bool stop;

static void *other(void *arg)
{
	while (!stop)
		st_usleep(0);
	return arg;
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000, rounds = 0, start, took;
	st_thread_t thread;

	bench_must(st_init(), "st_init");
	thread = st_thread_create(other, NULL, 1, 0);
	bench_must(!thread, "st_thread_create");
	start = bench_now();
	do {
		for (int i = 0; i < 10000; i++)
			st_usleep(0);
		rounds += 10000;
		took = bench_now() - start;
	} while (took < budget);
	stop = true;
	st_thread_join(thread, NULL);
	bench_report("switch", (double)took / (2.0 * (double)rounds), "ns");
	return 0;
}
