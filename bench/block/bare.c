/* block: the bare mechanism: threads started for a thousand calls, which take them from a counter; and a call handed
 * through memory to a thread that spins, on another core. bare.c 1 MS */
#include "bench.h"
#include <pthread.h>
#include <stdbool.h>

enum {
	CALLS = 1000,
	THREADS = 256, /* more take longer to start than the calls they take off the others */
	BATCH = 100,
};

static long taken;
static uint32_t asked, answered; /* how many calls */
static bool stop;

static void *napper(void *arg)
{
	while (__atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED) < CALLS)
		usleep(1000);
	return arg;
}

static void thousand(void)
{
	pthread_t threads[THREADS];
	pthread_attr_t attr;
	int64_t start = bench_now();

	pthread_attr_init(&attr);
	bench_must(pthread_attr_setstacksize(&attr, 256 * 1024), "pthread_attr_setstacksize");
	for (int i = 0; i < THREADS; i++)
		bench_must(pthread_create(&threads[i], &attr, napper, NULL), "pthread_create");
	for (int i = 0; i < THREADS; i++)
		bench_must(pthread_join(threads[i], NULL), "pthread_join");
	bench_report("block1000", (double)(bench_now() - start) / 1e6, "ms");
}

static void *spinner(void *arg)
{
	uint32_t n = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		if (__atomic_load_n(&asked, __ATOMIC_ACQUIRE) != n)
			__atomic_store_n(&answered, ++n, __ATOMIC_RELEASE);
	return arg;
}

static void offload(int64_t budget)
{
	int64_t calls = 0, start, took;
	pthread_t thread;

	bench_must(pthread_create(&thread, NULL, spinner, NULL), "pthread_create");
	start = bench_now();
	do {
		for (int i = 0; i < BATCH; i++) {
			uint32_t n = asked + 1;

			__atomic_store_n(&asked, n, __ATOMIC_RELEASE);
			while (__atomic_load_n(&answered, __ATOMIC_ACQUIRE) != n)
				;
		}
		calls += BATCH;
		took = bench_now() - start;
	} while (took < budget);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	bench_report("offload", (double)took / 1e3 / (double)calls, "us");
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000;

	thousand();
	offload(budget);
	return 0;
}
