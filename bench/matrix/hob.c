/* matrix: jobs for the parts, and a loop over the butterflies of a large transform. hob.c WORKERS SIZE POINTS */
#include "matrix.h"
#include <hob.h>

static size_t size, points;

static void multiply(void *arg)
{
	const struct product *p = arg;
	struct product parts[4];
	struct hob_job jobs[3];

	if (p->n == BLOCK) {
		multiply_block(p);
		return;
	}
	for (unsigned step = 0; step < 2; step++) {
		for (unsigned i = 0; i < 4; i++)
			parts[i] = product_part(p, step, i);
		for (int i = 0; i < 3; i++)
			hob_fork(&jobs[i], multiply, &parts[i]);
		multiply(&parts[3]);
		for (int i = 2; i >= 0; i--)
			hob_join(&jobs[i]);
	}
}

struct transform {
	pair *x;
	size_t n;
};

static int range(size_t begin, size_t end, void *arg)
{
	const struct transform *t = arg;

	butterflies(t->x, t->n, begin, end);
	return 0;
}

static void fft(void *arg)
{
	struct transform *t = arg, left = { t->x, t->n / 2 }, right = { t->x + t->n / 2, t->n / 2 };
	struct hob_job job;

	if (t->n <= FFT_SERIAL) {
		fft_serial(t->x, t->n);
		return;
	}
	bench_must(hob_parallel_for(t->n / 2, 0, range, t), "hob_parallel_for");
	hob_fork(&job, fft, &left);
	fft(&right);
	hob_join(&job);
}

static int first(void *arg)
{
	struct product p = make_product(size);
	struct transform whole = { make_points(points), points };
	int64_t start = bench_now();

	(void)arg;
	multiply(&p);
	report_product(&p, start);
	start = bench_now();
	fft(&whole);
	report_fft(whole.x, points, start);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	size = (size_t)bench_arg(argc, argv, 2);
	points = (size_t)bench_arg(argc, argv, 3);
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
