/* What a task did with its life: the four states add up to it, and each is what it was. */
#include <hob.h>
#include <poll.h>

#include "sched/account.h"
#include "sched/fake_poller.h"

enum { PROGRAMS = SLOW_BUILD ? 40 : 200, TASKS = 12, STEPS = 12 };

/* Random programs by one worker on a clock that moves where a task computes: what each task did is known. */

struct truth {
	struct dice dice;
	struct task *task;
	hob_time since, woken; /* parked; unparked: 0 while it is not */
	struct account sums;
	unsigned events;
	bool parked, over;
};

static struct truth truths[TASKS];
static unsigned alive;

static void compute(struct truth *me)
{
	hob_time before = at_load(&fake.now, RELAXED);

	at_add(&fake.now, (int64_t)roll(&me->dice, 3 * HOB_MS), RELAXED);
	me->sums.compute += at_load(&fake.now, RELAXED) - before;
}

/* Gives another its permit, and most often computes on after that. */
static void wake_one(struct truth *me)
{
	for (unsigned i = 0, at = (unsigned)roll(&me->dice, TASKS); i < TASKS; i++, at = (at + 1) % TASKS) {
		struct truth *other = &truths[at];

		if (!other->parked || other->woken)
			continue;
		other->woken = at_load(&fake.now, RELAXED);
		task_unpark(other->task);
		return;
	}
}

static void park(struct truth *me)
{
	me->since = at_load(&fake.now, RELAXED);
	me->woken = 0;
	me->parked = true;
	while (!me->woken)
		CHECK_EQ(task_park(WHY_SEM, HOB_NEVER, PARK_SHIELDED), 0);
	me->parked = false;
	me->sums.wait += me->woken - me->since;
	me->sums.ready += at_load(&fake.now, RELAXED) - me->woken;
}

static void yield(struct truth *me)
{
	hob_time before = at_load(&fake.now, RELAXED);

	CHECK_EQ(hob_yield(), 0);
	me->sums.ready += at_load(&fake.now, RELAXED) - before;
}

static bool others_wait(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < TASKS; i++)
		n += truths[i].parked && !truths[i].woken;
	return n + 1 >= alive;
}

static void check_state(const char *name, int64_t is, int64_t truth, int64_t life, unsigned events)
{
	int64_t off = is > truth ? is - truth : truth - is;
	int64_t within = 20 * HOB_US + events * 4 * HOB_US; /* each look at this clock takes a microsecond */

	if (within < life / 100)
		within = life / 100;
	if (off > within)
		fprintf(stderr, "# %s: %" PRId64 " ns, in truth %" PRId64 ", of %" PRId64 "\n", name, is, truth, life);
	CHECK(off <= within);
}

static int live(void *arg)
{
	struct truth *me = arg;
	struct account is;
	int64_t life;

	me->task = task_self();
	me->sums.ready += at_load(&fake.now, RELAXED) - me->since; /* since it was spawned */
	for (int i = 0; i < STEPS; i++, me->events++) {
		uint64_t what = roll(&me->dice, 4);

		if (what == 0)
			yield(me);
		else if (what == 1 && !others_wait())
			park(me);
		else if (what == 2)
			wake_one(me);
		compute(me);
	}
	is = account_self(&life);
	CHECK_EQ(is.compute + is.ready + is.wait + is.held, life); /* to the tick */
	CHECK_EQ(is.held, 0);
	check_state("compute", is.compute, me->sums.compute, life, me->events);
	check_state("ready", is.ready, me->sums.ready, life, me->events);
	check_state("wait", is.wait, me->sums.wait, life, me->events);
	alive--;
	me->over = true;
	wake_one(me);
	return 0;
}

static int64_t sum_of(struct row *rows, bool waits)
{
	int64_t sum = 0;

	for (unsigned site = 0; site < SITES_MAX; site++)
		for (unsigned why = 0; why < WHYS; why++)
			sum += waits ? rows[site].wait[why] * (why == WHY_SEM) : 0;
	for (unsigned site = 0; site < SITES_MAX && !waits; site++)
		sum += rows[site].tasks;
	return sum;
}

static int random_program(void *arg)
{
	struct row *rows = calloc(SITES_MAX, sizeof *rows);
	struct hob_scope *s;
	int64_t wait = 0;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	alive = TASKS;
	for (unsigned i = 0; i < TASKS; i++) {
		truths[i] = (struct truth){ .dice = { test_random() }, .since = at_load(&fake.now, RELAXED) };
		CHECK_EQ(hob_spawn(s, live, &truths[i]), 0);
	}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	for (unsigned i = 0; i < TASKS; i++)
		wait += truths[i].sums.wait;
	account_sum(worker_self()->rt, rows);
	CHECK_EQ(sum_of(rows, false), TASKS);
	check_state("all waits", sum_of(rows, true), wait, 0, TASKS * STEPS);
	free(rows);
	return 0;
}

