/* Piles of every kind, simulated, and how hob run is to do on each: within 1.2 times of the best fixed number at once
 * and three job times; computing jobs never above the cores + 2; and where a server refuses beyond a number, never more
 * than that at once after the first second.
 *
 * Servers that collapse (whose throughput falls where more wait: `power` 2) are beyond that bar: by the time their
 * first answer is late, the damage is done. They are held to BEYOND times of it. */
#include "simulate.h"

enum { SEEDS = 3 };

static const double BEYOND = 1.6;
static const double FALSE_CEILING = 3; /* failures of their own that chance puts above a level */

struct entry {
	const char *name;
	struct pile pile;
	unsigned most; /* at once; 0: any number */
};

static void holds(const struct entry *e, double allowed)
{
	struct outcome best = { 0 };
	uint64_t seed = test_seed;
	for (int i = 0; i < SEEDS; i++) {
		test_seed = seed + 7919 * i;
		if (!i || e->pile.random)
			best = best_fixed(&e->pile);
		struct outcome o = simulate(&e->pile);
		double bar = 1.2 * best.ms + 3 * best.job;
		printf("# %s: %.0f ms, the best, -j%u, %.0f ms: %.2f of the bar; settled at %.0f, most %u, %u "
		       "refused\n",
		       e->name, o.ms, best.jobs, best.ms, o.ms / bar, o.settled, o.most, o.failures);
		CHECK(o.ms <= bar * allowed);
		CHECK(!e->most || o.most <= e->most);
		CHECK(!e->pile.refuse || o.late_most <= e->pile.refuse);
		CHECK(o.tries <= 4);
		CHECK(!e->pile.memory || o.memory <= e->pile.memory_of);
	}
	test_seed = seed;
}

#define HOLD(...)                                                                                                      \
	static const struct entry entries[] = { __VA_ARGS__ };                                                         \
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)                                                  \
	holds(&entries[i], entries[i].pile.fails ? FALSE_CEILING : entries[i].pile.power > 1 ? BEYOND : 1)

static void computing(void)
{
	HOLD({ "compute", { 300, 2, 1, 40, 0, .spawn = 0.7 }, 4 },
	     { "compute, exponential", { 100, 2, 1, 100, 0, .spawn = 0.7, .random = true }, 4 },
	     { "compute on 8", { 300, 8, 1, 100, 0, .spawn = 0.7 }, 10 },
	     { "four threads", { 40, 2, 1, 100, 0, .threads = 4, .spawn = 0.7 }, 4 });
}

static void waiting(void)
{
	HOLD({ "sleep", { 400, 2, 1, 1, 50, .spawn = 0.7 }, 0 },
	     { "sleep 0.2", { 400, 2, 1, 1, 200, .spawn = 0.7 }, 0 },
	     { "sleep 1", { 300, 2, 1, 1, 1000, .spawn = 0.7 }, 0 },
	     { "fetch", { 400, 2, 1, 8, 200, .spawn = 0.7 }, 0 },
	     { "fetch on 8", { 1000, 8, 1, 8, 200, .spawn = 0.7 }, 0 },
	     { "bursts", { 400, 2, 1, 1, 100, .spawn = 0.7, .burst = 50, .pause = 500 }, 0 });
}

static void both(void)
{
	HOLD({ "a fifth computing", { 200, 2, 1, 20, 80, .spawn = 0.7 }, 0 },
	     { "half", { 100, 2, 1, 50, 50, .spawn = 0.7 }, 0 },
	     { "in turns", { 100, 2, 10, 5, 20, .spawn = 0.7, .random = true }, 0 },
	     { "wait, then compute", { 60, 2, 1, 100, 300, .spawn = 0.7 }, 0 },
	     { "phases", { 400, 2, 1, 2, 40, .spawn = 0.7, .phase = 100 }, 0 },
	     { "memory", { 100, 2, 1, 50, 300, .spawn = 0.7, .memory = 0.5, .memory_of = 8 }, 0 });
}

static void a_server_with_a_knee(void)
{
	for (int dynamic = 0; dynamic < 2; dynamic++) {
		bool on_arrival = !dynamic;
		for (double power = 1; power <= 2; power++) {
			struct entry entries[] = {
				{ "knee 4", { 200, 2, 1, 2, 50, .knee = 4, .refuse = 16 }, 0 },
				{ "knee 16", { 400, 2, 1, 2, 50, .knee = 16, .refuse = 64 }, 0 },
				{ "knee 64", { 1000, 2, 1, 1, 100, .knee = 64, .refuse = 256 }, 0 },
				{ "knee 4, slow", { 100, 2, 1, 2, 200, .knee = 4, .refuse = 16 }, 0 },
				{ "knee 16, slow", { 200, 2, 1, 2, 200, .knee = 16, .refuse = 64 }, 0 },
			};
			for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
				entries[i].pile.power = power;
				entries[i].pile.on_arrival = on_arrival;
				entries[i].pile.spawn = 0.7;
				holds(&entries[i], power > 1 ? BEYOND : 1);
			}
		}
	}
	/* One that collapses by what is in flight and never refuses lets nothing come back to learn from: not here. */
	HOLD({ "knee 8, never refuses", { 200, 2, 1, 2, 100, .spawn = 0.7, .knee = 8, .power = 1 }, 0 },
	     { "collapses on arrival",
	       { 200, 2, 1, 2, 100, .spawn = 0.7, .knee = 8, .power = 2, .on_arrival = true },
	       0 },
	     { "a disk", { 200, 2, 1, 1, 15, .spawn = 0.7, .knee = 1, .power = 1 }, 0 },
	     { "a disk, random", { 200, 2, 1, 1, 30, .spawn = 0.7, .knee = 2, .power = 1, .random = true }, 0 });
}

/* Jobs that fail for reasons of their own do not stop the others from running. */
static void failures_of_their_own(void)
{
	HOLD({ "one in twenty fails", { 400, 2, 1, 1, 200, .spawn = 0.7, .fails = 0.05 }, 0 });
	struct pile some = { 400, 2, 1, 1, 200, .spawn = 0.7, .fails = 0.3, .fails_fast = true }, all = some;
	all.fails = 1.1;
	all.fails_fast = false;
	for (int i = 0; i < SEEDS; i++) {
		struct outcome o = simulate(&some), every = simulate(&all);
		printf("# a third fail: %.0f ms, all fail: %.0f ms\n", o.ms, every.ms);
		CHECK(o.ms < 60000 && every.ms < 6000); /* not slower than one after the other; far from it */
	}
}

int main(void)
{
	test_start();
	TEST(computing);
	TEST(waiting);
	TEST(both);
	TEST(a_server_with_a_knee);
	TEST(failures_of_their_own);
	return test_done();
}
