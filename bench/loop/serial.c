/* loop: the same on one thread. serial.c 1 SIZE ITEMS */
#include "loop.h"

int main(int argc, char **argv)
{
	const size_t size = (size_t)bench_arg(argc, argv, 2), n = (size_t)bench_arg(argc, argv, 3);
	long *steps = calloc(size, sizeof *steps);
	double *doubles, sum;
	int64_t *integers, total = 0, start = bench_now();

	bench_must(!steps, "calloc");
	for (size_t row = 0; row < size; row++)
		steps[row] = mandelbrot_row(row, size);
	report_mandelbrot(size, steps, start);
	free(steps);

	doubles = make_doubles(n);
	start = bench_now();
	sum = sum_range(doubles, 0, n);
	report_sum(doubles, n, sum, start);

	integers = make_integers(n);
	start = bench_now();
	for (size_t i = 0; i < n; i++)
		integers[i] = total += integers[i];
	report_prefix(integers, n, start);
	return 0;
}
