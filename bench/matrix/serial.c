/* matrix: the same on one thread. serial.c 1 SIZE POINTS */
#include "matrix.h"

static void multiply(const struct product *p)
{
	if (p->n == BLOCK) {
		multiply_block(p);
		return;
	}
	for (unsigned i = 0; i < 8; i++) {
		const struct product part = product_part(p, i / 4, i % 4);
		multiply(&part);
	}
}

int main(int argc, char **argv)
{
	const size_t points = (size_t)bench_arg(argc, argv, 3);
	const struct product p = make_product((size_t)bench_arg(argc, argv, 2));
	pair *x = make_points(points);
	int64_t start = bench_now();

	multiply(&p);
	report_product(&p, start);
	start = bench_now();
	fft_serial(x, points);
	report_fft(x, points, start);
	return 0;
}
