// switch: two Boost.Fiber fibers on one thread yield to each other. boost.cpp 1 MS
#include "bench.h"
#include <boost/fiber/all.hpp>

int main(int argc, char **argv)
{
	const int64_t budget = bench_arg(argc, argv, 2) * 1000000;
	bool stop = false;
	boost::fibers::fiber other([&stop] {
		while (!stop)
			boost::this_fiber::yield();
	});
	int64_t rounds = 0, took;
	const int64_t start = bench_now();
	do {
		for (int i = 0; i < 10000; i++)
			boost::this_fiber::yield();
		rounds += 10000;
		took = bench_now() - start;
	} while (took < budget);
	stop = true;
	other.join();
	bench_report("switch", double(took) / (2.0 * double(rounds)), "ns");
}
