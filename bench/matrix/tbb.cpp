// matrix: parallel_invoke for the parts, and a loop over the butterflies of a large transform.
// tbb.cpp WORKERS SIZE POINTS
#include "matrix.h"
#include <oneapi/tbb.h>

static void multiply(const product &p)
{
	if (p.n == BLOCK) {
		multiply_block(&p);
		return;
	}
	for (unsigned step = 0; step < 2; step++) {
		const auto part = [&p, step](unsigned i) {
			return [&p, step, i] { multiply(product_part(&p, step, i)); };
		};
		tbb::parallel_invoke(part(0), part(1), part(2), part(3));
	}
}

static void fft(pair *x, size_t n)
{
	if (n <= FFT_SERIAL) {
		fft_serial(x, n);
		return;
	}
	tbb::parallel_for(tbb::blocked_range<size_t>(0, n / 2, FFT_SERIAL / 2),
			  [=](const auto &r) { butterflies(x, n, r.begin(), r.end()); });
	tbb::parallel_invoke([=] { fft(x, n / 2); }, [=] { fft(x + n / 2, n / 2); });
}

int main(int argc, char **argv)
{
	const auto workers = static_cast<size_t>(bench_arg(argc, argv, 1));
	const auto points = static_cast<size_t>(bench_arg(argc, argv, 3));
	const product p = make_product(static_cast<size_t>(bench_arg(argc, argv, 2)));
	pair *x = make_points(points);
	const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, workers);

	int64_t start = bench_now();
	multiply(p);
	report_product(&p, start);
	start = bench_now();
	fft(x, points);
	report_fft(x, points, start);
}
