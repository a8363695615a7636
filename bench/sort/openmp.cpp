// sort: the parallel mode of the C++ library, which is made of OpenMP; not stable. By gcc it is `gomp`, by clang
// `libomp`. openmp.cpp WORKERS ITEMS
#include "sort.h"
#include <omp.h>
#include <parallel/algorithm>
#include <vector>

int main(int argc, char **argv)
{
	const auto n = static_cast<size_t>(bench_arg(argc, argv, 2));
	std::vector<uint64_t> integers(n);
	std::vector<double> doubles(n);

	omp_set_num_threads(static_cast<int>(bench_arg(argc, argv, 1)));
	fill_integers(integers.data(), n);
	int64_t start = bench_now();
	__gnu_parallel::sort(integers.begin(), integers.end(), [](uint64_t a, uint64_t b) { return a < b; });
	report_integers("sort", integers.data(), n, start);

	fill_integers(integers.data(), n);
	start = bench_now();
	__gnu_parallel::sort(integers.begin(), integers.end());
	report_integers("sort_keys", integers.data(), n, start);

	fill_doubles(doubles.data(), n);
	start = bench_now();
	__gnu_parallel::sort(doubles.begin(), doubles.end());
	report_doubles(doubles.data(), n, start);
}
