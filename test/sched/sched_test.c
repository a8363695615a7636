/* The scheduler over the fake poller: starting, yielding, parking, and what comes from other threads. */
#include <hob.h>

#include "sched/fake_poller.h"

static int run_of_one(hob_task_fn *fn)
{
	return fake_run(1, test_random(), fn, NULL);
}

/* Outside of any task */

static void parking_calls_need_a_task(void)
{
	struct hob_scope *s = NULL;
	struct hob_mutex m = { 0 };
	struct hob_cond c = { 0 };
	char byte;

	CHECK(!task_self());
	CHECK_EQ(hob_yield(), -EPERM);
	CHECK_EQ(hob_sleep(0), -EPERM);
	CHECK_EQ(hob_scope_create(&s), -EPERM);
	CHECK(!s);
	CHECK_EQ(hob_mutex_lock(&m, 0), -EPERM);
	CHECK_EQ(hob_cond_wait(&c, &m, 0), -EPERM);
	CHECK_EQ(hob_poll(0, 0, 0), -EPERM);
	CHECK_EQ(hob_read(0, &byte, 1, 0), -EPERM);
	CHECK_EQ(hob_write(0, &byte, 0, 0), -EPERM);
	CHECK_EQ(hob_child_wait(1, NULL, NULL, 0), -EPERM);
	CHECK_EQ(hob_backend_used(), HOB_BACKEND_AUTO);
	hob_cond_signal(&c);
	hob_cond_broadcast(&c);
	hob_scope_destroy(NULL);
}

static struct hob_scope *outer;

static void *wait_as_a_stranger(void *arg)
{
	(void)arg;
	CHECK_EQ(hob_scope_wait(outer, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_yield(), -EPERM);
	return NULL;
}

static int lend_scope(void *arg)
{
	struct hob_scope *s;
	pthread_t t;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	outer = s;
	CHECK_EQ(sys.thread_create(&t, wait_as_a_stranger, NULL), 0);
	sys.thread_join(t);
	hob_scope_destroy(s);
	return 0;
}

static void a_foreign_thread_does_not_wait(void)
{
	CHECK_EQ(run_of_one(lend_scope), 0);
}

/* hob_run */

static int give_back(void *arg)
{
	return *(int *)arg;
}

static void the_first_task_decides_the_answer(void)
{
	int values[] = { 0, 1, 77, INT32_MAX, -1, -EIO, -ECANCELED, INT32_MIN };

	for (unsigned workers = 1; workers <= 4; workers++)
		for (unsigned i = 0; i < sizeof values / sizeof *values; i++)
			CHECK_EQ(fake_run(workers, i, give_back, &values[i]), values[i]);
}

static int run_again(void *arg)
{
	int zero = 0;

	(void)arg;
	CHECK_EQ(fake_run(1, 1, give_back, &zero), -EBUSY);
	CHECK_EQ(hob_run(NULL, give_back, &zero), -EBUSY);
	CHECK(task_self());
	return 0;
}

static void a_run_inside_a_task_is_refused(void)
{
	CHECK_EQ(run_of_one(run_again), 0);
	CHECK_EQ(fake_run(3, 1, run_again, NULL), 0);
}

static int use_stack(void *arg)
{
	volatile char local[512];

	for (size_t i = 0; i < sizeof local; i++)
		local[i] = (char)i;
	CHECK_EQ(hob_yield(), 0);
	for (size_t i = 0; i < sizeof local; i++)
		CHECK_EQ(local[i], (char)i);
	at_add((atomic_of(uint32_t) *)arg, 1, RELAXED);
	return 0;
}

static int spawn_some(void *arg)
{
	struct hob_scope *s;
	atomic_of(uint32_t) count = 0;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (int i = 0; i < 20; i++) {
		int err = hob_spawn(s, use_stack, &count);

		CHECK(err == 0 || err == -ENOMEM);
	}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return (int)count;
}

static int run_with(unsigned workers, size_t stack_bytes)
{
	struct hob_options o = { .workers = workers, .stack_bytes = stack_bytes };

	return sched_run(&fake_ops, &o, spawn_some, NULL);
}

static void options_of_any_size(void)
{
	size_t stacks[] = { 1, 4096, 5000, 16384, 16385, 100001, 1 << 20, 33 << 20, 128 << 20 };
	int r;

	for (unsigned i = 0; i < sizeof stacks / sizeof *stacks; i++)
		if (stacks[i] > 32768 || !SLOW_BUILD) /* a sanitizer's frames are larger */
			CHECK_EQ(run_with(2, stacks[i]), 20);
	CHECK_EQ(run_with(1, SIZE_MAX), -EINVAL);
	CHECK_EQ(run_with(1, ((size_t)1 << 40) + 1), -EINVAL);
	if (!SLOW_BUILD) {                        /* a sanitizer shadows it all */
		r = run_with(1, (size_t)2 << 30); /* up to the machine */
		CHECK(r == -ENOMEM || (r >= 0 && r <= 20));
	}
	CHECK_EQ(run_with(SLOW_BUILD ? 40 : 200, 65536), 20);
	CHECK_EQ(run_with(1025, 65536), -EINVAL);
	CHECK_EQ(run_with(UINT32_MAX, 65536), -EINVAL);
	CHECK_EQ(hob_run(&(struct hob_options){ .backend = 99 }, spawn_some, NULL), -EINVAL);
}

/* Yielding */

enum { RING = 100, ROUNDS = 30 };

static int turns[RING * ROUNDS], nturns;

static int take_turns(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		turns[nturns++] = (int)(intptr_t)arg;
		CHECK_EQ(hob_yield(), 0);
	}
	return 0;
}

