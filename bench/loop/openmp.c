/* loop: parallel for, with a dynamic schedule where rows are uneven, and a reduction. A prefix sum is made of the sums
 * of parts, then of the parts: gcc's `scan` takes several times as long. By gcc it is `gomp`, by clang `libomp`.
 * openmp.c WORKERS SIZE ITEMS */
#include "loop.h"
#include <omp.h>

static void prefix(int64_t *x, size_t n)
{
	int64_t totals[omp_get_max_threads() + 1];

	totals[0] = 0;
#pragma omp parallel
	{
		const size_t workers = (size_t)omp_get_num_threads(), me = (size_t)omp_get_thread_num();
		const size_t begin = n * me / workers, end = n * (me + 1) / workers;
		int64_t total = 0;

		if (me + 1 < workers) { /* nobody needs that of the last part */
			for (size_t i = begin; i < end; i++)
				total += x[i];
			totals[me + 1] = total;
		}
#pragma omp barrier
		total = 0;
		for (size_t i = 0; i <= me; i++)
			total += totals[i];
		for (size_t i = begin; i < end; i++)
			x[i] = total += x[i];
	}
}

int main(int argc, char **argv)
{
	const size_t size = (size_t)bench_arg(argc, argv, 2), n = (size_t)bench_arg(argc, argv, 3);
	long *steps = calloc(size, sizeof *steps), loops = 0;
	double *doubles, sum = 0;
	int64_t *integers, start;

	omp_set_num_threads((int)bench_arg(argc, argv, 1));
	start = bench_now();
	do {
		for (int i = 0; i < EMPTY_BATCH; i++) {
#pragma omp parallel for
			for (size_t item = 0; item < 2; item++)
				nothing(item);
		}
		loops += EMPTY_BATCH;
	} while (!report_empty(start, loops));

	bench_must(!steps, "calloc");
	start = bench_now();
#pragma omp parallel for schedule(dynamic)
	for (size_t row = 0; row < size; row++)
		steps[row] = mandelbrot_row(row, size);
	report_mandelbrot(size, steps, start);
	free(steps);

	doubles = make_doubles(n);
	start = bench_now();
#pragma omp parallel for reduction(+ : sum)
	for (size_t part = 0; part < n; part += 1000)
		sum += sum_range(doubles, part, part + 1000);
	report_sum(doubles, n, sum, start);

	integers = make_integers(n);
	start = bench_now();
	prefix(integers, n);
	report_prefix(integers, n, start);
	return 0;
}
