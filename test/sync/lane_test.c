/* Lanes over the fake poller: one at a time, in the order they come, whatever happens to the waits of those in it. */
#include <hob.h>

#include "sched/account.h"
#include "sched/fake_poller.h"
#include "sched/scopes.h"

enum { TASKS = 24, TURNS = SLOW_BUILD ? 20 : 60, ROUNDS = SLOW_BUILD ? 30 : 200 };

static struct hob_lane *lane;

static struct hob_lane *lane_new(const struct hob_lane_options *opts)
{
	struct hob_lane *l;

	CHECK_EQ(hob_lane_create(&l, opts), 0);
	return l;
}

static unsigned waiting(void)
{
	struct hob_lane_stats stats;

	hob_lane_stats(lane, &stats);
	return stats.waiting;
}

/* Has the lane, without a park, until so many stand in line, and then for another second. */
struct holder {
	unsigned n;
	atomic_of(bool) in;
};

static int hold(void *arg)
{
	struct holder *h = arg;

	CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), 0);
	at_store(&h->in, true, RELEASE);
	while (waiting() < h->n)
		at_pause();
	at_add(&fake.now, HOB_SECOND, RELAXED);
	hob_lane_leave(lane);
	return 0;
}

static void spawn_holder(struct hob_scope *s, struct holder *h)
{
	spawn(s, hold, h);
	while (!at_load(&h->in, ACQUIRE))
		hob_yield();
}

/* One at a time */

static struct {
	struct hob_chan *chan;
	atomic_of(int) inside, hooks;
	int plain; /* the lane orders it */
} hall;

static void hall_enter(void *arg)
{
	CHECK_EQ((intptr_t)arg, 7);
	CHECK_EQ(at_add(&hall.hooks, 1, RELAXED), 0);
}

static void hall_leave(void *arg)
{
	CHECK_EQ((intptr_t)arg, 7);
	CHECK_EQ(at_sub(&hall.hooks, 1, RELAXED), 1);
}

/* Nobody else computes here. */
static void compute(struct dice *dice)
{
	int before = hall.plain;

	CHECK(hob_lane_held(lane));
	CHECK_EQ(at_add(&hall.inside, 1, RELAXED), 0);
	for (uint64_t i = roll(dice, 30); i > 0; i--)
		at_pause();
	CHECK_EQ(hall.plain, before);
	hall.plain = before + 1;
	at_sub(&hall.inside, 1, RELAXED);
}

static int wait_somehow(struct dice *dice)
{
	int item = 0;

	switch (roll(dice, 6)) {
	case 0:
		return hob_yield();
	case 1:
		return hob_lane_yield();
	case 2:
		return hob_sleep(hob_now() + (hob_time)roll(dice, 3000));
	case 3:
		return hob_chan_send(hall.chan, &item, hob_now() + (hob_time)roll(dice, 20000));
	case 4:
		return hob_chan_recv(hall.chan, &item, hob_now() + (hob_time)roll(dice, 20000));
	default:
		return 0;
	}
}

static int visit(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	int err = 0;

	for (int i = 0; i < TURNS && err != -ECANCELED; i++) {
		hob_time deadline = roll(&dice, 4) ? HOB_NEVER : roll(&dice, 3) ? hob_now() + 5 * HOB_US : 0;

		err = hob_lane_enter(lane, deadline);
		CHECK(err == 0 || err == -ECANCELED || (deadline != HOB_NEVER && err == -ETIMEDOUT));
		if (err) {
			CHECK(!hob_lane_held(lane));
			continue;
		}
		for (uint64_t n = roll(&dice, 3); n > 0; n--) {
			compute(&dice);
			err = wait_somehow(&dice);
			CHECK(err == 0 || err == -ECANCELED || err == -ETIMEDOUT);
		}
		compute(&dice);
		if (i + 1 < TURNS || roll(&dice, 2)) /* else the end of the task leaves */
			hob_lane_leave(lane);
	}
	return 0;
}

static int laned(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);

	compute(&dice);
	wait_somehow(&dice);
	compute(&dice);
	return 0;
}

