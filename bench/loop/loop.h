/* loop: the input of every contestant in C and C++, what they do with a range of it, and the results that are right. */
#ifndef LOOP_H
#define LOOP_H

#include "bench.h"

enum { EMPTY_BATCH = 100, EMPTY_BUDGET = 100000000, MOST_STEPS = 1000 };

static inline double seconds_since(int64_t start)
{
	return (double)(bench_now() - start) / 1e9;
}

/* After each batch of `loops` so far: 0 where the time is not yet over, else reports one of them. */
static inline int report_empty(int64_t start, long loops)
{
	const int64_t took = bench_now() - start;

	if (took < EMPTY_BUDGET)
		return 0;
	bench_report("empty", (double)took / (double)loops, "ns");
	return 1;
}

/* Something that is done, and takes no time. */
static inline void nothing(size_t item)
{
	__asm__ volatile("" : : "r"(item));
}

/* Steps until each point of a row leaves the circle, summed: the rows in the middle take longest. */
static inline long mandelbrot_row(size_t row, size_t size)
{
	const double ci = -1.5 + 3.0 * (double)row / (double)size;
	long steps = 0;

	for (size_t column = 0; column < size; column++) {
		const double cr = -2.0 + 3.0 * (double)column / (double)size;
		double zr = 0, zi = 0;
		int n = 0;

		for (; n < MOST_STEPS && zr * zr + zi * zi < 4; n++) {
			const double next = zr * zr - zi * zi + cr;
			zi = 2 * zr * zi + ci;
			zr = next;
		}
		steps += n;
	}
	return steps;
}

/* Within a thousandth: a machine may fuse a multiplication and an addition. */
static inline void report_mandelbrot(size_t size, const long *steps, int64_t start)
{
	const double took = seconds_since(start), right = size == 1000 ? 172811924 : 43301667;
	double sum = 0;

	for (size_t row = 0; row < size; row++)
		sum += (double)steps[row];
	bench_must((size != 500 && size != 1000) || sum < 0.999 * right || sum > 1.001 * right, "mandelbrot");
	bench_report("mandelbrot", took, "s");
}

/* Halves: so every sum is exact, whatever the order. */
static inline double *make_doubles(size_t n)
{
	double *x = (double *)malloc(n * sizeof *x);

	bench_must(!x, "malloc");
	for (size_t i = 0; i < n; i++)
		x[i] = (double)(i % 1000) * 0.5;
	return x;
}

/* Eight sums side by side, so that memory limits and not an addition's latency; by vectors, so that it is not the
 * compilers' own that are compared. */
typedef double pair __attribute__((vector_size(16), aligned(8), may_alias));

static inline double sum_range(const double *x, size_t begin, size_t end)
{
	pair a = { 0, 0 }, b = a, c = a, d = a;
	size_t i = begin;

	for (; i + 8 <= end; i += 8) {
		const pair *p = (const pair *)(x + i);
		a += p[0];
		b += p[1];
		c += p[2];
		d += p[3];
	}
	a += b + c + d;
	for (; i < end; i++)
		a[0] += x[i];
	return a[0] + a[1];
}

static inline void report_sum(double *x, size_t n, double sum, int64_t start)
{
	const double took = seconds_since(start);

	bench_must(n % 1000 || sum != (double)n * 0.25 * 999, "sum");
	bench_report("sum", took, "s");
	free(x);
}

static inline int64_t *make_integers(size_t n)
{
	int64_t *x = (int64_t *)malloc(n * sizeof *x);

	bench_must(!x, "malloc");
	for (size_t i = 0; i < n; i++)
		x[i] = (int64_t)i;
	return x;
}

static inline void report_prefix(int64_t *x, size_t n, int64_t start)
{
	const double took = seconds_since(start);

	for (size_t i = 0; i < n; i++)
		bench_must(x[i] != (int64_t)(i * (i + 1) / 2), "prefix");
	bench_report("prefix", took, "s");
	free(x);
}

#endif
