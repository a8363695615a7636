/* loop: hob's loop, fold and scan as they are. hob.c WORKERS SIZE ITEMS */
#include "loop.h"
#include <hob.h>

static size_t size, n;

static int empty(size_t begin, size_t end, void *arg)
{
	(void)arg;
	for (size_t i = begin; i < end; i++)
		nothing(i);
	return 0;
}

static int rows(size_t begin, size_t end, void *arg)
{
	long *steps = arg;

	for (size_t row = begin; row < end; row++)
		steps[row] = mandelbrot_row(row, size);
	return 0;
}

static int sum(size_t begin, size_t end, void *acc, void *arg)
{
	*(double *)acc += sum_range(arg, begin, end);
	return 0;
}

static void add_doubles(void *left, const void *right, void *arg)
{
	(void)arg;
	*(double *)left += *(const double *)right;
}

static int fold(size_t begin, size_t end, void *acc, void *arg)
{
	const int64_t *x = arg;
	int64_t total = *(int64_t *)acc;

	for (size_t i = begin; i < end; i++)
		total += x[i];
	*(int64_t *)acc = total;
	return 0;
}

static int write_sums(size_t begin, size_t end, void *acc, void *arg)
{
	int64_t *x = arg, total = *(int64_t *)acc;

	for (size_t i = begin; i < end; i++)
		x[i] = total += x[i];
	*(int64_t *)acc = total;
	return 0;
}

static void add_integers(void *left, const void *right, void *arg)
{
	(void)arg;
	*(int64_t *)left += *(const int64_t *)right;
}

static int first(void *arg)
{
	struct hob_reduction reduction = { .size = sizeof(double), .fold = sum, .combine = add_doubles };
	struct hob_scan scan = { .size = sizeof(int64_t), .fold = fold, .combine = add_integers, .write = write_sums };
	long *steps = calloc(size, sizeof *steps);
	long loops = 0;
	double total;
	int64_t start = bench_now();

	(void)arg;
	do {
		for (int i = 0; i < EMPTY_BATCH; i++)
			bench_must(hob_parallel_for(2, 0, empty, NULL), "hob_parallel_for");
		loops += EMPTY_BATCH;
	} while (!report_empty(start, loops));

	bench_must(!steps, "calloc");
	start = bench_now();
	bench_must(hob_parallel_for(size, 0, rows, steps), "hob_parallel_for");
	report_mandelbrot(size, steps, start);
	free(steps);

	reduction.arg = make_doubles(n);
	start = bench_now();
	bench_must(hob_parallel_reduce(NULL, n, &reduction, &total), "hob_parallel_reduce");
	report_sum(reduction.arg, n, total, start);

	scan.arg = make_integers(n);
	start = bench_now();
	bench_must(hob_parallel_scan(NULL, n, &scan, NULL), "hob_parallel_scan");
	report_prefix(scan.arg, n, start);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	size = (size_t)bench_arg(argc, argv, 2);
	n = (size_t)bench_arg(argc, argv, 3);
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
