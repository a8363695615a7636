// million: that many fibers asleep at once, all until the same instant. boost.cpp 1 TASKS SECONDS
#include "bench.h"
#include <boost/fiber/all.hpp>
#include <chrono>
#include <vector>

int main(int argc, char **argv)
{
	const long count = bench_arg(argc, argv, 2);
	const auto wake = std::chrono::steady_clock::now() + std::chrono::seconds(bench_arg(argc, argv, 3));
	std::vector<boost::fibers::fiber> fibers;
	long asleep = 0;
	const size_t before = bench_resident_bytes();
	const int64_t start = bench_now();

	fibers.reserve(count);
	for (long i = 0; i < count; i++)
		fibers.emplace_back(std::allocator_arg, boost::fibers::fixedsize_stack(16384), [&] {
			asleep++;
			boost::this_fiber::sleep_until(wake);
		});
	while (asleep < count)
		boost::this_fiber::yield();
	bench_must(std::chrono::steady_clock::now() >= wake, "late: more seconds are needed; now >= wake");
	bench_report("million_spawn", (bench_now() - start) / 1e9, "s");
	bench_report("million_bytes", double(bench_resident_bytes() - before) / count, "B");
	for (auto &f : fibers)
		f.join();
	bench_report("million_wake", std::chrono::duration<double>(std::chrono::steady_clock::now() - wake).count(),
		     "s");
	_exit(0); // without freeing a million stacks one by one
}
