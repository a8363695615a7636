/* The mutex over the fake poller: exclusion, order, deadlines, cancellation, and that no hand-over is lost. */
#include <hob.h>

#include "sched/fake_poller.h"
#include "sched/scopes.h"

/* It is free: nobody holds it and nobody waits. */
static void check_free(struct hob_mutex *m)
{
	CHECK_EQ(hob_mutex_lock(m, 0), 0);
	CHECK_EQ(hob_mutex_lock(m, 0), -ETIMEDOUT); /* not recursive */
	hob_mutex_unlock(m);
}

/* Exclusion */

enum { TASKS = 50, TURNS = SLOW_BUILD ? 100 : 1000 };

static struct {
	struct hob_mutex m;
	int inside;        /* plain: the mutex is what orders its accesses */
	uint64_t sum, got; /* of times it was locked; of answers 0 */
} guarded;

static int take_turns(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	uint64_t got = 0;

	for (int i = 0; i < TURNS; i++) {
		bool hurried = roll(&dice, 8) == 0;
		int err = hob_mutex_lock(&guarded.m, hurried ? hob_now() + 3 * HOB_US : HOB_NEVER);

		CHECK(err == 0 || (hurried && err == -ETIMEDOUT));
		if (err)
			continue;
		got++;
		CHECK_EQ(guarded.inside++, 0);
		guarded.sum++;
		if (roll(&dice, 4) == 0)
			hob_yield();
		CHECK_EQ(--guarded.inside, 0);
		hob_mutex_unlock(&guarded.m);
		if (roll(&dice, 4) == 0)
			hob_yield();
	}
	at_add(&guarded.got, got, RELAXED);
	return 0;
}

static int exclude(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	memset(&guarded, 0, sizeof guarded);
	for (uintptr_t i = 0; i < TASKS; i++)
		spawn(s, take_turns, (void *)i);
	scope_join(s);
	CHECK_EQ(guarded.sum, guarded.got);
	check_free(&guarded.m);
	return 0;
}

static void one_at_a_time(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), exclude, NULL), 0);
}

/* Order: whoever came first has it first, also where some in between give up. */

struct queuer {
	int place;
	hob_time deadline;
	int answer;
};

static struct {
	struct hob_mutex m;
	atomic_of(struct task *) last; /* in the queue */
	int order[TASKS], n;
} queue;

static int stand_in_line(void *arg)
{
	struct queuer *q = arg;

	at_store(&queue.last, task_self(), RELEASE);
	q->answer = hob_mutex_lock(&queue.m, q->deadline);
	if (q->answer)
		return 0;
	queue.order[queue.n++] = q->place;
	hob_yield();
	hob_mutex_unlock(&queue.m);
	return 0;
}

static void await_parked(void)
{
	struct task *t;

	while (!(t = at_load(&queue.last, ACQUIRE)) || at_load(&t->permit, ACQUIRE) != PERMIT_PARKED)
		hob_yield();
	at_store(&queue.last, NULL, RELAXED);
}

static int line_up(void *arg)
{
	struct hob_scope *s = scope_new(), *impatient = scope_new();
	struct queuer q[TASKS];
	int n = 0;

	(void)arg;
	memset(&queue, 0, sizeof queue);
	CHECK_EQ(hob_mutex_lock(&queue.m, 0), 0);
	for (int i = 0; i < TASKS; i++) {
		q[i] = (struct queuer){ i, i % 5 == 1 ? hob_now() + HOB_SECOND : HOB_NEVER, 1 };
		spawn(i % 5 == 3 ? impatient : s, stand_in_line, &q[i]);
		await_parked();
	}
	CHECK_EQ(hob_sleep(hob_now() + 2 * HOB_SECOND), 0);
	hob_scope_cancel(impatient);
	scope_join(impatient);
	CHECK_EQ(queue.n, 0);
	hob_mutex_unlock(&queue.m);
	scope_join(s);
	for (int i = 0; i < TASKS; i++) {
		CHECK_EQ(q[i].answer, i % 5 == 1 ? -ETIMEDOUT : i % 5 == 3 ? -ECANCELED : 0);
		if (q[i].answer == 0)
			CHECK_EQ(queue.order[n++], i);
	}
	CHECK_EQ(queue.n, n);
	check_free(&queue.m);
	return 0;
}

static void first_come_first_served(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), line_up, NULL), 0);
}

/* Unlocking at the moment a waiter gives up: it owns the mutex or it does not, and says which. */

struct duel {
	struct hob_mutex m;
	hob_time deadline;
	int answer;
};

static int give_up_soon(void *arg)
{
	struct duel *d = arg;

	d->answer = hob_mutex_lock(&d->m, d->deadline);
	if (!d->answer)
		hob_mutex_unlock(&d->m);
	return 0;
}

static int fight(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	int won = 0, lost = 0;

	for (int i = 0; i < (SLOW_BUILD ? 200 : 2000); i++) {
		struct hob_scope *s = scope_new();
		struct duel d = { .deadline = HOB_NEVER };
		bool cancels = roll(&dice, 2);

		CHECK_EQ(hob_mutex_lock(&d.m, 0), 0);
		if (!cancels)
			d.deadline = hob_now() + 100 * HOB_US;
		spawn(s, give_up_soon, &d);
		for (uint64_t n = roll(&dice, 4); n > 0; n--)
			hob_yield();
		if (!cancels)
			CHECK_EQ(hob_sleep(d.deadline - 20 * HOB_US + (hob_time)roll(&dice, 40) * HOB_US), 0);
		if (cancels && roll(&dice, 2))
			hob_scope_cancel(s);
		hob_mutex_unlock(&d.m);
		if (cancels)
			hob_scope_cancel(s);
		scope_join(s);
		CHECK(d.answer == 0 || d.answer == (cancels ? -ECANCELED : -ETIMEDOUT));
		won += !d.answer;
		lost += !!d.answer;
		check_free(&d.m);
	}
	CHECK(won > 0 && lost > 0); /* both happen, or nothing was tested */
	return 0;
}

static void no_hand_over_is_lost(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), fight, (void *)(uintptr_t)workers), 0);
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(one_at_a_time);
	TEST(first_come_first_served);
	TEST(no_hand_over_is_lost);
	return test_done();
}
