// sort: parallel_sort, which is not stable. tbb.cpp WORKERS ITEMS
#include "sort.h"
#include <oneapi/tbb.h>
#include <vector>

int main(int argc, char **argv)
{
	const auto workers = static_cast<size_t>(bench_arg(argc, argv, 1)),
		   n = static_cast<size_t>(bench_arg(argc, argv, 2));
	const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, workers);
	std::vector<uint64_t> integers(n);
	std::vector<double> doubles(n);

	fill_integers(integers.data(), n);
	int64_t start = bench_now();
	tbb::parallel_sort(integers.begin(), integers.end(), [](uint64_t a, uint64_t b) { return a < b; });
	report_integers("sort", integers.data(), n, start);

	fill_integers(integers.data(), n);
	start = bench_now();
	tbb::parallel_sort(integers.begin(), integers.end());
	report_integers("sort_keys", integers.data(), n, start);

	fill_doubles(doubles.data(), n);
	start = bench_now();
	tbb::parallel_sort(doubles.begin(), doubles.end());
	report_doubles(doubles.data(), n, start);
}
