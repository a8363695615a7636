/* matrix: tasks for the parts, and a taskloop over the butterflies of a large transform. By gcc it is `gomp`, by clang
 * `libomp`. openmp.c WORKERS SIZE POINTS */
#include "matrix.h"
#include <omp.h>

static void multiply(const struct product *p)
{
	if (p->n == BLOCK) {
		multiply_block(p);
		return;
	}
	for (unsigned step = 0; step < 2; step++) {
		for (unsigned i = 0; i < 4; i++) {
#pragma omp task firstprivate(p, step, i)
			{
				const struct product part = product_part(p, step, i);
				multiply(&part);
			}
		}
#pragma omp taskwait
	}
}

static void fft(pair *x, size_t n)
{
	if (n <= FFT_SERIAL) {
		fft_serial(x, n);
		return;
	}
#pragma omp taskloop firstprivate(x, n)
	for (size_t begin = 0; begin < n / 2; begin += FFT_SERIAL / 2)
		butterflies(x, n, begin, begin + FFT_SERIAL / 2);
#pragma omp task firstprivate(x, n)
	fft(x, n / 2);
	fft(x + n / 2, n / 2);
#pragma omp taskwait
}

int main(int argc, char **argv)
{
	const size_t points = (size_t)bench_arg(argc, argv, 3);
	const struct product p = make_product((size_t)bench_arg(argc, argv, 2));
	pair *x = make_points(points);

	omp_set_num_threads((int)bench_arg(argc, argv, 1));
#pragma omp parallel
#pragma omp single
	{
		int64_t start = bench_now();
		multiply(&p);
		report_product(&p, start);
		start = bench_now();
		fft(x, points);
		report_fft(x, points, start);
	}
	return 0;
}
