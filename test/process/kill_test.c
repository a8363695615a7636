/* Workers killed at every step of the protocol, and at random: every call ends in one outcome, nothing else is lost,
 * and nothing is left behind. 2,000 kills over all backends, or KILLS=n each. */
#include "process/pools.h"
#include "process/worker.h"

enum { KILLS = SLOW_BUILD ? 100 : 500, CALLERS = 8 };

/* Each step: the worker dies there once, at the Nth time it comes by. What is shared tells, from one worker to the
 * next, that it has happened. */

static struct plan {
	atomic_of(uint32_t) step, passes; /* passes: left until it dies */
	atomic_of(uint32_t) ran;          /* how often fn was run */
} * plan;

static void die_at(enum step step)
{
	if ((uint32_t)step == at_load(&plan->step, RELAXED) && at_sub(&plan->passes, 1, RELAXED) == 1)
		kill(getpid(), SIGKILL);
}

static int counted_more(struct hob_call *c)
{
	at_add(&plan->ran, 1, RELAXED);
	return more(c);
}

/* Of the calls around a death one at most is lost, and that only where its worker had begun it. */
static int each_step(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 1, .deaths_max = 1u << 30 });
	unsigned lost_at[STEPS] = { 0 };

	(void)arg;
	for (uint32_t step = 0; step < STEPS; step++)
		for (uint32_t pass = 1; pass <= 8; pass++) {
			unsigned lost = 0;

			if (step == STEP_BEGUN) /* begins once: have a new one */
				CHECK_EQ(kill(pid_of(p), SIGKILL), 0);
			at_store(&plan->passes, step == STEP_BEGUN ? 1 : pass, RELAXED);
			at_store(&plan->step, step, RELAXED);
			for (uint64_t i = 0; i < 12; i++) {
				uint64_t n = i, got = 0;
				uint32_t before = at_load(&plan->ran, RELAXED), runs;
				struct hob_call c = { .in = &n, .in_len = 8, .out = &got, .out_size = 8 };
				int r = hob_pool_call(p, counted_more, &c, HOB_NEVER);

				runs = at_load(&plan->ran, RELAXED) - before;
				if (r)
					CHECK_EQ(r, -EOWNERDEAD);
				CHECK(r ? c.status == SIGKILL && runs <= 1 : got == i + 1 && runs == 1);
				lost += r != 0;
				if (i % 3 == 2) /* now and then it is to be asleep */
					hob_sleep(hob_after(50 * HOB_US));
			}
			at_store(&plan->step, STEPS, RELAXED);
			CHECK(lost <= 1);
			lost_at[step] += lost;
		}
	for (uint32_t step = 0; step < STEPS; step++) {
		bool begun = step >= STEP_TAKEN && step <= STEP_FREE;

		CHECK_EQ(lost_at[step], begun ? 8 : 0);
	}
	hob_pool_destroy(p);
	return 0;
}

/* A crowd calls, and a killer kills whom it finds, at any moment. */

static struct {
	struct hob_pool *pool;
	atomic_of(uint64_t) asked, answered, lost;
	atomic_of(uint32_t) over;
	atomic_of(int) *pids; /* shared: of the workers, as they come to run */
} storm;

static int more_and_tell(struct hob_call *c)
{
	uint64_t n;

	memcpy(&n, c->in, sizeof n);
	at_store(&storm.pids[n % CALLERS], getpid(), RELAXED);
	for (unsigned i = 0; i < n % 512; i++)
		at_pause();
	return more(c);
}

static int caller(void *arg)
{
	uint64_t n = (uintptr_t)arg;

	while (!at_load(&storm.over, RELAXED)) {
		uint64_t got = 0;
		struct hob_call c = { .in = &n, .in_len = 8, .out = &got, .out_size = 8 };
		int r = hob_pool_call(storm.pool, more_and_tell, &c, HOB_NEVER);

		at_add(&storm.asked, 1, RELAXED);
		if (r == 0) {
			CHECK(got == n + 1 && c.out_len == 8);
			at_add(&storm.answered, 1, RELAXED);
		} else {
			CHECK_EQ(r, -EOWNERDEAD);
			CHECK_EQ(c.status, SIGKILL);
			at_add(&storm.lost, 1, RELAXED);
		}
		n += CALLERS;
	}
	return 0;
}

static int killer(void *arg)
{
	const char *wanted = getenv("KILLS");
	unsigned kills = wanted ? (unsigned)atoi(wanted) : KILLS;

	(void)arg;
	for (unsigned done = 0; done < kills;) {
		int pid = at_load(&storm.pids[test_random() % CALLERS], RELAXED);

		for (unsigned i = (unsigned)(test_random() % 3000); i; i--)
			at_pause();
		if (pid && kill(pid, SIGKILL) == 0)
			done++;
		hob_yield();
	}
	at_store(&storm.over, 1, RELAXED);
	return 0;
}

static int random_kills(void *arg)
{
	struct hob_scope *s = scope_new();
	struct hob_pool_stats stats;

	(void)arg;
	storm.pool = pool_new(&(struct hob_pool_options){ .workers_max = 3, .deaths_max = 1u << 30 });
	at_store(&storm.asked, 0, RELAXED);
	at_store(&storm.answered, 0, RELAXED);
	at_store(&storm.lost, 0, RELAXED);
	at_store(&storm.over, 0, RELAXED);
	memset(storm.pids, 0, CALLERS * sizeof *storm.pids);
	for (uintptr_t i = 0; i < CALLERS; i++)
		spawn(s, caller, (void *)i);
	spawn(s, killer, NULL);
	scope_join(s);
	hob_pool_stats(storm.pool, &stats);
	CHECK(storm.asked == storm.answered + storm.lost);
	CHECK(stats.calls == storm.answered && stats.deaths <= storm.lost);
	CHECK(stats.workers <= 3 && stats.waiting == 0);
	hob_pool_destroy(storm.pool);
	return 0;
}

int main(void)
{
	void *mem;

	test_start();
	CHECK_EQ(sys_real.memfd("test"), 3);
	CHECK_EQ(sys_real.ftruncate(3, 4096), 0);
	CHECK_EQ(sys_real.map_shared(3, 4096, 3 /* PROT_READ | PROT_WRITE */, &mem), 0);
	plan = mem;
	storm.pids = (int *)mem + 64;
	at_store(&plan->step, STEPS, RELAXED);
	worker_step = die_at;
	EACH_POOL(each_step);
	EACH_POOL(random_kills);
	return test_done();
}