/* What the runtime's books say, by site, is what the lane itself says. */
static void books_agree(const struct hob_lane_stats *stats)
{
	static struct row rows[SITES_MAX]; /* too much for a task's stack */
	struct row sum;
	unsigned sites = 0;

	memset(rows, 0, sizeof rows);
	memset(&sum, 0, sizeof sum);
	account_sum(worker_self()->rt, rows);
	for (unsigned i = 0; i < SITES_MAX; i++) {
		row_sum(&sum, &rows[i]);
		sites += rows[i].laned > 0;
	}
	CHECK_EQ(sum.laned, stats->held_ns);
	CHECK(sites >= 1 && sites <= 2);
}

static int crowd(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	struct hob_scope *s = scope_new(), *unlucky = scope_new();
	struct hob_lane_options opts = { .name = "hall", .switch_ns = 1 + (hob_time)roll(&dice, 3000) };
	struct hob_lane_stats stats;

	if (roll(&dice, 2)) {
		opts.on_enter = hall_enter;
		opts.on_leave = hall_leave;
		opts.arg = (void *)7;
	}
	lane = lane_new(&opts);
	CHECK_EQ(hob_chan_create(&hall.chan, sizeof(int), roll(&dice, 2)), 0);
	for (uintptr_t i = 0; i < TASKS; i++) {
		struct hob_scope *in = i % 3 ? s : unlucky;
		void *seed = (void *)(i + 1 + roll(&dice, 1 << 20) * 64);

		if (i % 4)
			spawn(in, visit, seed);
		else
			CHECK_EQ(hob_lane_spawn(in, lane, laned, seed), 0);
	}
	for (uint64_t i = roll(&dice, 200); i > 0; i--)
		hob_yield();
	hob_scope_cancel(unlucky);
	scope_join(unlucky);
	scope_join(s);
	hob_lane_stats(lane, &stats);
	CHECK(stats.takes > 0 && stats.held_ns > 0 && stats.waits <= stats.takes && stats.switches <= stats.waits);
	CHECK_EQ(stats.waiting, 0);
	books_agree(&stats);
	hob_chan_destroy(hall.chan);
	hob_lane_destroy(lane);
	return 0;
}

static void one_computes_at_a_time(void)
{
	for (uintptr_t i = 0; i < ROUNDS; i++)
		CHECK_EQ(fake_run(1 + i % 4, i, crowd, (void *)i), 0);
}

/* Turns */

static int order[TASKS], ordered;

static int take_place(void *arg)
{
	CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), 0);
	order[ordered++] = (int)(intptr_t)arg;
	hob_lane_leave(lane);
	return 0;
}

static int line_up(void *arg)
{
	struct holder h = { .n = TASKS };
	struct hob_scope *s = scope_new();

	(void)arg;
	ordered = 0;
	lane = lane_new(NULL);
	spawn_holder(s, &h);
	for (unsigned i = 0; i < TASKS; i++) {
		CHECK_EQ(ordered, 0);
		spawn(s, take_place, (void *)(uintptr_t)i);
		while (i + 1 < TASKS && waiting() <= i)
			hob_yield();
	}
	scope_join(s);
	for (int i = 0; i < TASKS; i++)
		CHECK_EQ(order[i], i);
	hob_lane_destroy(lane);
	return 0;
}

static void first_come_first_served(void)
{
	for (unsigned workers = 2; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), line_up, NULL), 0);
}

/* Shares */

enum { COOKS = 4, SLICES = 200 };

static atomic_of(int64_t) closing;

static int cook(void *arg)
{
	int *dishes = arg;

	if (!at_load(&closing, RELAXED)) /* the first, when all stand in line */
		at_store(&closing, hob_now() + SLICES * COOKS * 100 * HOB_US, RELAXED);
	while (hob_now() < at_load(&closing, RELAXED)) {
		++*dishes;
		CHECK_EQ(hob_lane_yield(), 0);
	}
	return 0;
}

static int share(void *arg)
{
	struct holder h = { .n = COOKS };
	struct hob_scope *s = scope_new();
	struct hob_lane_stats stats;
	int dishes[COOKS] = { 0 }, sum = 0;

	(void)arg;
	lane = lane_new(&(struct hob_lane_options){ .switch_ns = 100 * HOB_US });
	at_store(&closing, 0, RELAXED);
	spawn_holder(s, &h);
	for (int i = 0; i < COOKS; i++)
		CHECK_EQ(hob_lane_spawn(s, lane, cook, &dishes[i]), 0);
	scope_join(s);
	for (int i = 0; i < COOKS; i++)
		sum += dishes[i];
	for (int i = 0; i < COOKS; i++)
		CHECK(dishes[i] * 100 > sum * 22 && dishes[i] * 100 < sum * 28);
	hob_lane_stats(lane, &stats);
	CHECK(stats.switches > SLICES * COOKS / 2 && stats.switches <= SLICES * COOKS);
	hob_lane_destroy(lane);
	return 0;
}

