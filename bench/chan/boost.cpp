// chan: ping-pong over unbuffered channels, and 4 senders to 4 receivers over one of 64. boost.cpp 1 MS
#include "bench.h"
#include <boost/fiber/all.hpp>
#include <vector>

using boost::fibers::fiber;

static int64_t ping_pong(long messages)
{
	boost::fibers::unbuffered_channel<long> there, back;
	const int64_t start = bench_now();
	fiber echo([&] {
		for (long item : there)
			back.push(item);
	});
	for (long i = 0; i < messages / 2; i++) {
		there.push(i);
		bench_must(back.value_pop() != i, "echo");
	}
	there.close();
	echo.join();
	return bench_now() - start;
}

static int64_t four_by_four(long messages)
{
	boost::fibers::buffered_channel<long> chan(64);
	std::vector<fiber> senders, receivers;
	long received = 0;
	const int64_t start = bench_now();
	for (int i = 0; i < 4; i++) {
		senders.emplace_back([&] {
			for (long k = 0; k < messages / 4; k++)
				chan.push(k);
		});
		receivers.emplace_back([&] {
			long item;
			while (chan.pop(item) == boost::fibers::channel_op_status::success)
				received++;
		});
	}
	for (auto &f : senders)
		f.join();
	chan.close();
	for (auto &f : receivers)
		f.join();
	bench_must(received != messages, "received != messages");
	return bench_now() - start;
}

static void measure(const char *work, int64_t (*round)(long), int64_t budget)
{
	const long messages = 100000;
	int64_t took = 0, sent = 0;
	do {
		took += round(messages);
		sent += messages;
	} while (took < budget);
	bench_report(work, double(took) / double(sent), "ns");
}

int main(int argc, char **argv)
{
	const int64_t budget = bench_arg(argc, argv, 2) * 1000000;
	measure("pingpong", ping_pong, budget);
	measure("chan4x4", four_by_four, budget);
}
