/* sched/deque.h: order, the ends of its room, and an owner against thieves. */
#include "sched/deque.h"

#include <sched.h>

#include "base/sys.h"
#include "sched/rig.h"

enum { THIEVES = 3, ITEMS = SLOW_BUILD ? 200000 : 3000000 };

/* Items are numbers: the deque never looks behind a pointer. */
static struct task *item(uintptr_t n)
{
	return (struct task *)(n + 1);
}

static uintptr_t number(const struct task *t)
{
	return (uintptr_t)t - 1;
}

static void first_in_is_first_out(void)
{
	static struct deque d;

	/* from below where the 32-bit indices turn over */
	d.head = d.tail = UINT32_MAX - DEQUE_SIZE / 2;
	for (unsigned round = 0; round < 3; round++) {
		CHECK(!deque_pop(&d));
		for (uintptr_t i = 0; i < DEQUE_SIZE; i++) {
			CHECK_EQ(deque_length(&d), i);
			CHECK(deque_push(&d, item(i)));
		}
		CHECK(!deque_push(&d, item(DEQUE_SIZE)));
		CHECK_EQ(deque_length(&d), DEQUE_SIZE);
		for (uintptr_t i = 0; i < DEQUE_SIZE; i++)
			CHECK_EQ(number(deque_pop(&d)), i);
	}
	CHECK(!deque_pop(&d));
}

static void a_thief_moves_the_older_half(void)
{
	static struct deque from, to;

	for (uint32_t n = 0; n <= DEQUE_SIZE; n++) {
		uint32_t moved = n - n / 2;
		struct task *run;

		from.head = from.tail = UINT32_MAX - n / 3;
		to.head = to.tail = UINT32_MAX - n / 5;
		for (uintptr_t i = 0; i < n; i++)
			CHECK(deque_push(&from, item(i)));
		run = deque_steal(&from, &to);
		if (n == 0) {
			CHECK(!run);
			continue;
		}
		CHECK_EQ(number(run), moved - 1);
		for (uintptr_t i = 0; i < moved - 1; i++)
			CHECK_EQ(number(deque_pop(&to)), i);
		CHECK(!deque_pop(&to));
		for (uintptr_t i = moved; i < n; i++)
			CHECK_EQ(number(deque_pop(&from)), i);
		CHECK(!deque_pop(&from));
	}
}

static struct deque deques[1 + THIEVES];
static atomic_of(uint8_t) seen[ITEMS];
static atomic_of(uint32_t) left;

static void account(const struct task *t)
{
	CHECK(number(t) < ITEMS);
	CHECK_EQ(at_add(&seen[number(t)], 1, RELAXED), 0);
	at_sub(&left, 1, RELAXED);
}

static void *thief(void *arg)
{
	uintptr_t me = (uintptr_t)arg;
	struct dice dice = dice_of(me);
	struct task *t;

	while (at_load(&left, RELAXED)) {
		/* often from each other, so that what was stolen is stolen again while it is added */
		uintptr_t victim = roll(&dice, 1 + THIEVES);

		if (victim != me && (t = deque_steal(&deques[victim], &deques[me])))
			account(t);
		while (roll(&dice, 4) && (t = deque_pop(&deques[me])))
			account(t);
		while (deque_length(&deques[me]) && (t = deque_pop(&deques[me]))) /* a thief's own must be empty */
			account(t);
		if (roll(&dice, 64) == 0)
			sched_yield();
	}
	return NULL;
}

static void every_item_comes_out_once(void)
{
	struct task *t;
	struct dice dice = dice_of(0);
	pthread_t threads[THIEVES];

	left = ITEMS;
	deques[0].head = deques[0].tail = UINT32_MAX - ITEMS / 2;
	for (uintptr_t i = 1; i <= THIEVES; i++)
		CHECK_EQ(sys.thread_create(&threads[i - 1], thief, (void *)i), 0);
	for (uintptr_t i = 0; i < ITEMS; i++) {
		while (!deque_push(&deques[0], item(i)))
			if ((t = deque_pop(&deques[0])))
				account(t);
		if (roll(&dice, 3) == 0 && (t = deque_pop(&deques[0])))
			account(t);
	}
	while ((t = deque_pop(&deques[0])))
		account(t);
	for (int i = 0; i < THIEVES; i++)
		sys.thread_join(threads[i]);
	CHECK_EQ(left, 0);
	for (int i = 0; i < ITEMS; i++)
		CHECK_EQ(seen[i], 1);
}

int main(void)
{
	test_start();
	watchdog(100);
	TEST(first_in_is_first_out);
	TEST(a_thief_moves_the_older_half);
	TEST(every_item_comes_out_once);
	return test_done();
}