static int start_ring(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	nturns = 0;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (intptr_t i = 0; i < RING; i++)
		CHECK_EQ(hob_spawn(s, take_turns, (void *)i), 0);
	CHECK_EQ(nturns, 0); /* a spawn does not switch */
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static void yielding_goes_round(void)
{
	/* Of one thread, since the turns are plain data: beside a lone worker a spare may run. */
	CHECK_EQ(hob_run(&(struct hob_options){ .one_thread = 1 }, start_ring, NULL), 0);
	CHECK_EQ(nturns, RING * ROUNDS);
	for (int i = 0; i < nturns && !HOSTILE; i++) /* which moves them about */
		CHECK_EQ(turns[i], i % RING);
}

static int yield_often(void *arg)
{
	for (int i = 0; i < 20; i++)
		CHECK_EQ(hob_yield(), 0);
	at_add((atomic_of(uint32_t) *)arg, 1, RELAXED);
	return 0;
}

static int start_crowd(void *arg)
{
	atomic_of(uint32_t) done = 0;
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (int i = 0; i < 3000; i++) /* many times what a deque holds */
		CHECK_EQ(hob_spawn(s, yield_often, &done), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(done, 3000);
	hob_scope_destroy(s);
	return 0;
}

static void a_crowd_gets_through(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), start_crowd, NULL), 0);
}

/* Parking */

static int park_alone(void *arg)
{
	hob_time before = hob_now();

	(void)arg;
	CHECK_EQ(task_park(WHY_SLEEP, 0, PARK_CANCELLABLE), -ETIMEDOUT);
	CHECK_EQ(task_park(WHY_SLEEP, -5, PARK_CANCELLABLE), -ETIMEDOUT);
	CHECK_EQ(task_park(WHY_SLEEP, before, PARK_SHIELDED), -ETIMEDOUT);
	task_unpark(task_self()); /* a permit in advance; two are one */
	task_unpark(task_self());
	CHECK_EQ(task_park(WHY_SLEEP, HOB_NEVER, PARK_CANCELLABLE), 0);
	CHECK_EQ(task_park(WHY_SLEEP, before + HOB_SECOND, PARK_CANCELLABLE), -ETIMEDOUT);
	CHECK(hob_now() >= before + HOB_SECOND);
	task_unpark(task_self());
	CHECK_EQ(task_park(WHY_SLEEP, hob_now() + HOB_SECOND, PARK_CANCELLABLE), 0); /* stops its timer */
	CHECK_EQ(hob_sleep(hob_now() + 3600 * HOB_SECOND), 0);
	CHECK(hob_now() >= before + 3601 * HOB_SECOND);
	CHECK_EQ(hob_sleep(0), 0);
	CHECK_EQ(hob_sleep(INT64_MIN), 0);
	return 0;
}

static void permits_and_deadlines(void)
{
	CHECK_EQ(run_of_one(park_alone), 0);
	CHECK_EQ(fake_run(3, test_random(), park_alone, NULL), 0);
}

/* What comes from foreign threads */

enum { STRANGERS = 3, SPAWNS = SLOW_BUILD ? 500 : 3000 };

struct guest {
	pthread_t thread;
	struct hob_scope *scope;
	struct task *keeper; /* lives, and the scope with it, until `bye` */
	atomic_of(uint32_t) *ran;
	atomic_of(bool) bye;
};

