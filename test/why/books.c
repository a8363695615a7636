/* Clocks and books. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

static double read_clock(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double clock_wall(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

double clock_cpu(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* The time that this thread has waited for a core. */
static double clock_ready(const struct books *b)
{
	char text[128] = "";
	unsigned long long on_core, ready;
	if (pread(b->schedstat, text, sizeof text - 1, 0) <= 0 || sscanf(text, "%llu %llu", &on_core, &ready) != 2)
		return 0;
	return (double)ready * 1e-9;
}

void books_open(struct books *b, const char *dir)
{
	*b = (struct books){ .began = clock_wall(), .dir = dir };
	b->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	b->began -= clock_cpu() + clock_ready(b); /* its life began before its first instruction */
}

void books_close(struct books *b)
{
	b->life += clock_wall() - b->began; /* children's are in it already */
	b->spent[COMPUTE] += clock_cpu();
	b->spent[READY] += clock_ready(b);
	close(b->schedstat);
}

void books_add(struct books *to, const struct books *from)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* held too shortly to be in the books itself */
	pthread_mutex_lock(&lock);
	for (int i = 0; i < CAUSES; i++)
		to->spent[i] += from->spent[i];
	to->life += from->life;
	pthread_mutex_unlock(&lock);
}

void span(struct books *b, enum cause cause, span_fn *fn, double seconds)
{
	double wall = clock_wall(), cpu = clock_cpu(), ready = clock_ready(b);
	fn(b, seconds);
	ready = clock_ready(b) - ready;
	cpu = clock_cpu() - cpu;
	wall = clock_wall() - wall;
	if (wall > cpu + ready)
		b->spent[cause] += wall - cpu - ready;
}
