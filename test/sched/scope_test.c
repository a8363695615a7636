/* Scopes over the fake poller: what a wait answers, and that cancellation reaches everything below. */
#include <hob.h>

#include "sched/fake_poller.h"

/* Answers of hob_scope_wait */

static int answer(void *arg)
{
	return (int)(intptr_t)arg;
}

static int answer_late(void *arg)
{
	hob_sleep(hob_now() + HOB_SECOND);
	return (int)(intptr_t)arg;
}

static int sleep_for_ever(void *arg)
{
	(void)arg;
	return hob_sleep(HOB_NEVER);
}

static void spawn(struct hob_scope *s, hob_task_fn *fn, intptr_t arg)
{
	CHECK_EQ(hob_spawn(s, fn, (void *)arg), 0);
}

static int first_error(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_scope_wait(s, 0), 0);
	spawn(s, answer, 5);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0); /* positive values do not count */
	spawn(s, answer_late, -EIO);
	CHECK_EQ(hob_scope_wait(s, hob_now() + HOB_MS), -ETIMEDOUT);
	spawn(s, answer, -ENOENT);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -ENOENT);
	spawn(s, answer, -EPIPE);
	spawn(s, answer, 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -ENOENT);
	CHECK_EQ(hob_scope_wait(s, 0), -ENOENT);
	hob_scope_destroy(s);
	return 0;
}

static int time_out(void *arg)
{
	struct hob_scope *s;
	hob_time until;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	spawn(s, answer_late, -EIO);
	CHECK_EQ(hob_scope_wait(s, 0), -ETIMEDOUT);
	CHECK_EQ(hob_scope_wait(s, -1), -ETIMEDOUT);
	CHECK_EQ(hob_scope_wait(s, hob_now() - 1), -ETIMEDOUT);
	for (int i = 0; i < 5; i++) {
		until = hob_now() + 100 * HOB_MS;
		CHECK_EQ(hob_scope_wait(s, until), -ETIMEDOUT);
		CHECK(hob_now() >= until);
	}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -EIO);
	hob_scope_destroy(s);
	return 0;
}

static struct hob_scope *shared;
static bool waits;
static struct task *sharer;

static int wait_shared(void *arg)
{
	(void)arg;
	at_store(&sharer, task_self(), RELEASE);
	return hob_scope_wait(shared, HOB_NEVER);
}

static int second_waiter(void *arg)
{
	struct hob_scope *s;
	struct task *t;

	(void)arg;
	sharer = NULL;
	CHECK_EQ(hob_scope_create(&shared), 0);
	CHECK_EQ(hob_scope_create(&s), 0);
	spawn(shared, answer_late, -EIO);
	spawn(s, wait_shared, 0);
	while (!(t = at_load(&sharer, ACQUIRE)) || at_load(&t->permit, ACQUIRE) != PERMIT_PARKED)
		hob_yield();
	CHECK_EQ(hob_scope_wait(shared, 0), -EBUSY);
	CHECK_EQ(hob_scope_wait(shared, HOB_NEVER), -EBUSY);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -EIO); /* the first one got its answer */
	CHECK_EQ(hob_scope_wait(shared, 0), -EIO);
	hob_scope_destroy(s);
	hob_scope_destroy(shared);
	return 0;
}

static int wait_inside(void *arg)
{
	CHECK_EQ(hob_scope_wait(arg, HOB_NEVER), -EDEADLK);
	CHECK_EQ(hob_scope_wait(arg, 0), -EDEADLK);
	return 0;
}

static int deadlock(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	spawn(s, wait_inside, (intptr_t)s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

/* What a task answers is not taken for what the wait itself may answer. */
static int any_error(void *arg)
{
	int errors[] = { -EPERM, -EBUSY, -EDEADLK, -ECANCELED, -ETIMEDOUT, INT32_MIN };
	struct hob_scope *s;

	(void)arg;
	for (unsigned i = 0; i < sizeof errors / sizeof *errors; i++) {
		CHECK_EQ(hob_scope_create(&s), 0);
		spawn(s, answer, errors[i]);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), errors[i]);
		hob_scope_destroy(s);
	}
	return 0;
}

/* Cancellation */

