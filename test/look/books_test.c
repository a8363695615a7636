/* The books of a thread: whatever the counters say, its states add up to its life. */
#include "look/books.h"
#include "test.h"

static int64_t sum(const struct look_books *b)
{
	int64_t all = b->unknown;
	for (enum look_state s = 0; s < LOOK_STATES; s++) {
		CHECK(b->ns[s] >= 0);
		all += b->ns[s];
	}
	return all;
}

static void check_span(const struct look_span *s)
{
	CHECK(s->compute >= 0 && s->ready >= 0 && s->wait >= 0);
	CHECK_EQ(s->compute + s->ready + s->wait, s->to - s->from);
}

static void a_wait_is_what_the_counters_leave(void)
{
	struct look_books b;
	look_books_open(&b, 1000, &(struct look_counters){ 50, 5, 1 }, false);
	struct look_span s = look_books_blocked(&b, 2000, &(struct look_counters){ 350, 105, 2 }, LOOK_NET);
	CHECK_EQ(s.compute, 300);
	CHECK_EQ(s.ready, 100);
	CHECK_EQ(s.wait, 600);
	CHECK_EQ(b.ns[LOOK_NET], 600);
	CHECK_EQ(sum(&b), 1000);
}

static void late_counters_are_not_a_wait(void)
{
	struct look_books b;
	look_books_open(&b, 0, &(struct look_counters){ 0, 0, 1 }, true);
	struct look_span s = look_books_running(&b, 20000000, &(struct look_counters){ 16000000, 0, 1 });
	CHECK_EQ(s.to, 16000000); /* the rest may be a tick that is late */
	CHECK_EQ(s.wait, 0);
	s = look_books_blocked(&b, 21000000, &(struct look_counters){ 20500000, 0, 1 }, LOOK_PIPE);
	CHECK_EQ(s.compute, 4500000);
	CHECK_EQ(b.ns[LOOK_PIPE], 500000);
	CHECK_EQ(sum(&b), 21000000);
}

/* A thread that was blocked and now queues: its counter of that stands still until it gets a core. */
static void time_in_the_queue_is_not_a_wait(void)
{
	struct look_books b;
	look_books_open(&b, 0, &(struct look_counters){ 0, 0, 1 }, true);
	look_books_running(&b, 60000000, &(struct look_counters){ 10000000, 0, 2 });
	CHECK_EQ(b.unknown, 0);
	look_books_running(&b, 90000000, &(struct look_counters){ 30000000, 60000000, 3 });
	CHECK_EQ(b.ns[LOOK_READY], 60000000);
	CHECK_EQ(b.ns[LOOK_COMPUTE], 30000000);
}

/* It was seen blocked at 10 and at 20 ms, and at 24 it had queued for 6 and run for 1 since. */
static void a_wait_ends_before_the_queue(void)
{
	struct look_books b;
	look_books_open(&b, 10000000, &(struct look_counters){ 0, 0, 1 }, false);
	CHECK_EQ(look_books_wait_end(&b, 24000000, &(struct look_counters){ 1000000, 6000000, 2 }), 17000000);
	CHECK_EQ(look_books_wait_end(&b, 24000000, &(struct look_counters){ 1000000, 16000000, 2 }), 10000000);
}

static void what_a_hypervisor_takes_is_ready(void)
{
	struct look_books b;
	look_books_open(&b, 0, &(struct look_counters){ 0, 0, 1 }, true);
	look_books_running(&b, 400000000, &(struct look_counters){ 60000000, 0, 1 });
	CHECK_EQ(b.ns[LOOK_READY], 400000000 - 60000000 - LOOK_LATE);
	CHECK_EQ(b.unknown, 0);
}

/* Counters that go back, jump or stand still, looks out of order: never more or less than the time there was. */
static void any_counters_add_up_to_the_life(void)
{
	for (int run = 0; run < 2000; run++) {
		struct look_books b;
		struct look_counters c = { test_random() % 1000, test_random() % 1000, 0 };
		int64_t now = (int64_t)(test_random() % 1000000);
		look_books_open(&b, now, &c, test_random() % 2);
		for (int step = 0; step < 50; step++) {
			now += (int64_t)(test_random() % 40000000);
			c.ran += test_random() % 30 ? test_random() % 40000000 : test_random();
			c.queued += test_random() % 30 ? test_random() % 10000000 : test_random();
			c.runs += test_random() % 2;
			enum look_state state = LOOK_WAITS + test_random() % (LOOK_STATES - LOOK_WAITS);
			unsigned choice = test_random() % 3;
			struct look_span s = choice == 0   ? look_books_running(&b, now, &c)
					     : choice == 1 ? look_books_between(&b, now, &c)
							   : look_books_blocked(&b, now, &c, state);
			check_span(&s);
			CHECK_EQ(sum(&b), b.open - b.start);
			CHECK(b.open <= now);
		}
		struct look_span s = look_books_close(&b, now, test_random() % 2 ? LOOK_COMPUTE : LOOK_DISK);
		check_span(&s);
		CHECK_EQ(b.open, now);
		CHECK_EQ(sum(&b), now - b.start);
	}
}

int main(void)
{
	test_start();
	TEST(a_wait_is_what_the_counters_leave);
	TEST(late_counters_are_not_a_wait);
	TEST(time_in_the_queue_is_not_a_wait);
	TEST(a_wait_ends_before_the_queue);
	TEST(what_a_hypervisor_takes_is_ready);
	TEST(any_counters_add_up_to_the_life);
	return test_done();
}
