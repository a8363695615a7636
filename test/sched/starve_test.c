/* No ready task waits for one that computes while another worker sleeps. */
#include <hob.h>

#include "sched/fake_poller.h"

enum { ROUNDS = 100 };

static struct {
	atomic_of(struct task *) cook;
	atomic_of(uint32_t) orders, done;
	atomic_of(bool) over;
} kitchen;

/* Computes, without a park or a yield, until the waiter has come on. */
static int cook(void *arg)
{
	uint32_t order = 0;

	(void)arg;
	at_store(&kitchen.cook, task_self(), RELEASE);
	for (;;) {
		while (at_load(&kitchen.orders, ACQUIRE) == order && !at_load(&kitchen.over, ACQUIRE))
			CHECK_EQ(task_park(WHY_SLEEP, HOB_NEVER, PARK_CANCELLABLE), 0);
		if (at_load(&kitchen.over, ACQUIRE))
			return 0;
		order++;
		while (at_load(&kitchen.done, ACQUIRE) != order)
			at_pause();
	}
}

static int serve(void *arg)
{
	struct task *t;

	(void)arg;
	while (!(t = at_load(&kitchen.cook, ACQUIRE)))
		hob_yield();
	for (uint32_t i = 1; i <= ROUNDS; i++) {
		CHECK_EQ(hob_sleep(hob_now() + HOB_MS), 0); /* all sleep */
		at_store(&kitchen.orders, i, RELEASE);
		task_unpark(t); /* to be run next here */
		hob_yield();    /* now, and we are left in the queue */
		at_store(&kitchen.done, i, RELEASE);
	}
	at_store(&kitchen.over, true, RELEASE);
	task_unpark(t);
	return 0;
}

static int open_kitchen(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	memset(&kitchen, 0, sizeof kitchen);
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, cook, NULL), 0);
	CHECK_EQ(hob_spawn(s, serve, NULL), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static void who_yields_is_not_left_behind(void)
{
	for (unsigned workers = 2; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), open_kitchen, NULL), 0);
}

int main(void)
{
	test_start();
	watchdog(20);
	fake_start(8);
	TEST(who_yields_is_not_left_behind);
	return test_done();
}
