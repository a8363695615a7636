/* The limit against simulated piles: where it settles, how fast, and how far from the best fixed number of jobs. */
#include "simulate.h"

enum { SEEDS = 3 };

/* The pile, and how it should go. */
struct expected {
	const char *name;
	struct pile pile;
	unsigned most;     /* never more at once */
	double settled[2]; /* on average at once, later on: from, to */
	double half_time;  /* ms until half of that */
	double ratio;      /* of the best fixed number, three job times apart */
};

static void check(const struct expected *e)
{
	for (int i = 0; i < SEEDS; i++) {
		const struct pile *p = &e->pile;
		struct outcome o = simulate(p);
		double job = p->turns * (p->compute + p->wait);
		printf("# %s: most %u, settled %.1f, half of it after %.0f ms, %.0f ms", e->name, o.most, o.settled,
		       o.half_time, o.ms);
		CHECK(o.most <= e->most);
		CHECK(o.settled >= e->settled[0]);
		CHECK(o.settled <= e->settled[1]);
		CHECK(o.half_time <= e->half_time);
		if (e->ratio) {
			double best = best_fixed(p);
			printf(", best fixed %.0f ms", best);
			CHECK(o.ms - 3 * job <= e->ratio * best);
		}
		printf("\n");
	}
}

static void computing_jobs_settle_at_the_cores(void)
{
	for (unsigned cores = 1; cores <= 16; cores *= 4) {
		struct expected e[] = {
			{ "long", { 15 * cores, cores, 1, 2000, 0, .spawn = 0.6 }, .ratio = 1.05 },
			{ "40 ms", { 300, cores, 1, 40, 0, .spawn = 0.6 }, .ratio = 1.1 },
			{ "random", { 300, cores, 1, 100, 0, .spawn = 0.6, .random = true }, .ratio = 1.2 },
			{ "others compute too", { 300, cores, 1, 40, 0, .spawn = 0.6, .hogs = cores }, .ratio = 0 },
			{ "blind", { 300, cores, 1, 100, 0, .spawn = 0.6, .idle_unknown = true }, .ratio = 1.1 },
		};
		for (unsigned i = 0; i < sizeof e / sizeof *e; i++) {
			e[i].most = cores + 2;
			e[i].settled[0] = 0.6 * cores;
			e[i].settled[1] = cores + 0.5;
			e[i].half_time = 10;
			check(&e[i]);
		}
	}
}

static void short_jobs_do_not_run_away(void)
{
	check(&(struct expected){ "1 ms", { 3000, 2, 1, 1, 0, .spawn = 0.6 }, 4, { 0, 4 }, 10, 1.2 });
	check(&(struct expected){ "3 ms", { 3000, 2, 1, 3, 0, .spawn = 0.6 }, 4, { 0, 4 }, 10, 1.25 });
	check(&(struct expected){ "hogs", { 3000, 2, 1, 1, 0, .spawn = 0.6, .hogs = 2 }, 4, { 0, 4 }, 10, 1.25 });
	check(&(struct expected){ "10 ms waits", { 2000, 2, 1, 0, 10, .spawn = 0.6 }, 32, { 9, 17 }, 200, 1.5 });
}

static void multithreaded_jobs_share_the_cores(void)
{
	check(&(struct expected){ "4 threads on 4", { 60, 4, 1, 200, 0, .threads = 4 }, 4, { 0.9, 1.5 }, 10, 1.1 });
	check(&(struct expected){ "4 threads on 16", { 100, 16, 1, 200, 0, .threads = 4 }, 16, { 3.5, 5 }, 10, 1.1 });
	check(&(struct expected){ "8 threads on 2", { 40, 2, 1, 200, 0, .threads = 8 }, 2, { 0.9, 1.5 }, 10, 1.1 });
}

static void waiting_jobs_reach_hundreds(void)
{
	check(&(struct expected){ "1 s", { 1000, 2, 1, 0, 1000, .spawn = 0.6 }, 1000, { 500, 1000 }, 500, 1.0 });
	/* Eight doublings at intervals of 20 ms on average, each drawn at random, and two lives of the jobs: 350 ms. */
	check(&(struct expected){ "200 ms", { 2000, 4, 1, 0, 200, .spawn = 0.6 }, 512, { 250, 350 }, 350, 1.2 });
	check(&(struct expected){
		"beside hogs", { 2000, 4, 1, 0, 200, .hogs = 4, .spawn = 0.6 }, 512, { 200, 350 }, 400, 1.2 });
}

static void jobs_that_wait_and_compute_fill_the_cores(void)
{
	check(&(struct expected){ "pages", { 2000, 2, 1, 8, 200, .spawn = 0.6 }, 80, { 35, 70 }, 400, 1.2 });
	check(&(struct expected){
		"half", { 300, 2, 10, 10, 10, .spawn = 0.6, .random = true }, 20, { 3, 8 }, 200, 1.25 });
	check(&(struct expected){
		"a fifth", { 600, 4, 10, 5, 20, .spawn = 0.6, .random = true }, 100, { 14, 32 }, 300, 1.25 });
	check(&(struct expected){ "blind",
				  { 600, 4, 10, 5, 20, .spawn = 0.6, .random = true, .idle_unknown = true },
				  100,
				  { 12, 40 },
				  300,
				  1.4 });
}

