/* What a process waits for, over fake files of procfs. */

#include <stdbool.h>

#include "fake.h"
#include "look/machine.h"
#include "look/waiting.h"

static enum look_wait wait_of(const char *function)
{
	const struct fake_file files[] = { { .path = "/proc/7/wchan", .text = function }, { 0 } };
	fake_start(files);
	enum look_wait w = look_waiting(7);
	fake_end();
	return w;
}

static void functions_have_kinds(void)
{
	CHECK_EQ(wait_of("hrtimer_nanosleep"), LOOK_WAIT_TIMER);
	CHECK_EQ(wait_of("ep_poll"), LOOK_WAIT_EVENTS);
	CHECK_EQ(wait_of("poll_schedule_timeout.constprop.0"), LOOK_WAIT_EVENTS);
	CHECK_EQ(wait_of("futex_wait_queue"), LOOK_WAIT_LOCK);
	CHECK_EQ(wait_of("anon_pipe_read"), LOOK_WAIT_PIPE);
	CHECK_EQ(wait_of("sk_wait_data"), LOOK_WAIT_NETWORK);
	CHECK_EQ(wait_of("jbd2_log_wait_commit"), LOOK_WAIT_DISK);
	CHECK_EQ(wait_of("folio_wait_bit_common"), LOOK_WAIT_DISK);
	CHECK_EQ(wait_of("sigsuspend"), LOOK_WAIT_OTHER);
	CHECK_EQ(wait_of("0"), LOOK_WAIT_UNKNOWN);
	CHECK_EQ(wait_of(""), LOOK_WAIT_UNKNOWN);
	for (unsigned w = 0; w <= LOOK_WAITS; w++)
		CHECK(look_wait_name(w) && *look_wait_name(w));
}

static void who_waits_for_a_child_waits_for_what_it_does(void)
{
	static const struct fake_file files[] = {
		{ .path = "/proc/7/wchan", .text = "do_wait" },
		{ .path = "/proc/7/task/7/children", .text = "8 12 " },
		{ .path = "/proc/8/wchan", .text = "do_wait" },
		{ .path = "/proc/8/task/8/children", .text = "9 " },
		{ .path = "/proc/9/wchan", .text = "sk_wait_data" },
		{ .path = "/proc/20/wchan", .text = "do_wait" },
		{ .path = "/proc/20/task/20/children", .text = "" },
		{ .path = "/proc/30/wchan", .text = "do_wait" },
		{ .path = "/proc/30/task/30/children", .text = "30 " }, /* a ring: it ends all the same */
		{ 0 },
	};
	fake_start(files);
	CHECK_EQ(look_waiting(7), LOOK_WAIT_NETWORK);
	CHECK_EQ(look_waiting(20), LOOK_WAIT_UNKNOWN);
	CHECK_EQ(look_waiting(30), LOOK_WAIT_UNKNOWN);
	CHECK_EQ(look_waiting(99), LOOK_WAIT_UNKNOWN);
	fake_end();
}

static int64_t stall(const char *text)
{
	const struct fake_file files[] = { { .path = "/proc/pressure/memory", .text = text }, { 0 } };
	fake_start(files);
	int64_t ns = look_memory_stall();
	fake_end();
	return ns;
}

static void stalls_are_read(void)
{
	CHECK_EQ(stall("some avg10=1.50 avg60=0.10 avg300=0.00 total=12345\nfull avg10=0.00 total=9\n"), 12345000);
	CHECK_EQ(stall("full avg10=0.00 total=9\n"), -EPROTO);
	CHECK_EQ(stall("some avg10=0.00"), -EPROTO);
	CHECK_EQ(stall("some total=x"), -EPROTO);
	CHECK_EQ(stall("some total=99999999999999999999"), -EPROTO);
	static const struct fake_file none[] = { { 0 } };
	fake_start(none);
	CHECK_EQ(look_memory_stall(), -ENOENT);
	fake_end();
}

int main(void)
{
	test_start();
	TEST(functions_have_kinds);
	TEST(who_waits_for_a_child_waits_for_what_it_does);
	TEST(stalls_are_read);
	return test_done();
}
