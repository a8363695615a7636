// chain: each fiber starts and joins the next, a thousand deep. boost.cpp 1 MS
#include "bench.h"
#include <boost/fiber/all.hpp>

static boost::fibers::pooled_fixedsize_stack stacks;

static void link_of(int left)
{
	if (left)
		boost::fibers::fiber(std::allocator_arg, stacks, link_of, left - 1).join();
}

int main(int argc, char **argv)
{
	const int64_t budget = bench_arg(argc, argv, 2) * 1000000;
	const int depth = 1000;
	int64_t tasks = 0, took;
	const int64_t start = bench_now();
	do {
		link_of(depth);
		tasks += depth;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("chain", double(took) / double(tasks), "ns");
}
