/* matrix: the input of every contestant in C and C++, what they do where they divide no further, and whether the result
 * is right. */
#ifndef MATRIX_H
#define MATRIX_H

#include "bench.h"
#include <math.h>
#include <string.h>

static inline double seconds_since(int64_t start)
{
	return (double)(bench_now() - start) / 1e9;
}

static inline void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	bench_must(!p, "calloc");
	return p;
}

/* Vectors, so that it is not the compilers' own that are compared. */
typedef double pair __attribute__((vector_size(16), may_alias));

/* Multiply: c += a * b, each a square of rows that lie `stride` apart. A stride that is no power of 2, so that the rows
 * of a block do not share a few places of the cache. */
enum { BLOCK = 32 };

struct product {
	double *c;
	const double *a, *b;
	size_t n, stride;
};

/* Two rows of eight sums in registers. */
static inline void multiply_block(const struct product *p)
{
	for (size_t i = 0; i < BLOCK; i += 2) {
		const double *a = p->a + i * p->stride, *a2 = a + p->stride;

		for (size_t j = 0; j < BLOCK; j += 8) {
			pair *c = (pair *)(p->c + i * p->stride + j), *c2 = (pair *)(p->c + (i + 1) * p->stride + j);
			pair s0 = c[0], s1 = c[1], s2 = c[2], s3 = c[3], t0 = c2[0], t1 = c2[1], t2 = c2[2], t3 = c2[3];

			for (size_t k = 0; k < BLOCK; k++) {
				const pair *b = (const pair *)(p->b + k * p->stride + j);
				const pair s = { a[k], a[k] }, t = { a2[k], a2[k] };
				s0 += s * b[0];
				s1 += s * b[1];
				s2 += s * b[2];
				s3 += s * b[3];
				t0 += t * b[0];
				t1 += t * b[1];
				t2 += t * b[2];
				t3 += t * b[3];
			}
			c[0] = s0;
			c[1] = s1;
			c[2] = s2;
			c[3] = s3;
			c2[0] = t0;
			c2[1] = t1;
			c2[2] = t2;
			c2[3] = t3;
		}
	}
}

/* One of the eight products of halves that p is made of: those of step 1 add to what those of step 0 leave in the same
 * quarter of c, so a step has to be done before the next. */
static inline struct product product_part(const struct product *p, unsigned step, unsigned quarter)
{
	const size_t half = p->n / 2, row = quarter / 2 * half, column = quarter % 2 * half, middle = step * half;
	const struct product part = { p->c + row * p->stride + column, p->a + row * p->stride + middle,
				      p->b + middle * p->stride + column, half, p->stride };
	return part;
}

/* a[i][j] = i + 2 j and b[i][j] = i - j, modulo small numbers, so that all is exact. */
static inline struct product make_product(size_t n)
{
	const size_t stride = n + 8;
	double *a = (double *)zeroed(n * stride, sizeof *a), *b = (double *)zeroed(n * stride, sizeof *b);
	const struct product p = { (double *)zeroed(n * stride, sizeof *p.c), a, b, n, stride };

	bench_must(n < BLOCK || (n & (n - 1)), "the size");
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			a[i * stride + j] = (double)((i + 2 * j) % 7);
			b[i * stride + j] = (double)((i + n - j) % 5);
		}
	}
	return p;
}

/* Some of the rows, each item by its definition. */
static inline void report_product(const struct product *p, int64_t start)
{
	const double took = seconds_since(start);

	for (size_t i = 0; i < p->n; i += p->n / 32 + 1) {
		for (size_t j = 0; j < p->n; j++) {
			double sum = 0;
			for (size_t k = 0; k < p->n; k++)
				sum += p->a[i * p->stride + k] * p->b[k * p->stride + j];
			bench_must(p->c[i * p->stride + j] != sum, "multiply");
		}
	}
	bench_report("multiply", took, "s");
}

/* FFT: in place, by decimation in frequency. A transform of n points is n / 2 butterflies, then a transform of each
 * half; the result stands in bit-reversed order, as it may for a convolution. The factors of a transform of n points
 * are those from `factors + n / 2` on. */
enum { FFT_SERIAL = 4096 };

/* Complex numbers. */
static pair *factors;

/* Butterflies begin to end - 1 of n / 2. */
static inline void butterflies(pair *x, size_t n, size_t begin, size_t end)
{
	const pair *w = factors + n / 2;
	pair *y = x + n / 2;

	for (size_t k = begin; k < end; k++) {
		const pair re = { w[k][0], w[k][0] }, im = { -w[k][1], w[k][1] }, low = x[k], d = low - y[k];
		x[k] = low + y[k];
		y[k] = d * re + (pair){ d[1], d[0] } * im;
	}
}

static inline void fft_serial(pair *x, size_t n)
{
	if (n < 2)
		return;
	if (n > FFT_SERIAL) {
		butterflies(x, n, 0, n / 2);
		fft_serial(x, n / 2);
		fft_serial(x + n / 2, n / 2);
		return;
	}
	for (size_t size = n; size > 1; size /= 2)
		for (size_t i = 0; i < n; i += size)
			butterflies(x + i, size, 0, size / 2);
}

/* Two tones: all of the result is in two places. */
static inline pair *make_points(size_t n)
{
	pair *x = (pair *)zeroed(n, sizeof *x);

	bench_must(n < 16 || (n & (n - 1)), "the number of points");
	factors = (pair *)zeroed(n, sizeof *factors);
	for (size_t k = 0; k < n / 2; k++) {
		const double angle = -2 * M_PI * (double)k / (double)n;
		factors[n / 2 + k] = (pair){ cos(angle), sin(angle) };
	}
	for (size_t k = n / 2; k-- > 1;)
		factors[k] = factors[2 * k];
	for (size_t i = 0; i < n; i++) {
		const size_t k = i * 5 % n;
		const pair w = factors[n / 2 + k % (n / 2)];
		const double half = i % 2 ? -0.5 : 0.5;
		x[i] = k < n / 2 ? (pair){ w[0] + half, -w[1] } : (pair){ half - w[0], w[1] };
	}
	return x;
}

/* The tone 5 / n stands where 5 with its bits reversed points, and that of 1/2, half as loud, in place 1. */
static inline void report_fft(const pair *x, size_t n, int64_t start)
{
	const double took = seconds_since(start);
	const size_t five = n / 2 + n / 8;

	for (size_t i = 0; i < n; i++) {
		const double right = i == five ? (double)n : i == 1 ? (double)n / 2 : 0;
		bench_must(!(fabs(x[i][0] - right) + fabs(x[i][1]) < 1e-6 * (double)n), "fft");
	}
	bench_report("fft", took, "s");
}

#endif
