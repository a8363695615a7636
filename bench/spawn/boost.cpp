// spawn: start and join a thousand fibers that do nothing, again and again. boost.cpp 1 MS
#include "bench.h"
#include <boost/fiber/all.hpp>
#include <vector>

static boost::fibers::pooled_fixedsize_stack stacks;

int main(int argc, char **argv)
{
	const int64_t budget = bench_arg(argc, argv, 2) * 1000000;
	const int batch = 1000;
	std::vector<boost::fibers::fiber> fibers;
	int64_t tasks = 0, took;
	const int64_t start = bench_now();
	fibers.reserve(batch);
	do {
		for (int i = 0; i < batch; i++)
			fibers.emplace_back(std::allocator_arg, stacks, [] {});
		for (auto &f : fibers)
			f.join();
		fibers.clear();
		tasks += batch;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("spawn", double(took) / double(tasks), "ns");
}
