/* chain: each thread of State Threads starts and joins the next, a thousand deep. st.c 1 MS */
#include "bench.h"
#include <st.h>

enum { DEPTH = 1000 };

static void *link_of(void *arg)
{
	uintptr_t left = (uintptr_t)arg;
	st_thread_t next;

	if (left) {
		next = st_thread_create(link_of, (void *)(left - 1), 1, 0);
		bench_must(!next, "st_thread_create");
		bench_must(st_thread_join(next, NULL), "st_thread_join");
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000, tasks = 0, start, took;

	bench_must(st_init(), "st_init");
	start = bench_now();
	do {
		link_of((void *)(uintptr_t)DEPTH);
		tasks += DEPTH;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("chain", (double)took / (double)tasks, "ns");
	return 0;
}
