/* wait/timers.h against a sorted array, by a million random steps; and the order of sleepers. */
#include "wait/timers.h"

#include "sched/task.h"
#include "wait/each.h"

enum { TIMERS = 500, STEPS = SLOW_BUILD ? 200000 : 1000000, SLEEPERS = 100 };

static struct task tasks[TIMERS]; /* a timer is its task's */
static struct timer *sorted[TIMERS];
static unsigned nsorted;
static hob_time clock_now;

static hob_time now_is(void)
{
	return clock_now;
}

/* Where the first of those that are due at `when` or later stands. */
static unsigned place_of(hob_time when)
{
	unsigned low = 0, high = nsorted;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (sorted[middle]->when < when)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct timer *t)
{
	unsigned at = place_of(t->when);

	memmove(&sorted[at + 1], &sorted[at], (nsorted - at) * sizeof *sorted);
	sorted[at] = t;
	nsorted++;
}

static void take_out(const struct timer *t)
{
	unsigned at = place_of(t->when);

	while (sorted[at] != t)
		CHECK(++at < nsorted);
	nsorted--;
	memmove(&sorted[at], &sorted[at + 1], (nsorted - at) * sizeof *sorted);
}

static void fire(struct timers *ts)
{
	unsigned due = place_of(clock_now + 1);

	CHECK_EQ(timers_fire(ts), due);
	for (unsigned i = 0; i < due; i++) {
		struct task *t = timer_task(sorted[i]);

		CHECK(!sorted[i]->armed);
		CHECK_EQ(t->permit, PERMIT_GIVEN);
		t->permit = PERMIT_NONE;
	}
	nsorted -= due;
	memmove(sorted, &sorted[due], nsorted * sizeof *sorted);
}

static void step(struct timers *ts, struct dice *dice, uint64_t spread)
{
	struct timer *t = &tasks[roll(dice, TIMERS)].timer;

	switch (roll(dice, 4)) {
	case 0:
	case 1:
		if (t->armed)
			break;
		t->when = clock_now + (hob_time)roll(dice, spread) - (hob_time)(spread / 8);
		timers_start(ts, t);
		CHECK(t->armed);
		insert(t);
		break;
	case 2:
		if (t->armed)
			take_out(t);
		timers_stop(ts, t); /* also one that is not armed */
		CHECK(!t->armed);
		break;
	case 3:
		clock_now += (hob_time)roll(dice, spread / 64 + 2);
		fire(ts);
		break;
	}
	CHECK_EQ(ts->next, nsorted ? sorted[0]->when : HOB_NEVER);
}

static void a_million_steps(void)
{
	uint64_t spreads[] = { 10, 1000, 100000000 }; /* many at the same time, and few */
	struct dice dice = dice_of(0);

	sys.now = now_is;
	for (int i = 0; i < 3; i++) {
		struct timers ts;

		timers_init(&ts);
		CHECK_EQ(timers_fire(&ts), 0);
		clock_now = 1000000000;
		for (int n = 0; n < STEPS / 3; n++)
			step(&ts, &dice, spreads[i]);
		clock_now = HOB_NEVER - 2;
		fire(&ts);
		CHECK_EQ(nsorted, 0);
		CHECK(!ts.root);
		for (int n = 0; n < TIMERS; n++)
			CHECK_EQ(tasks[n].permit, PERMIT_NONE);
	}
	sys.now = sys_real.now;
}

/* Rising, falling and equal times: the heap degenerates to a list, which must not recurse. */
static void long_rows(void)
{
	enum { ROW = 200000 };
	struct task *row = sys.alloc(ROW * sizeof *row);
	struct timers ts;

	CHECK(row);
	sys.now = now_is;
	clock_now = 5;
	for (int way = 0; way < 3; way++) {
		timers_init(&ts);
		for (int i = 0; i < ROW; i++) {
			row[i].timer.when = 10 + (way == 0 ? i : way == 1 ? ROW - i : 0);
			timers_start(&ts, &row[i].timer);
		}
		CHECK_EQ(timers_fire(&ts), 0);
		for (int i = 0; i < ROW; i += 2)
			timers_stop(&ts, &row[i].timer);
		clock_now = 10 + ROW;
		CHECK_EQ(timers_fire(&ts), ROW / 2);
		CHECK_EQ(ts.next, HOB_NEVER);
		clock_now = 5;
	}
	sys.now = sys_real.now;
	sys.free(row);
}

/* Sleepers wake in the order of their times, and none too early. */

static struct {
	hob_time start;
	int order[SLEEPERS];
	atomic_of(uint32_t) n;
	atomic_of(bool) late; /* somebody went to bed when others were getting up */
} bed;

static int sleep_in_bed(void *arg)
{
	int place = (int)(intptr_t)arg;
	hob_time until = bed.start + (hob_time)place * 50 * HOB_US;

	if (hob_now() >= bed.start)
		at_store(&bed.late, true, RELAXED);
	CHECK_EQ(hob_sleep(until), 0);
	CHECK(hob_now() >= until);
	bed.order[at_add(&bed.n, 1, RELAXED)] = place;
	return 0;
}

static void sleep_once(hob_time from)
{
	struct hob_scope *s = scope_new();
	struct dice dice = dice_of(1);
	intptr_t places[SLEEPERS];

	bed.n = 0;
	bed.late = false;
	bed.start = from;
	for (intptr_t i = 0; i < SLEEPERS; i++) { /* Fisher and Yates, inside out */
		uint64_t at = roll(&dice, (uint64_t)i + 1);

		places[i] = places[at];
		places[at] = i;
	}
	for (int i = 0; i < SLEEPERS; i++)
		spawn(s, sleep_in_bed, (void *)places[i]);
	scope_join(s);
	CHECK_EQ(bed.n, SLEEPERS);
}

static int wake_in_order(void *arg)
{
	hob_time ahead = 2 * HOB_MS;

	(void)arg;
	do
		sleep_once(hob_after(ahead *= 2));
	while (bed.late);
	/* By several workers, or where wakes are moved about, neighbours may overtake each other. */
	for (int i = 0; i < SLEEPERS && each_workers == 1 && !HOSTILE; i++)
		CHECK_EQ(bed.order[i], i);
	return 0;
}

static int sleep_for_ever(void *arg)
{
	(void)arg;
	return hob_sleep(HOB_NEVER);
}

static int never_is_long(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	CHECK_EQ(hob_sleep(0), 0);
	CHECK_EQ(hob_sleep(-1), 0);
	CHECK_EQ(hob_after(-1) <= hob_now(), true);
	CHECK_EQ(hob_after(INT64_MAX), HOB_NEVER);
	spawn(s, sleep_for_ever, NULL);
	CHECK_EQ(hob_scope_wait(s, hob_after(HOB_MS)), -ETIMEDOUT);
	hob_scope_cancel(s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -ECANCELED);
	hob_scope_destroy(s);
	return 0;
}

int main(void)
{
	test_start();
	watchdog(100);
	TEST(a_million_steps);
	TEST(long_rows);
	EACH(wake_in_order);
	EACH(never_is_long);
	return test_done();
}
