/* sort: the input of every contestant in C and C++, and whether the result is sorted and of the same numbers. */
#ifndef SORT_H
#define SORT_H

#include "bench.h"
#include <string.h>

/* Distinct numbers in an order that looks random: splitmix64. */
static inline uint64_t sort_item(size_t i)
{
	uint64_t x = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* Of both signs, and of many sizes about a million. */
static inline double sort_double(size_t i)
{
	return (double)(int64_t)sort_item(i) * 0x1p-40;
}

static inline void fill_integers(uint64_t *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = sort_item(i);
}

static inline void fill_doubles(double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = sort_double(i);
}

static inline void report_integers(const char *work, const uint64_t *x, size_t n, int64_t start)
{
	const double took = (double)(bench_now() - start) / 1e9;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += x[i] - sort_item(i);
		bench_must(i > 0 && x[i - 1] > x[i], work);
	}
	bench_must(sum != 0, work);
	bench_report(work, took, "s");
}

static inline void report_doubles(const double *x, size_t n, int64_t start)
{
	const double took = (double)(bench_now() - start) / 1e9;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		const double before = sort_double(i);
		uint64_t bits[2];
		memcpy(&bits[0], &before, sizeof before);
		memcpy(&bits[1], &x[i], sizeof x[i]);
		sum += bits[1] - bits[0];
		bench_must(i > 0 && x[i - 1] > x[i], "sort_doubles");
	}
	bench_must(sum != 0, "sort_doubles");
	bench_report("sort_doubles", took, "s");
}

#endif
