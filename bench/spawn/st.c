/* spawn: start and join a thousand threads of State Threads that do nothing, again and again. st.c 1 MS */
#include "bench.h"
#include <st.h>

enum { BATCH = 1000 };

static void *nothing(void *arg)
{
	return arg;
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000, tasks = 0, start, took;
	static st_thread_t threads[BATCH];

	bench_must(st_init(), "st_init");
	start = bench_now();
	do {
		for (int i = 0; i < BATCH; i++) {
			threads[i] = st_thread_create(nothing, NULL, 1, 0);
			bench_must(!threads[i], "st_thread_create");
		}
		for (int i = 0; i < BATCH; i++)
			bench_must(st_thread_join(threads[i], NULL), "st_thread_join");
		tasks += BATCH;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("spawn", (double)took / (double)tasks, "ns");
	return 0;
}
