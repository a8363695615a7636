// sort: qsort by a comparator, std::sort of keys. serial.cpp 1 ITEMS
#include "sort.h"
#include <algorithm>
#include <vector>

static int compare(const void *a, const void *b)
{
	const auto x = *static_cast<const uint64_t *>(a), y = *static_cast<const uint64_t *>(b);
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	const auto n = static_cast<size_t>(bench_arg(argc, argv, 2));
	std::vector<uint64_t> integers(n);
	std::vector<double> doubles(n);

	fill_integers(integers.data(), n);
	int64_t start = bench_now();
	qsort(integers.data(), n, sizeof(uint64_t), compare);
	report_integers("sort", integers.data(), n, start);

	fill_integers(integers.data(), n);
	start = bench_now();
	std::sort(integers.begin(), integers.end());
	report_integers("sort_keys", integers.data(), n, start);

	fill_doubles(doubles.data(), n);
	start = bench_now();
	std::sort(doubles.begin(), doubles.end());
	report_doubles(doubles.data(), n, start);
}
