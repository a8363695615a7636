/* What every C and C++ contestant shares: the clock, the line it reports, its resident memory. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline int64_t bench_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void bench_report(const char *work, double value, const char *unit)
{
	printf("%s %.6g %s\n", work, value, unit);
	fflush(stdout);
}

/* The number in argv[i]; a usage error ends the program. */
static inline long bench_arg(int argc, char **argv, int i)
{
	char *end;
	long n = i < argc ? strtol(argv[i], &end, 10) : 0;
	if (i >= argc || end == argv[i] || *end || n < 1) {
		fprintf(stderr, "%s: argument %d must be a number of at least 1\n", argv[0], i);
		exit(2);
	}
	return n;
}

static inline size_t bench_resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	if (!f || fscanf(f, "%*u %lu", &pages) != 1) {
		perror("/proc/self/statm");
		exit(1);
	}
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Ends the program where a call of the runtime under test did not answer 0. */
static inline void bench_must(int result, const char *what)
{
	if (result) {
		fprintf(stderr, "%s answered %d\n", what, result);
		exit(1);
	}
}

#endif
