/* What the task does that never waits as it should, 50 ms at a time: it computes, sleeps, or reads from a slow pipe. */
#ifndef STUCK_H
#define STUCK_H

#include "../echo/listen.h"
#include <pthread.h>
#include <stdbool.h>

#define STUCK_NS 50000000

static inline void stuck_compute(void)
{
	int64_t until = bench_now() + STUCK_NS;

	while (bench_now() < until)
		;
}

static inline void *stuck_writer(void *fd)
{
	for (;;) {
		usleep(STUCK_NS / 1000);
		bench_must(write((int)(intptr_t)fd, "", 1) != 1, "write");
	}
}

/* The end to read from of a pipe that gets a byte every 50 ms. */
static inline int stuck_pipe(void)
{
	pthread_t writer;
	int fds[2];

	bench_must(pipe(fds), "pipe");
	bench_must(pthread_create(&writer, NULL, stuck_writer, (void *)(intptr_t)fds[1]), "pthread_create");
	return fds[0];
}

/* Once; `how`: compute, block, read. */
static inline void stuck_once(const char *how)
{
	static int pipe_end = -1;
	char byte;

	if (!strcmp(how, "compute")) {
		stuck_compute();
	} else if (!strcmp(how, "block")) {
		usleep(STUCK_NS / 1000);
	} else {
		if (pipe_end < 0)
			pipe_end = stuck_pipe();
		bench_must(read(pipe_end, &byte, 1) != 1, "read");
	}
}

#endif