/* They waited, so hundreds run; from 1 s on they compute: what runs is drained, and not replaced beyond the cores. */
static void jobs_that_change_are_followed(void)
{
	check(&(struct expected){
		"change", { 6000, 4, 1, 1, 99, .change = 1000, .spawn = 0.3 }, 400, { 2, 6 }, 10, 0 });
}

static void memory_and_descriptors_are_hard_bounds(void)
{
	check(&(struct expected){ "room", { 400, 2, 1, 0, 200, .room = 30 }, 30, { 20, 30 }, 200, 0 });
	struct limit l;
	limit_init(&l, 8, 1, 3);
	CHECK_EQ(l.jobs, 3);
	limit_init(&l, 8, 1, 0);
	CHECK_EQ(l.jobs, 1);
	struct limit_sample s = { .now = 1000 * MS, .running = 1, .held_back = true, .room = 0 };
	for (int i = 0; i < 100; i++, s.now += 20 * MS)
		CHECK_EQ(limit_update(&l, &s), 1);
	CHECK_EQ(l.reason, LIMIT_MEMORY);
}

static void the_reason_is_told(void)
{
	static const struct {
		double runnable;
		unsigned max, room;
		enum limit_reason reason;
	} cases[] = {
		{ 0, 100000, 200000, LIMIT_MAX },       { 0, 3, 200000, LIMIT_MAX },
		{ 0, 100000, 50, LIMIT_MEMORY },        { 1, 100000, 200000, LIMIT_CORES },
		{ 0.001, 100000, 200000, LIMIT_CORES },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct limit l;
		limit_init(&l, 2, 1, cases[i].max);
		CHECK_EQ(l.reason, LIMIT_NONE);
		struct limit_sample s = { .now = 1000 * MS, .held_back = true, .room = cases[i].room };
		for (int k = 0; k < 1000; k++, s.now += 20 * MS) {
			s.running = l.jobs;
			s.runnable = cases[i].runnable * l.jobs;
			limit_update(&l, &s);
			if (k == 3 && cases[i].max > 3 && cases[i].runnable < 1)
				CHECK_EQ(l.reason, LIMIT_GROWTH);
		}
		CHECK_EQ(l.reason, cases[i].reason);
	}
}

static void a_fixed_number_stays(void)
{
	struct limit l;
	limit_init_fixed(&l, 7);
	struct limit_sample s = { .now = 1000 * MS, .running = 7, .runnable = 70, .held_back = true, .room = 1 };
	for (int i = 0; i < 100; i++, s.now += 20 * MS)
		CHECK_EQ(limit_update(&l, &s), 7);
	CHECK(limit_demand(&l) > 69 && limit_demand(&l) < 71);
	CHECK(limit_computed(&l) > 9.9 && limit_computed(&l) < 10.1);
}

/* Two samples at one time, and a clock that stands still or goes back, change nothing. */
static void odd_clocks_are_survived(void)
{
	struct limit l;
	limit_init(&l, 2, 1, 100);
	struct limit_sample s = { .now = 1000 * MS, .running = 2, .held_back = true, .room = 100 };
	limit_update(&l, &s);
	CHECK_EQ(limit_update(&l, &s), 2);
	s.now -= 500 * MS;
	CHECK_EQ(limit_update(&l, &s), 2);
	limit_job_ended(&l, 5, 5, 1000);
	limit_job_ended(&l, 7, 5, 1000);
	CHECK(limit_demand(&l) == 0);
	limit_init(&l, 2, 1, 100);
	CHECK(limit_computed(&l) < 0);
}

static void looking_costs_at_most_two_percent(void)
{
	for (int64_t cost = 0; cost < 40 * MS; cost += 100000) {
		int64_t least = limit_interval(cost, 0), most = limit_interval(cost, UINT64_MAX);
		CHECK(least >= 15 * MS && most <= 2500 * MS && most > least);
		CHECK((least + most) / 2 >= cost * 50 - 1);
	}
	CHECK(limit_interval(INT64_MAX / 100, 1) <= 2500 * MS);
}

int main(void)
{
	test_start();
	TEST(computing_jobs_settle_at_the_cores);
	TEST(short_jobs_do_not_run_away);
	TEST(multithreaded_jobs_share_the_cores);
	TEST(waiting_jobs_reach_hundreds);
	TEST(jobs_that_wait_and_compute_fill_the_cores);
	TEST(jobs_that_change_are_followed);
	TEST(memory_and_descriptors_are_hard_bounds);
	TEST(the_reason_is_told);
	TEST(a_fixed_number_stays);
	TEST(odd_clocks_are_survived);
	TEST(looking_costs_at_most_two_percent);
	return test_done();
}
