/* Idle cores and memory left, over fake files of a machine and of containers, and over the real ones. */
#include <stdbool.h>

#include "fake.h"
#include "look/machine.h"

#define MIB ((uint64_t)1 << 20)

static uint64_t memory(const struct fake_file *files)
{
	fake_start(files);
	uint64_t bytes = look_memory();
	fake_piece = 3;
	CHECK(look_memory() == bytes);
	fake_end();
	return bytes;
}

static int64_t idle(const char *text)
{
	const struct fake_file files[] = { { .path = "/proc/uptime", .text = text }, { 0 } };
	fake_start(files);
	int64_t ns = look_idle();
	fake_end();
	return ns;
}

static void idle_time_is_read(void)
{
	CHECK_EQ(idle("350735.47 234388.09\n"), 234388090000000);
	CHECK_EQ(idle("1.00 0.00\n"), 0);
}

static void odd_idle_times_are_errors(void)
{
	static const char *const bad[] = {
		"",       "1",       "1.0 ",      "1.0 x",     "1.0 5",
		"1.0 5.", "1.0 5.x", "1.0 -5.00", "1.0 5.123", "1.0 99999999999999999999999.00",
		"\n\n\n"
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(idle(bad[i]) < 0);
	const struct fake_file none[] = { { 0 } };
	fake_start(none);
	CHECK_EQ(look_idle(), -ENOENT);
	fake_end();
}

static int load(const char *text, struct look_load *out)
{
	const struct fake_file files[] = { { .path = "/proc/stat", .text = text }, { 0 } };
	fake_start(files);
	int err = look_load(out);
	fake_end();
	return err;
}

static void the_load_is_read(void)
{
	struct look_load l;
	CHECK_EQ(load("cpu  1 2 3 40 5 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n", &l), 0);
	CHECK_EQ(l.all, 720000000); /* guests' time, 9 and 10, is in that of users */
	CHECK_EQ(l.unused, 450000000);
	static const char *const bad[] = { "", "cpu", "cpu  1 2 3", "intr 5", "cpu  1 2 3 4 5 6 7 99999999999999999" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK(load(bad[i], &l) < 0);
}

#define MEMINFO                                                                                                        \
	{                                                                                                              \
		.path = "/proc/meminfo",                                                                               \
		.text = "MemTotal: 8 kB\nMemFree: 1 kB\nMemAvailable:   2048000 kB\nX: 1 kB\n"                         \
	}

static void the_machine_alone(void)
{
	const struct fake_file files[] = { MEMINFO, { 0 } };
	CHECK(memory(files) == 2000 * MIB);
}

static void nothing_readable_is_no_bound(void)
{
	const struct fake_file none[] = { { 0 } };
	CHECK(memory(none) == UINT64_MAX);
	const struct fake_file odd[] = {
		{ .path = "/proc/meminfo", .text = "MemAvailable: lots\nXMemAvailable: 5\n" },
		{ .path = "/proc/self/cgroup", .text = "garbage\n::\n:memory\n0:\n7:memory:relative\n\n0::" },
		{ 0 },
	};
	CHECK(memory(odd) == UINT64_MAX);
	const struct fake_file huge[] = {
		{ .path = "/proc/meminfo", .text = "MemAvailable: 99999999999999999999999999 kB\n" }, { 0 }
	};
	CHECK(memory(huge) == UINT64_MAX);
}

static void the_tightest_group_on_the_way_up_counts(void)
{
	const struct fake_file files[] = {
		MEMINFO,
		{ .path = "/proc/self/cgroup", .text = "0::/user.slice/app.service\n" },
		{ .path = "/sys/fs/cgroup/user.slice/app.service/memory.max", .text = "max\n" },
		{ .path = "/sys/fs/cgroup/user.slice/app.service/memory.current", .text = "1048576\n" },
		{ .path = "/sys/fs/cgroup/user.slice/memory.max", .text = "104857600\n" },
		{ .path = "/sys/fs/cgroup/user.slice/memory.current", .text = "73400320\n" },
		{ .path = "/sys/fs/cgroup/user.slice/memory.stat", .text = "anon 1\ninactive_file 20971520\nfile 3\n" },
		{ 0 },
	};
	CHECK(memory(files) == 50 * MIB); /* 100 allowed, 70 used, of which 20 can be taken back */
}

static void a_container_sees_its_group_at_the_top(void)
{
	const struct fake_file v2[] = {
		MEMINFO,
		{ .path = "/proc/self/cgroup", .text = "0::/\n" },
		{ .path = "/sys/fs/cgroup/memory.max", .text = "104857600\n" },
		{ .path = "/sys/fs/cgroup/memory.current", .text = "94371840\n" },
		{ 0 },
	};
	CHECK(memory(v2) == 10 * MIB);
	const struct fake_file v1[] = {
		MEMINFO,
		{ .path = "/proc/self/cgroup", .text = "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n0::/x\n" },
		{ .path = "/sys/fs/cgroup/memory/memory.limit_in_bytes", .text = "104857600\n" },
		{ .path = "/sys/fs/cgroup/memory/memory.usage_in_bytes", .text = "209715200\n" },
		{ .path = "/sys/fs/cgroup/memory/memory.stat", .text = "total_inactive_file 1\n" },
		{ 0 },
	};
	CHECK(memory(v1) == 0); /* over the limit already */
}

static void this_machine_answers(void)
{
	CHECK(look_idle() >= 0);
	uint64_t bytes = look_memory();
	CHECK(bytes > 0);
	printf("# idle %.1f s, memory %.0f MiB\n", (double)look_idle() / 1e9, (double)bytes / (double)MIB);
}

int main(void)
{
	test_start();
	TEST(idle_time_is_read);
	TEST(odd_idle_times_are_errors);
	TEST(the_load_is_read);
	TEST(the_machine_alone);
	TEST(nothing_readable_is_no_bound);
	TEST(the_tightest_group_on_the_way_up_counts);
	TEST(a_container_sees_its_group_at_the_top);
	TEST(this_machine_answers);
	return test_done();
}