/* Everything fails, again and again, but what is said never to be cancelled. */
static int be_cancelled(void *arg)
{
	struct hob_mutex m = { 0 };
	struct hob_cond c = { 0 };
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_sleep(HOB_NEVER), -ECANCELED);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(hob_sleep(HOB_NEVER), -ECANCELED);
		CHECK_EQ(hob_sleep(0), -ECANCELED);
		CHECK_EQ(hob_mutex_lock(&m, HOB_NEVER), -ECANCELED);
		CHECK_EQ(task_park(WHY_SLEEP, HOB_NEVER, PARK_CANCELLABLE), -ECANCELED);
		CHECK_EQ(task_park(WHY_SLEEP, hob_now() + HOB_SECOND, PARK_SHIELDED) % ETIMEDOUT, 0);
		CHECK_EQ(hob_yield(), 0);
	}
	(void)c;
	CHECK_EQ(hob_scope_create(&s), 0); /* cancelled from birth */
	CHECK_EQ(hob_spawn(s, answer, NULL), -ECANCELED);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return -EDOM;
}

static int cancel_one(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	for (int yields = 0; yields < 4; yields++) { /* not yet begun, begun, parked */
		CHECK_EQ(hob_scope_create(&s), 0);
		spawn(s, be_cancelled, 0);
		for (int i = 0; i < yields; i++)
			hob_yield();
		hob_scope_cancel(s);
		hob_scope_cancel(s);
		CHECK_EQ(hob_spawn(s, answer, NULL), -ECANCELED);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -EDOM);
		CHECK_EQ(hob_spawn(s, answer, NULL), -ECANCELED);
		CHECK_EQ(hob_sleep(hob_now() + HOB_MS), 0); /* we are not in it */
		hob_scope_destroy(s);
	}
	return 0;
}

static int cancel_self(void *arg)
{
	hob_scope_cancel(arg);
	CHECK_EQ(hob_sleep(HOB_NEVER), -ECANCELED);
	return hob_sleep(HOB_NEVER);
}

static int destroy_cancels(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	spawn(s, sleep_for_ever, 0);
	spawn(s, be_cancelled, 0);
	hob_scope_destroy(s);
	CHECK_EQ(hob_scope_create(&s), 0);
	spawn(s, sleep_for_ever, 0);
	spawn(s, cancel_self, (intptr_t)s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -ECANCELED);
	hob_scope_destroy(s);
	return 0;
}

/* A cancelled task destroys: it waits nevertheless. */
static bool destroying, lingered;

static int linger(void *arg)
{
	(void)arg;
	while (!at_load(&destroying, ACQUIRE))
		hob_yield();
	for (int i = 0; i < 20; i++)
		hob_yield();
	at_store(&lingered, true, RELEASE);
	return 0;
}

static int destroy_while_cancelled(void *arg)
{
	struct hob_scope *s;

	CHECK_EQ(hob_scope_create(&s), 0);
	spawn(s, linger, 0);
	hob_scope_cancel(*(struct hob_scope **)arg);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -ECANCELED);
	at_store(&destroying, true, RELEASE);
	hob_scope_destroy(s);
	CHECK(at_load(&lingered, ACQUIRE));
	return 0;
}