static int count_me(void *arg)
{
	at_add((atomic_of(uint32_t) *)arg, 1, RELAXED);
	return 0;
}

static void *spawn_from_outside(void *arg)
{
	struct guest *g = arg;

	for (int i = 0; i < SPAWNS; i++) {
		CHECK_EQ(hob_spawn(g->scope, count_me, g->ran), 0);
		if (i % 7 == 0)
			task_unpark(g->keeper); /* for nothing */
	}
	at_store(&g->bye, true, RELEASE);
	task_unpark(g->keeper);
	return NULL;
}

static int keep(void *arg)
{
	struct guest *g = arg;

	g->keeper = task_self();
	CHECK_EQ(sys.thread_create(&g->thread, spawn_from_outside, g), 0);
	while (!at_load(&g->bye, ACQUIRE))
		CHECK_EQ(task_park(WHY_SLEEP, HOB_NEVER, PARK_CANCELLABLE), 0);
	sys.thread_join(g->thread); /* in its last instructions */
	return 0;
}

static int receive_guests(void *arg)
{
	struct guest guests[STRANGERS] = { 0 };
	atomic_of(uint32_t) ran = 0;
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (int i = 0; i < STRANGERS; i++) {
		guests[i].scope = s;
		guests[i].ran = &ran;
		CHECK_EQ(hob_spawn(s, keep, &guests[i]), 0);
	}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(ran, STRANGERS * SPAWNS);
	hob_scope_destroy(s);
	return 0;
}

static void strangers_spawn_and_wake(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), receive_guests, NULL), 0);
}

static void *cancel_from_outside(void *arg)
{
	hob_scope_cancel(arg);
	return NULL;
}

static int sleep_for_ever(void *arg)
{
	(void)arg;
	return hob_sleep(HOB_NEVER);
}

static int be_cancelled(void *arg)
{
	struct hob_scope *s;
	pthread_t t;

	(void)arg;
	for (int i = 0; i < 50; i++) {
		CHECK_EQ(hob_scope_create(&s), 0);
		for (int n = 0; n < 10; n++)
			CHECK_EQ(hob_spawn(s, sleep_for_ever, NULL), 0);
		CHECK_EQ(sys.thread_create(&t, cancel_from_outside, s), 0);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -ECANCELED);
		sys.thread_join(t);
		hob_scope_destroy(s);
	}
	return 0;
}

static void a_stranger_cancels(void)
{
	for (unsigned workers = 1; workers <= 3; workers++)
		CHECK_EQ(fake_run(workers, test_random(), be_cancelled, NULL), 0);
}

/* Two runtimes at once: tasks of one wake those of the other. */

enum { VOLLEYS = SLOW_BUILD ? 2000 : 10000 };

static struct task *players[2];
static atomic_of(uint32_t) ball, finished;

static int play(void *arg)
{
	uint32_t me = (uint32_t)(uintptr_t)arg;

	at_store(&players[me], task_self(), RELEASE);
	while (!at_load(&players[1 - me], ACQUIRE))
		hob_yield();
	for (uint32_t n = 0; n < VOLLEYS; n++) {
		while (at_load(&ball, ACQUIRE) != 2 * n + me)
			CHECK_EQ(task_park(WHY_SLEEP, HOB_NEVER, PARK_CANCELLABLE), 0);
		at_store(&ball, 2 * n + me + 1, RELEASE);
		task_unpark(players[1 - me]);
	}
	/* Not before the other's last wake-up call is over. */
	at_add(&finished, 1, RELEASE);
	while (at_load(&finished, ACQUIRE) != 2)
		hob_yield();
	return 0;
}

static void *run_a_player(void *arg)
{
	CHECK_EQ(fake_run(2, (uintptr_t)arg, play, arg), 0);
	return NULL;
}

static void two_runtimes_wake_each_other(void)
{
	pthread_t other;

	ball = finished = 0;
	players[0] = players[1] = NULL;
	CHECK_EQ(sys.thread_create(&other, run_a_player, (void *)1), 0);
	run_a_player((void *)0);
	sys.thread_join(other);
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(parking_calls_need_a_task);
	TEST(a_foreign_thread_does_not_wait);
	TEST(the_first_task_decides_the_answer);
	TEST(a_run_inside_a_task_is_refused);
	TEST(options_of_any_size);
	TEST(yielding_goes_round);
	TEST(a_crowd_gets_through);
	TEST(permits_and_deadlines);
	TEST(strangers_spawn_and_wake);
	TEST(a_stranger_cancels);
	TEST(two_runtimes_wake_each_other);
	return test_done();
}
