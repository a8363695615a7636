/* The condition over the fake poller: every signal wakes somebody, a broadcast all, and the mutex is held whatever the
 * wait answers. */
#include <hob.h>
#include <sched.h>

#include "sched/fake_poller.h"
#include "sched/scopes.h"

static void take(struct hob_mutex *m)
{
	CHECK_EQ(hob_mutex_lock(m, HOB_NEVER), 0);
}

/* A waiter, and what became of it. */

struct room {
	struct hob_mutex m;
	struct hob_cond c;
	int waiting, woken, inside;
};

struct guest {
	struct room *room;
	hob_time deadline;
	int answer;
};

static int wait_once(void *arg)
{
	struct guest *g = arg;
	struct room *r = g->room;

	take(&r->m);
	r->waiting++;
	g->answer = hob_cond_wait(&r->c, &r->m, g->deadline);
	CHECK_EQ(r->inside++, 0); /* the mutex is ours */
	hob_yield();
	CHECK_EQ(--r->inside, 0);
	r->waiting--;
	r->woken += !g->answer;
	hob_mutex_unlock(&r->m);
	return 0;
}

static void await_waiting(struct room *r, int n)
{
	for (bool there = false; !there; hob_yield()) {
		take(&r->m);
		there = r->waiting == n;
		hob_mutex_unlock(&r->m);
	}
}

static int answers(void *arg)
{
	struct room r = { 0 };
	struct guest g = { &r, 0, 1 };
	struct hob_scope *s = scope_new();

	(void)arg;
	hob_cond_signal(&r.c); /* to nobody: not kept */
	hob_cond_broadcast(&r.c);
	for (int i = 0; i < 4; i++) {
		hob_time deadlines[] = { 0, -1, hob_now() - 1, hob_now() + HOB_SECOND };

		g.deadline = deadlines[i];
		spawn(s, wait_once, &g);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		CHECK_EQ(g.answer, -ETIMEDOUT);
		CHECK(hob_now() >= deadlines[i]);
	}
	g.deadline = HOB_NEVER;
	spawn(s, wait_once, &g);
	await_waiting(&r, 1);
	hob_cond_signal(&r.c);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(g.answer, 0);
	spawn(s, wait_once, &g);
	await_waiting(&r, 1);
	hob_scope_cancel(s);
	scope_join(s);
	CHECK_EQ(g.answer, -ECANCELED);
	CHECK_EQ(r.waiting, 0);
	CHECK_EQ(hob_mutex_lock(&r.m, 0), 0);
	return 0;
}

static void every_answer_leaves_the_mutex_held(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), answers, NULL), 0);
}

/* So many signals wake so many, a broadcast wakes the rest. */

enum { GUESTS = 40 };

static int signal_some(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	struct hob_scope *s = scope_new();
	struct guest g[GUESTS];
	struct room r = { 0 };
	int n = (int)roll(&dice, GUESTS);

	for (int i = 0; i < GUESTS; i++) {
		g[i] = (struct guest){ &r, HOB_NEVER, 1 };
		spawn(s, wait_once, &g[i]);
	}
	await_waiting(&r, GUESTS);
	for (int i = 0; i < n; i++)
		hob_cond_signal(&r.c);
	await_waiting(&r, GUESTS - n);
	CHECK_EQ(hob_scope_wait(s, hob_now() + HOB_SECOND), -ETIMEDOUT);
	CHECK_EQ(r.woken, n);
	hob_cond_broadcast(&r.c);
	scope_join(s);
	CHECK_EQ(r.woken, GUESTS);
	return 0;
}

static void signals_and_broadcasts_count(void)
{
	for (uintptr_t i = 0; i < (SLOW_BUILD ? 20 : 100); i++)
		CHECK_EQ(fake_run(1 + i % 4, i, signal_some, (void *)i), 0);
}

/* A bounded buffer with one signal an item. Takers time out and are cancelled at every moment: a signal that such a
 * one got must not be lost to the others, or the last item lies there for ever. */

enum { ITEMS = SLOW_BUILD ? 300 : 1000, ROOM = 3, GIVERS = 4, TAKERS = 6 };

struct buffer {
	struct hob_mutex m;
	struct hob_cond more, less;
	int held, given, taken;
};

struct party {
	struct buffer *b;
	struct dice dice;
};

static int give(void *arg)
{
	struct party *p = arg;
	struct buffer *b = p->b;
	bool done = false;

	while (!done) {
		take(&b->m);
		while (b->held == ROOM && b->given < ITEMS)
			CHECK_EQ(hob_cond_wait(&b->less, &b->m, HOB_NEVER), 0);
		done = b->given == ITEMS;
		if (!done) {
			b->given++;
			b->held++;
			hob_cond_signal(&b->more);
		} else {
			hob_cond_broadcast(&b->less);
			hob_cond_broadcast(&b->more);
		}
		hob_mutex_unlock(&b->m);
		if (roll(&p->dice, 4) == 0)
			hob_yield();
	}
	return 0;
}

