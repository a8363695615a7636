/* sort: hob's stable sort by an order, inlined as with the peers, or called; and its sorts of keys.
 * hob.c WORKERS ITEMS */
#include "sort.h"
#include <hob.h>

#define HOB_SORT_NAME sort_inlined
#define HOB_SORT_TYPE uint64_t
#define HOB_SORT_LESS(a, b, arg) (*(a) < *(b))
#include <hob/sort.h>

static size_t n;

static int compare(const void *a, const void *b, void *arg)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	(void)arg;
	return (x > y) - (x < y);
}

static int first(void *arg)
{
	uint64_t *integers = malloc(n * sizeof *integers);
	double *doubles = malloc(n * sizeof *doubles);
	int64_t start;

	(void)arg;
	bench_must(!integers || !doubles, "malloc");
	fill_integers(integers, n);
	start = bench_now();
	bench_must(sort_inlined(NULL, integers, n, NULL), "sort_inlined");
	report_integers("sort", integers, n, start);

	fill_integers(integers, n);
	start = bench_now();
	bench_must(hob_parallel_sort(NULL, integers, n, sizeof *integers, compare, NULL), "hob_parallel_sort");
	report_integers("sort_called", integers, n, start);

	fill_integers(integers, n);
	start = bench_now();
	bench_must(hob_parallel_sort_keys(NULL, integers, n, HOB_KEY_UINT64), "hob_parallel_sort_keys");
	report_integers("sort_keys", integers, n, start);

	fill_doubles(doubles, n);
	start = bench_now();
	bench_must(hob_parallel_sort_keys(NULL, doubles, n, HOB_KEY_DOUBLE), "hob_parallel_sort_keys");
	report_doubles(doubles, n, start);
	free(integers);
	free(doubles);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	n = (size_t)bench_arg(argc, argv, 2);
	bench_must(hob_run(&opts, first, NULL), "hob_run");
	return 0;
}
