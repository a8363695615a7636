/* Random programs over the fake poller, by 1 to 4 workers: every task runs exactly once, every run ends, and no wake-up
 * is lost. A seed that failed before is told by TEST_SEED. */
#include <hob.h>

#include "sched/fake_poller.h"

enum { TASKS_MAX = 400, PROGRAMS = SLOW_BUILD ? 100 : 800 };

/* Programs of spawn, yield, park, unpark, sleep, wait and cancel */

struct program {
	struct dice dice;
	atomic_of(uint32_t) next; /* the number of the next task */
	atomic_of(uint8_t) spawned[TASKS_MAX], ran[TASKS_MAX];
	atomic_of(struct task *) tasks[TASKS_MAX]; /* perhaps ended: a late unpark is harmless */
};

struct part {
	struct program *program;
	struct dice dice;
	struct hob_scope *scope;
	uint32_t number;
	int height;
};

static int act(void *arg);

static void spawn_part(struct part *by, struct part *parts, int *n, struct hob_scope *scope)
{
	struct program *p = by->program;
	uint32_t number = at_add(&p->next, 1, RELAXED);
	int err;

	if (number >= TASKS_MAX || *n == 8 || by->height == 0)
		return;
	parts[*n] = (struct part){ p, { roll(&by->dice, UINT64_MAX) }, scope, number, by->height - 1 };
	err = hob_spawn(scope, act, &parts[*n]);
	CHECK(err == 0 || err == -ECANCELED);
	if (err)
		return;
	at_store(&p->spawned[number], 1, RELAXED);
	++*n;
}

static void unpark_somebody(struct part *me)
{
	struct task *t = at_load(&me->program->tasks[roll(&me->dice, TASKS_MAX)], ACQUIRE);

	if (t)
		task_unpark(t);
}

static void step(struct part *me, struct part *parts, int *n, struct hob_scope *mine)
{
	hob_time soon = hob_now() + (hob_time)roll(&me->dice, 200 * HOB_US);
	int err = 0;

	switch (roll(&me->dice, 10)) {
	case 0:
	case 1:
	case 2:
		spawn_part(me, parts, n, mine);
		break;
	case 3:
		err = hob_yield();
		break;
	case 4:
	case 5:
		err = task_park(WHY_SLEEP, soon, roll(&me->dice, 4) ? PARK_CANCELLABLE : PARK_SHIELDED);
		break;
	case 6:
		err = hob_sleep(soon);
		break;
	case 7:
		unpark_somebody(me);
		break;
	case 8:
		if (roll(&me->dice, 8) == 0)
			hob_scope_cancel(roll(&me->dice, 8) ? mine : me->scope);
		break;
	case 9:
		err = hob_scope_wait(mine, roll(&me->dice, 3) ? soon : 0);
		break;
	}
	CHECK(err == 0 || err == -ETIMEDOUT || err == -ECANCELED || err == -EIO);
}

static int act(void *arg)
{
	struct part me = *(struct part *)arg, parts[8];
	struct hob_scope *mine;
	int n = 0, err;

	CHECK_EQ(at_add(&me.program->ran[me.number], 1, RELAXED), 0);
	at_store(&me.program->tasks[me.number], task_self(), RELEASE);
	CHECK_EQ(hob_scope_create(&mine), 0);
	for (uint64_t steps = roll(&me.dice, 20); steps > 0; steps--)
		step(&me, parts, &n, mine);
	if (roll(&me.dice, 2)) {
		err = hob_scope_wait(mine, HOB_NEVER);
		CHECK(err == 0 || err == -ECANCELED || err == -EIO);
	}
	hob_scope_destroy(mine);
	return roll(&me.dice, 10) ? 0 : -EIO;
}

static int start_program(void *arg)
{
	struct program *p = arg;
	struct part first = { p, { roll(&p->dice, UINT64_MAX) }, NULL, 0, 5 };
	int err;

	CHECK_EQ(hob_scope_create(&first.scope), 0);
	p->next = 1;
	p->spawned[0] = 1;
	CHECK_EQ(hob_spawn(first.scope, act, &first), 0);
	err = hob_scope_wait(first.scope, HOB_NEVER);
	CHECK(err == 0 || err == -EIO || err == -ECANCELED);
	hob_scope_destroy(first.scope);
	return 3;
}

static void every_task_runs_once(void)
{
	static struct program p;

	for (uint64_t i = 0; i < PROGRAMS; i++) {
		p = (struct program){ .dice = dice_of(i) };
		CHECK_EQ(fake_run(1 + i % 4, i, start_program, &p), 3);
		for (int n = 0; n < TASKS_MAX; n++)
			CHECK_EQ(p.ran[n], p.spawned[n]);
	}
}

/* Letters: who gets one passes it on to somebody, and parks, for ever, while there is none. One lost wake-up, and a
 * letter lies there until the watchdog comes. */

enum { HOUSES = 24, LETTERS = 5, HOPS = SLOW_BUILD ? 20000 : 200000 };

struct street {
	atomic_of(struct task *) tasks[HOUSES];
	atomic_of(uint32_t) boxes[HOUSES];
	atomic_of(uint32_t) hops;
	atomic_of(uint32_t) moved_in;
};

struct house {
	struct street *street;
	struct dice dice;
	uint32_t number;
};

static void deliver(struct street *s, uint64_t to)
{
	at_add(&s->boxes[to], 1, RELEASE);
	task_unpark(s->tasks[to]);
}

static int live(void *arg)
{
	struct house *h = arg;
	struct street *s = h->street;
	uint32_t n;

	s->tasks[h->number] = task_self();
	at_add(&s->moved_in, 1, RELEASE);
	while (at_load(&s->moved_in, ACQUIRE) < HOUSES)
		hob_yield();
	if (h->number < LETTERS)
		at_add(&s->boxes[h->number], 1, RELEASE);
	for (;;) {
		while (!(n = at_swap(&s->boxes[h->number], 0, ACQUIRE)) && at_load(&s->hops, RELAXED) < HOPS)
			CHECK_EQ(task_park(WHY_SLEEP, HOB_NEVER, PARK_CANCELLABLE), 0);
		if (at_load(&s->hops, RELAXED) >= HOPS)
			break;
		for (; n > 0; n--) {
			if (roll(&h->dice, 16) == 0)
				hob_yield();
			at_add(&s->hops, 1, RELEASE);
			deliver(s, roll(&h->dice, HOUSES));
		}
	}
	for (uint64_t i = 0; i < HOUSES; i++)
		deliver(s, i);
	return 0;
}

static int build_street(void *arg)
{
	struct house houses[HOUSES];
	struct street s = { 0 };
	struct hob_scope *scope;

	CHECK_EQ(hob_scope_create(&scope), 0);
	for (uint32_t i = 0; i < HOUSES; i++) {
		houses[i] = (struct house){ &s, dice_of((uintptr_t)arg * HOUSES + i), i };
		CHECK_EQ(hob_spawn(scope, live, &houses[i]), 0);
	}
	CHECK_EQ(hob_scope_wait(scope, HOB_NEVER), 0);
	CHECK(s.hops >= HOPS);
	hob_scope_destroy(scope);
	return 0;
}

static void no_wake_up_is_lost(void)
{
	for (uintptr_t workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run((unsigned)workers, workers, build_street, (void *)workers), 0);
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(every_task_runs_once);
	TEST(no_wake_up_is_lost);
	return test_done();
}
