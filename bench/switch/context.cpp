// switch: Boost.Context, the switch without a scheduler. context.cpp 1 MS
#include "bench.h"
#include <boost/context/fiber.hpp>
#include <utility>

namespace ctx = boost::context;

int main(int argc, char **argv)
{
	const int64_t budget = bench_arg(argc, argv, 2) * 1000000;
	bool stop = false;
	ctx::fiber other([&stop](ctx::fiber &&back) {
		while (!stop)
			back = std::move(back).resume();
		return std::move(back);
	});
	int64_t rounds = 0, took;
	const int64_t start = bench_now();
	do {
		for (int i = 0; i < 10000; i++)
			other = std::move(other).resume();
		rounds += 10000;
		took = bench_now() - start;
	} while (took < budget);
	stop = true;
	other = std::move(other).resume();
	bench_report("switch", double(took) / (2.0 * double(rounds)), "ns");
}