static void who_computes_gets_its_share(void)
{
	for (unsigned workers = 2; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), share, NULL), 0);
}

enum { GUESTS = 40 };

static int doze(void *arg)
{
	(void)arg;
	return hob_sleep(hob_now() + HOB_SECOND);
}

static int doze_together(void *arg)
{
	struct hob_scope *s = scope_new();
	int64_t began = hob_now();

	(void)arg;
	lane = lane_new(NULL);
	for (int i = 0; i < GUESTS; i++)
		CHECK_EQ(hob_lane_spawn(s, lane, doze, NULL), 0);
	scope_join(s);
	CHECK(hob_now() - began < HOB_SECOND * 12 / 10);
	hob_lane_destroy(lane);
	return 0;
}

static void forty_wait_as_long_as_one(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), doze_together, NULL), 0);
}

/* Jobs */

static struct {
	struct task *forker;
	atomic_of(int) outside;
} jobs;

static int touch(void *arg)
{
	compute(arg);
	return 0;
}

/* In the lane where its forker runs it, and outside where another does. */
static void job(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	bool stolen = task_self() != jobs.forker;

	CHECK_EQ(hob_lane_held(lane), !stolen);
	at_add(&jobs.outside, stolen, RELAXED);
	CHECK_EQ(hob_lane_call(lane, touch, &dice, HOB_NEVER), 0);
	wait_somehow(&dice);
	CHECK_EQ(hob_lane_held(lane), !stolen);
}

static int fork_jobs(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	struct hob_job forked[8];

	lane = lane_new(NULL);
	CHECK_EQ(hob_chan_create(&hall.chan, sizeof(int), 1), 0);
	jobs.forker = task_self();
	CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), 0);
	for (int i = 0; i < 8; i++)
		hob_fork(&forked[i], job, (void *)(uintptr_t)roll(&dice, UINT64_MAX));
	compute(&dice);
	wait_somehow(&dice);
	compute(&dice);
	for (int i = 8; i-- > 0;) {
		hob_join(&forked[i]);
		compute(&dice);
	}
	hob_lane_leave(lane);
	hob_chan_destroy(hall.chan);
	hob_lane_destroy(lane);
	return 0;
}

static void a_stolen_job_is_not_in_the_lane(void)
{
	at_store(&jobs.outside, 0, RELAXED);
	for (uintptr_t i = 0; i < ROUNDS; i++)
		CHECK_EQ(fake_run(1 + i % 4, i, fork_jobs, (void *)i), 0);
	CHECK(jobs.outside > 0);
}

/* What is refused */

static int answer_three(void *arg)
{
	CHECK(hob_lane_held(arg));
	hob_lane_assert(arg);
	return 3;
}

static int be_refused(void *arg)
{
	struct hob_lane *other = lane_new(&(struct hob_lane_options){ .name = "a name of more than 31 bytes, cut" });

	lane = lane_new(NULL);
	CHECK(!strcmp(hob_lane_name(other), "a name of more than 31 bytes, c"));
	CHECK(!strcmp(hob_lane_name(lane), ""));
	CHECK_EQ(hob_lane_yield(), 0);
	CHECK_EQ(hob_lane_call(lane, answer_three, lane, HOB_NEVER), 3);
	CHECK(!hob_lane_held(lane));
	CHECK_EQ(hob_lane_enter(lane, 0), 0);
	CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), -EDEADLK);
	CHECK_EQ(hob_lane_enter(other, HOB_NEVER), -EDEADLK);
	CHECK_EQ(hob_lane_call(other, answer_three, other, HOB_NEVER), -EDEADLK);
	CHECK_EQ(hob_lane_call(lane, answer_three, lane, 0), 3);
	CHECK(hob_lane_held(lane) && !hob_lane_held(other));
	CHECK_EQ(hob_lane_yield(), 0);
	hob_lane_leave(lane);
	hob_lane_destroy(other);
	hob_lane_destroy(lane);
	hob_lane_destroy(NULL);
	(void)arg;
	return 0;
}

