/* lane: a mutex of threads, locked and unlocked where nobody else wants it. pthread.c WORKERS MS */
#include "bench.h"
#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *idle(void *arg)
{
	return arg;
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000, start, rounds = 0, took;
	pthread_t other; /* glibc spares itself the atomics in a process that never had a second thread */

	bench_must(pthread_create(&other, NULL, idle, NULL), "pthread_create");
	bench_must(pthread_join(other, NULL), "pthread_join");
	start = bench_now();
	do {
		for (int i = 0; i < 10000; i++) {
			pthread_mutex_lock(&mutex);
			pthread_mutex_unlock(&mutex);
		}
		rounds += 10000;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("alone", (double)took / (double)rounds, "ns");
	return 0;
}