/* Takes until all is taken, or until it is cancelled. */
static int consume(void *arg)
{
	struct party *p = arg;
	struct buffer *b = p->b;

	for (;;) {
		int err = hob_mutex_lock(&b->m, HOB_NEVER);

		if (err)
			return 0;
		while (!err && b->held == 0 && b->taken < ITEMS) {
			bool hurried = roll(&p->dice, 3) == 0;

			err = hob_cond_wait(&b->more, &b->m, hurried ? hob_now() + 4 * HOB_US : HOB_NEVER);
			CHECK(err == 0 || err == -ECANCELED || (hurried && err == -ETIMEDOUT));
			/* A signal with an error would be lost if it were not answered by 0. */
		}
		if (!err && b->held) {
			b->held--;
			b->taken++;
			hob_cond_signal(&b->less);
		}
		if (b->taken == ITEMS)
			hob_cond_broadcast(&b->more);
		err = b->taken == ITEMS;
		hob_mutex_unlock(&b->m);
		if (err)
			return 0;
		if (roll(&p->dice, 4) == 0)
			hob_yield();
	}
}

static int trade(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	struct hob_scope *s = scope_new(), *unlucky;
	struct party p[GIVERS + TAKERS], q;
	struct buffer b = { 0 };

	for (int i = 0; i < GIVERS + TAKERS; i++) {
		p[i] = (struct party){ &b, { roll(&dice, UINT64_MAX) } };
		spawn(s, i < GIVERS ? give : consume, &p[i]);
	}
	for (int i = 0; i < 30; i++) { /* takers that are cancelled as they wait */
		unlucky = scope_new();
		q = (struct party){ &b, { roll(&dice, UINT64_MAX) } };
		spawn(unlucky, consume, &q);
		for (uint64_t n = roll(&dice, 6); n > 0; n--)
			hob_yield();
		hob_scope_cancel(unlucky);
		scope_join(unlucky);
	}
	scope_join(s);
	CHECK_EQ(b.given, ITEMS);
	CHECK_EQ(b.taken, ITEMS);
	CHECK_EQ(b.held, 0);
	return 0;
}

static void no_signal_is_lost(void)
{
	for (uintptr_t i = 0; i < (SLOW_BUILD ? 20 : 60); i++)
		CHECK_EQ(fake_run(1 + i % 4, i, trade, (void *)i), 0);
}

/* A thread that is no worker signals, and is held up within: the runtime must not end before it has let go. */

static struct {
	struct room room;
	struct guest guest;
	struct task *waiter;
	pthread_t thread;
	atomic_of(bool) left, ended;
	atomic_of(uint32_t) held_up;
} outside;

static void hold_up(void)
{
	if (sched_poller_ops()) /* a worker */
		return;
	at_add(&outside.held_up, 1, RELAXED);
	for (int i = 0; i < 200 && !at_load(&outside.ended, RELAXED); i++)
		sched_yield();
	CHECK(!at_load(&outside.ended, RELAXED));
}

static void *signal_from_outside(void *arg)
{
	(void)arg;
	while (at_load(&outside.waiter->permit, ACQUIRE) != PERMIT_PARKED)
		sched_yield();
	hob_cond_signal(&outside.room.c);
	return NULL;
}

static int stay_awake(void *arg)
{
	(void)arg;
	while (!at_load(&outside.left, RELAXED))
		hob_yield();
	return 0;
}

static int wait_for_a_stranger(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	spawn(s, stay_awake, NULL);
	outside.guest = (struct guest){ &outside.room, HOB_NEVER, 1 };
	outside.waiter = task_self();
	CHECK_EQ(sys.thread_create(&outside.thread, signal_from_outside, NULL), 0);
	wait_once(&outside.guest);
	CHECK_EQ(outside.guest.answer, 0);
	at_store(&outside.left, true, RELAXED);
	scope_join(s);
	return 0;
}

static void a_stranger_may_be_slow(void)
{
	fake.on_wake = hold_up;
	for (int i = 0; i < 40; i++) {
		memset(&outside.room, 0, sizeof outside.room);
		outside.left = outside.ended = false;
		CHECK_EQ(fake_run(3, test_random(), wait_for_a_stranger, NULL), 0);
		at_store(&outside.ended, true, RELAXED);
		sys.thread_join(outside.thread);
	}
	fake.on_wake = NULL;
	CHECK(outside.held_up > 0);
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(every_answer_leaves_the_mutex_held);
	TEST(signals_and_broadcasts_count);
	TEST(no_signal_is_lost);
	TEST(a_stranger_may_be_slow);
	return test_done();
}