static void lanes_do_not_nest(void)
{
	for (unsigned workers = 1; workers <= 2; workers++)
		CHECK_EQ(fake_run(workers, test_random(), be_refused, NULL), 0);
	CHECK_EQ(hob_lane_create(&lane, NULL), 0);
	CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_lane_call(lane, answer_three, lane, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_lane_yield(), -EPERM);
	CHECK(!hob_lane_held(lane));
	hob_lane_destroy(lane);
}

/* The books */

static int keep_books(void *arg)
{
	struct hob_lane_stats stats;
	int64_t began;

	(void)arg;
	lane = lane_new(NULL);
	for (int i = 0; i < 3; i++) { /* long ones, each of which counts */
		CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), 0);
		at_add(&fake.now, HOB_SECOND, RELAXED);
		hob_lane_leave(lane);
	}
	hob_lane_stats(lane, &stats);
	CHECK_EQ(stats.takes, 3);
	CHECK_EQ(stats.waits, 0);
	CHECK(stats.held_ns >= 3 * HOB_SECOND && stats.held_ns < 3 * HOB_SECOND + HOB_MS);
	hob_lane_destroy(lane);

	lane = lane_new(NULL);
	began = at_load(&fake.now, RELAXED);
	for (int i = 0; i < 100000; i++) { /* short ones, a microsecond each where the clock is looked at */
		CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), 0);
		hob_lane_leave(lane);
	}
	hob_lane_stats(lane, &stats);
	CHECK_EQ(stats.takes, 100000);
	CHECK(stats.held_ns > 95 * HOB_MS && stats.held_ns < 105 * HOB_MS);
	CHECK(at_load(&fake.now, RELAXED) - began < 20 * HOB_MS); /* which was seldom */
	CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), 0);
	hob_lane_leave(lane);
	hob_lane_destroy(lane);
	return 0;
}

static int come_late(void *arg)
{
	(void)arg;
	return 0;
}

static int keep_waiting(void *arg)
{
	struct holder h = { .n = 1 };
	struct hob_scope *s = scope_new();
	struct hob_lane_stats stats;

	(void)arg;
	lane = lane_new(NULL);
	spawn_holder(s, &h);
	CHECK_EQ(hob_lane_spawn(s, lane, come_late, NULL), 0);
	scope_join(s);
	hob_lane_stats(lane, &stats);
	CHECK_EQ(stats.takes, 2);
	CHECK_EQ(stats.waits, 1);
	CHECK(stats.waited_ns >= HOB_SECOND && stats.held_ns >= HOB_SECOND && stats.held_ns < 2 * HOB_SECOND);
	hob_lane_destroy(lane);
	return 0;
}

static void time_is_kept(void)
{
	CHECK_EQ(fake_run(1, test_random(), keep_books, NULL), 0);
	CHECK_EQ(fake_run(2, test_random(), keep_waiting, NULL), 0);
}

/* No memory */

static void *no_memory(size_t bytes)
{
	(void)bytes;
	return NULL;
}

static int lack_memory(void *arg)
{
	struct hob_scope *s = scope_new(), *cancelled = scope_new();
	struct hob_lane *none;

	(void)arg;
	lane = lane_new(NULL);
	hob_scope_cancel(cancelled);
	CHECK_EQ(hob_lane_spawn(cancelled, lane, come_late, NULL), -ECANCELED);
	sys.alloc = no_memory;
	CHECK_EQ(hob_lane_create(&none, NULL), -ENOMEM);
	CHECK_EQ(hob_lane_spawn(s, lane, come_late, NULL), -ENOMEM);
	sys.alloc = sys_real.alloc;
	CHECK_EQ(hob_lane_spawn(s, lane, come_late, NULL), 0);
	hob_scope_destroy(cancelled);
	scope_join(s);
	hob_lane_destroy(lane);
	return 0;
}

static void memory_may_lack(void)
{
	CHECK_EQ(fake_run(1, test_random(), lack_memory, NULL), 0);
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(one_computes_at_a_time);
	TEST(first_come_first_served);
	TEST(who_computes_gets_its_share);
	TEST(forty_wait_as_long_as_one);
	TEST(a_stolen_job_is_not_in_the_lane);
	TEST(lanes_do_not_nest);
	TEST(time_is_kept);
	TEST(memory_may_lack);
	return test_done();
}
