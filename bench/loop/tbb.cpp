// loop: parallel_for, parallel_reduce and parallel_scan as they are. tbb.cpp WORKERS SIZE ITEMS
#include "loop.h"
#include <functional>
#include <oneapi/tbb.h>
#include <vector>

using range = tbb::blocked_range<size_t>;

int main(int argc, char **argv)
{
	const auto workers = static_cast<size_t>(bench_arg(argc, argv, 1));
	const auto size = static_cast<size_t>(bench_arg(argc, argv, 2)),
		   n = static_cast<size_t>(bench_arg(argc, argv, 3));
	const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, workers);

	long loops = 0;
	int64_t start = bench_now();
	do {
		for (int i = 0; i < EMPTY_BATCH; i++)
			tbb::parallel_for(size_t(0), size_t(2), nothing);
		loops += EMPTY_BATCH;
	} while (!report_empty(start, loops));

	std::vector<long> steps(size);
	start = bench_now();
	tbb::parallel_for(size_t(0), size, [&](size_t row) { steps[row] = mandelbrot_row(row, size); });
	report_mandelbrot(size, steps.data(), start);

	double *doubles = make_doubles(n);
	start = bench_now();
	const double sum = tbb::parallel_reduce(
		range(0, n), 0.0,
		[=](const range &r, double before) { return before + sum_range(doubles, r.begin(), r.end()); },
		std::plus<>());
	report_sum(doubles, n, sum, start);

	int64_t *integers = make_integers(n);
	start = bench_now();
	tbb::parallel_scan(
		range(0, n), int64_t(0),
		[=](const range &r, int64_t total, bool is_final) {
			if (is_final)
				for (size_t i = r.begin(); i < r.end(); i++)
					integers[i] = total += integers[i];
			else
				for (size_t i = r.begin(); i < r.end(); i++)
					total += integers[i];
			return total;
		},
		std::plus<>());
	report_prefix(integers, n, start);
}