/* The monitor alone: a spare would compute beside the worker, and what tasks know of each other be out of date. */
static unsigned threads;

static int no_spare(pthread_t *out, void *(*fn)(void *), void *arg)
{
	return threads++ == 0 ? sys_real.thread_create(out, fn, arg) : -EAGAIN;
}

static void states_are_true_and_add_up(void)
{
	sys.thread_create = no_spare;
	for (int i = 0; i < PROGRAMS; i++) {
		threads = 0;
		CHECK_EQ(fake_run(1, test_random(), random_program, NULL), 0);
	}
	sys.thread_create = sys_real.thread_create;
}

/* Many workers, wakes from everywhere: whatever happens, the sums are the life. */

static atomic_of(struct task *) anybody[TASKS];

static int mill(void *arg)
{
	struct dice d = { (uintptr_t)arg };
	struct account is;
	int64_t life;

	at_store(&anybody[roll(&d, TASKS)], task_self(), RELEASE);
	for (uint64_t i = roll(&d, 60); i > 0; i--) {
		struct task *t = at_load(&anybody[roll(&d, TASKS)], ACQUIRE);

		if (t)
			task_unpark(t);
		if (roll(&d, 2))
			hob_yield();
		else
			task_park(WHY_SLEEP, hob_now() + (hob_time)roll(&d, 50 * HOB_US), PARK_CANCELLABLE);
		is = account_self(&life);
		CHECK_EQ(is.compute + is.ready + is.wait + is.held, life);
	}
	return 0;
}

static int start_mills(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	memset(anybody, 0, sizeof anybody);
	CHECK_EQ(hob_scope_create(&s), 0);
	for (unsigned i = 0; i < 8 * TASKS; i++)
		CHECK_EQ(hob_spawn(s, mill, (void *)(uintptr_t)test_random()), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static void states_add_up_on_many_workers(void)
{
	for (unsigned i = 0; i < PROGRAMS / 8; i++)
		CHECK_EQ(fake_run(1 + i % 4, test_random(), start_mills, NULL), 0);
}

/* The real clock, and a task that blocks its thread. */

#define BLOCK_MS 300

static int block(void *arg)
{
	struct account *out = arg;
	int64_t life;

	poll(NULL, 0, BLOCK_MS);
	hob_yield(); /* known once the stretch ends */
	*out = account_self(&life);
	return 0;
}

static int spin(void *arg)
{
	struct account *out = arg;
	int64_t life, begun = hob_now(), cpu = sys.thread_cpu(pthread_self());

	while (sys.thread_cpu(pthread_self()) - cpu < 50 * HOB_MS)
		;
	*out = account_self(&life);
	begun = hob_now() - begun;
	CHECK(life >= begun - begun / 100);
	CHECK(llabs(out->compute + out->ready + out->wait + out->held - life) <= 4);
	return 0;
}

static int drowse(void *arg)
{
	struct account *out = arg;
	int64_t life;

	CHECK_EQ(hob_sleep(hob_now() + 50 * HOB_MS), 0);
	*out = account_self(&life);
	return 0;
}

static int one_of_each(void *arg)
{
	struct account blocked, spun, slept;
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, block, &blocked), 0);
	CHECK_EQ(hob_spawn(s, spin, &spun), 0);
	CHECK_EQ(hob_spawn(s, drowse, &slept), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	CHECK(blocked.held >= BLOCK_MS * HOB_MS / 2);
	CHECK(blocked.compute <= BLOCK_MS * HOB_MS / 2);
	CHECK(spun.compute >= 49 * HOB_MS);
	CHECK_EQ(spun.wait, 0);
	CHECK(slept.wait >= 49 * HOB_MS);
	CHECK(slept.held == 0);
	return 0;
}

static void held_is_told_from_compute(void)
{
	sys = sys_real;
	CHECK_EQ(hob_run(&(struct hob_options){ .workers = 1 }, one_of_each, NULL), 0);
	CHECK_EQ(hob_run(&(struct hob_options){ .workers = 2 }, one_of_each, NULL), 0);
}

int main(void)
{
	test_start();
	watchdog(50);
	fake_start(8);
	TEST(states_are_true_and_add_up);
	TEST(states_add_up_on_many_workers);
	TEST(held_is_told_from_compute);
	return test_done();
}