static int shielded_destroy(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	destroying = lingered = false;
	CHECK_EQ(hob_scope_create(&s), 0);
	spawn(s, destroy_while_cancelled, (intptr_t)&s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

/* Deep nests, random trees, what is left behind */

enum { DEPTH = 10000 };

static uint32_t unwound;

/* `arg`: how many levels are still to come below. */
static int nest(void *arg)
{
	intptr_t below = (intptr_t)arg;
	struct hob_scope *s;
	int err;

	if (below == 0) {
		at_store(&waits, true, RELEASE);
		return hob_sleep(HOB_NEVER);
	}
	CHECK_EQ(hob_scope_create(&s), 0);
	err = hob_spawn(s, nest, (void *)(below - 1)); /* left behind, it may be cancelled by now */
	if (!err)
		err = hob_scope_wait(s, HOB_NEVER);
	CHECK_EQ(err, -ECANCELED);
	hob_scope_destroy(s);
	at_add(&unwound, 1, RELAXED);
	return err;
}

static int nest_deep(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	waits = false;
	unwound = 0;
	CHECK_EQ(hob_scope_create(&s), 0);
	spawn(s, nest, DEPTH);
	while (!at_load(&waits, ACQUIRE))
		hob_yield();
	hob_scope_cancel(s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -ECANCELED);
	CHECK_EQ(unwound, DEPTH);
	hob_scope_destroy(s);
	return 0;
}

struct grove {
	struct dice dice;
	atomic_of(uint32_t) planted, parked, felled;
	bool cancelled; /* before the cancel: a task that finds no -ECANCELED later is not reached */
};

struct tree {
	struct grove *grove;
	struct dice dice;
	int height;
};

static int grow_tree(void *arg)
{
	struct tree t = *(struct tree *)arg, below[4];
	struct grove *g = t.grove;
	struct hob_scope *s = NULL;
	int n = t.height ? (int)roll(&t.dice, 5) : 0, err;

	if (n) {
		CHECK_EQ(hob_scope_create(&s), 0);
		for (int i = 0; i < n; i++) {
			below[i] = (struct tree){ g, { roll(&t.dice, UINT64_MAX) }, t.height - 1 };
			at_add(&g->planted, 1, RELAXED);
			err = hob_spawn(s, grow_tree, &below[i]);
			CHECK(err == 0 || (err == -ECANCELED && at_load(&g->cancelled, ACQUIRE)));
			if (err)
				at_sub(&g->planted, 1, RELAXED);
			if (roll(&t.dice, 3) == 0)
				hob_yield();
		}
	}
	at_add(&g->parked, 1, RELAXED);
	if (s && roll(&t.dice, 2))
		err = hob_scope_wait(s, HOB_NEVER) ? -ECANCELED : hob_sleep(HOB_NEVER); /* 0: none could be planted */
	else if (roll(&t.dice, 3) == 0)
		while (!(err = hob_sleep(hob_now() + (hob_time)roll(&t.dice, 1000 * HOB_MS))))
			;
	else
		err = hob_sleep(HOB_NEVER);
	CHECK_EQ(err, -ECANCELED);
	CHECK(at_load(&g->cancelled, ACQUIRE));
	CHECK_EQ(hob_sleep(HOB_NEVER), -ECANCELED);
	hob_scope_destroy(s);
	at_add(&g->felled, 1, RELAXED);
	return -ECANCELED;
}

static int fell_trees(void *arg)
{
	struct grove g = { .dice = dice_of((uintptr_t)arg) };
	struct tree top = { &g, { roll(&g.dice, UINT64_MAX) }, 4 };
	struct hob_scope *s;
	bool all = roll(&g.dice, 2);

	CHECK_EQ(hob_scope_create(&s), 0);
	at_add(&g.planted, 1, RELAXED);
	spawn(s, grow_tree, (intptr_t)&top);
	/* in full growth, or once all but nothing moves */
	for (uint64_t i = roll(&g.dice, 30); i > 0; i--)
		hob_yield();
	while (all && at_load(&g.parked, RELAXED) != at_load(&g.planted, RELAXED))
		hob_yield();
	at_store(&g.cancelled, true, RELEASE);
	hob_scope_cancel(s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -ECANCELED);
	hob_scope_destroy(s);
	CHECK_EQ(g.felled, g.planted);
	return 0;
}

static int leave_behind(void *arg)
{
	struct hob_scope **left = arg;

	for (int i = 0; i < 3; i++) {
		CHECK_EQ(hob_scope_create(&left[i]), 0);
		for (int n = 0; n < i; n++)
			spawn(left[i], be_cancelled, 0);
	}
	spawn(left[2], nest, 5);
	return 12;
}

static const struct {
	const char *name;
	hob_task_fn *fn;
} cases[] = {
	{ "the first error is kept", first_error },
	{ "a wait that times out may be repeated", time_out },
	{ "a second waiter is refused", second_waiter },
	{ "a task does not wait for itself", deadlock },
	{ "a task may answer any error", any_error },
	{ "a cancel is level-triggered", cancel_one },
	{ "destroy cancels; a task cancels its own scope", destroy_cancels },
	{ "destroy waits in a cancelled task", shielded_destroy },
	{ "ten thousand nested scopes", nest_deep },
};

static void every_case_by_1_to_4_workers(void)
{
	for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
		for (unsigned workers = 1; workers <= 4; workers++) {
			test_name = cases[i].name;
			CHECK_EQ(fake_run(workers, test_random(), cases[i].fn, NULL), 0);
		}
}

static void a_cancel_reaches_every_task_of_a_tree(void)
{
	for (uintptr_t i = 0; i < (SLOW_BUILD ? 60 : 400); i++)
		CHECK_EQ(fake_run(1 + i % 4, i, fell_trees, (void *)i), 0);
}

static void what_is_left_behind_is_cancelled_and_waited_for(void)
{
	struct hob_scope *left[3];

	for (unsigned workers = 1; workers <= 4; workers++) {
		CHECK_EQ(fake_run(workers, test_random(), leave_behind, left), 12);
		for (int i = 0; i < 3; i++)
			sys.free(left[i]); /* theirs to destroy, had they had the time */
	}
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(every_case_by_1_to_4_workers);
	TEST(a_cancel_reaches_every_task_of_a_tree);
	TEST(what_is_left_behind_is_cancelled_and_waited_for);
	return test_done();
}
