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
			double best = best_fixed(p).ms;
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
			{ "random",
			  { 60 * cores + 240, cores, 1, 100, 0, .spawn = 0.6, .random = true },
			  .ratio = 1.2 },
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
	check(&(struct expected){ "10 ms waits", { 2000, 2, 1, 0, 10, .spawn = 0.6 }, 32, { 8, 17 }, 200, 1.6 });
}

static void multithreaded_jobs_share_the_cores(void)
{
	check(&(struct expected){ "4 threads on 4", { 60, 4, 1, 200, 0, .threads = 4 }, 4, { 0.9, 1.5 }, 10, 1.1 });
	check(&(struct expected){ "4 threads on 16", { 100, 16, 1, 200, 0, .threads = 4 }, 16, { 3.5, 5 }, 10, 1.1 });
	check(&(struct expected){ "8 threads on 2", { 40, 2, 1, 200, 0, .threads = 8 }, 2, { 0.9, 1.5 }, 10, 1.1 });
}

/* Nothing is known of what they wait for until the first come back; from then on their number doubles each time. */
static void waiting_jobs_reach_hundreds(void)
{
	check(&(struct expected){ "1 s", { 600, 2, 1, 0, 1000, .spawn = 0.6 }, 600, { 150, 600 }, 2600, 1.2 });
	check(&(struct expected){ "200 ms", { 2000, 4, 1, 0, 200, .spawn = 0.6 }, 512, { 250, 350 }, 1000, 1.2 });
	check(&(struct expected){
		"beside hogs", { 2000, 4, 1, 0, 200, .hogs = 4, .spawn = 0.6 }, 512, { 150, 350 }, 1200, 1.2 });
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

static struct limit limit_of(unsigned cores, unsigned min, unsigned max, unsigned fixed)
{
	struct limit l;
	limit_init(&l, &(struct limit_options){ .cores = cores, .min = min, .max = max, .fixed = fixed });
	return l;
}

/* Short jobs whose first ones take ten times as long as the rest, since they start cold: that is no wait of theirs. */
static void a_cold_start_is_not_taken_for_waiting(void)
{
	struct limit l = limit_of(2, 0, 0, 0);
	struct limit_job j[3];
	int64_t now = MS;
	for (int i = 0; i < 3; i++)
		limit_job_started(&l, &j[i], now);
	for (int i = 0; i < 2000; i++) { /* from now on nobody is alone */
		now += i < 3 ? 10 * MS : MS / 2;
		limit_update(&l, &(struct limit_sample){ .now = now, .runnable = 3, .room = 10 });
		limit_job_ended(&l, &j[i % 3], now, MS, false);
		limit_job_started(&l, &j[i % 3], now);
	}
	double one = limit_estimate(&l, 1000, 1e-3, 1), each = limit_estimate(&l, 1000, 1e-3, 2);
	CHECK(one >= 1 && one < 1.2);
	CHECK(each >= 0.5 && each < 0.6);
}

/* What the summary of a run says of a fixed number, which nobody has run. */
static void estimates_come_near(void)
{
	static const struct pile piles[] = {
		{ 3000, 2, 1, 1, 0, .spawn = 0.6 },   { 3000, 2, 1, 3, 0, .spawn = 0.6 },
		{ 300, 4, 1, 40, 0, .spawn = 0.6 },   { 60, 1, 1, 100, 0, .spawn = 0.6 },
		{ 600, 2, 1, 0, 200, .spawn = 0.6 },  { 1000, 2, 1, 8, 200, .spawn = 0.6 },
		{ 300, 2, 10, 10, 10, .spawn = 0.6 },
	};

	for (unsigned i = 0; i < sizeof piles / sizeof *piles; i++) {
		struct outcome o = simulate(&piles[i]);
		for (int each = 0; each < 2; each++) {
			struct pile fixed = piles[i];
			fixed.fixed = each ? fixed.cores : 1;
			double took = simulate(&fixed).ms;
			printf("# pile %u, -j%u: %.0f ms, estimated %.0f\n", i, fixed.fixed, took, o.estimated[each]);
			CHECK(o.estimated[each] > took / 1.5 && o.estimated[each] < took * 1.3);
		}
	}
}

static void memory_and_descriptors_are_hard_bounds(void)
{
	check(&(struct expected){ "room", { 400, 2, 1, 0, 200, .room = 30 }, 30, { 20, 30 }, 200, 0 });
	CHECK_EQ(limit_of(8, 1, 3, 0).jobs, 3);
	CHECK_EQ(limit_of(8, 10, 0, 0).jobs, 10);
	CHECK_EQ(limit_of(8, 5, 3, 0).jobs, 3);
	struct limit l = limit_of(8, 0, 0, 0);
	struct limit_job j[8];
	CHECK_EQ(l.jobs, 8);
	for (int i = 0; i < 8; i++)
		limit_job_started(&l, &j[i], 999 * MS);
	struct limit_sample s = { .now = 1000 * MS, .held_back = true, .room = 0 };
	for (int i = 0; i < 100; i++, s.now += 20 * MS)
		CHECK_EQ(limit_update(&l, &s), 1);
	CHECK_EQ(l.reason, LIMIT_MEMORY);
}

static void room_leaves_for_growth(void)
{
	const uint64_t gb = 1000000000;
	CHECK_EQ(limit_room(UINT64_MAX, gb, 0, 3), UINT32_MAX);
	CHECK_EQ(limit_room(gb, 0, 0, 3), UINT32_MAX);
	CHECK_EQ(limit_room(10 * gb, gb, 0, 0), 8);    /* a fifth stays free */
	CHECK_EQ(limit_room(10 * gb, gb, 4e9, 4), 12); /* grown: no more is expected of these */
	CHECK_EQ(limit_room(10 * gb, gb, 1e9, 4), 9);  /* they will take three more */
	CHECK_EQ(limit_room(0, gb, 0, 0), 1);          /* always one */
	CHECK_EQ(limit_room(gb, 10 * gb, 3e9, 8), 1);
}

/* A stall: fewer than run, whatever the free memory says. */
static void pressure_lets_go(void)
{
	struct limit l = limit_of(8, 0, 0, 0);
	struct limit_job j[8];
	for (int i = 0; i < 8; i++)
		limit_job_started(&l, &j[i], 999 * MS);
	struct limit_sample s = { .now = 1000 * MS, .runnable = 8, .room = 100, .pressure = 0.5 };
	CHECK_EQ(limit_update(&l, &s), 6);
	s.pressure = 0;
	for (int i = 0; i < 3; i++) {
		s.now += 20 * MS;
		limit_update(&l, &s);
	}
	CHECK_EQ(l.jobs, 8);
}

static void a_fixed_number_stays(void)
{
	struct limit l = limit_of(2, 0, 0, 7);
	struct limit_job j[7];
	for (int i = 0; i < 7; i++)
		limit_job_started(&l, &j[i], 999 * MS);
	struct limit_sample s = { .now = 1000 * MS, .runnable = 70, .held_back = true, .room = 1 };
	for (int i = 0; i < 100; i++, s.now += 20 * MS)
		CHECK_EQ(limit_update(&l, &s), 7);
	CHECK_EQ(l.reason, LIMIT_FIXED);
	CHECK(gate_demand(&l.gate) > 69 && gate_demand(&l.gate) < 71);
	CHECK(gate_computed(&l.gate) > 9.9 && gate_computed(&l.gate) < 10.1);
	for (int i = 0; i < 7; i++) /* failures change nothing either */
		limit_job_ended(&l, &j[i], s.now, 0, true);
	CHECK_EQ(limit_update(&l, &s), 7);
}

static unsigned told_from, told_to;

static void hear(void *arg, const struct limit_note *note)
{
	CHECK_EQ(*(int *)arg, 42);
	told_from = note->from;
	told_to = note->to;
	CHECK_EQ(note->reason, LIMIT_TOLD);
}

static void it_obeys_while_it_runs(void)
{
	int arg = 42;
	struct limit l;
	limit_init(&l, &(struct limit_options){ .cores = 2, .note = hear, .arg = &arg });
	limit_set(&l, 9, 0, 0, 5 * MS);
	CHECK_EQ(l.jobs, 9);
	CHECK(told_from == 2 && told_to == 9);
	limit_set(&l, 0, 0, 4, 6 * MS);
	CHECK_EQ(l.jobs, 4);
	limit_set(&l, 0, 20, 0, 7 * MS);
	CHECK_EQ(l.jobs, 20);
	CHECK(told_from == 4 && told_to == 20);
}

/* Two samples at one time, and a clock that stands still or goes back, change nothing. */
static void odd_clocks_are_survived(void)
{
	struct limit l = limit_of(2, 0, 100, 0);
	struct limit_job j;
	struct limit_sample s = { .now = 1000 * MS, .held_back = true, .room = 100 };
	limit_job_started(&l, &j, 1000 * MS);
	limit_update(&l, &s);
	CHECK_EQ(limit_update(&l, &s), 2);
	s.now -= 500 * MS;
	CHECK_EQ(limit_update(&l, &s), 2);
	limit_job_ended(&l, &j, 900 * MS, 1000, false);
	CHECK(gate_demand(&l.gate) == 0);
	l = limit_of(2, 0, 100, 0);
	CHECK(gate_computed(&l.gate) < 0);
}

static void looking_costs_at_most_two_percent(void)
{
	for (int64_t cost = 0; cost < 40 * MS; cost += 100000) {
		int64_t least = limit_interval(cost, 1000 * MS, 0), most = limit_interval(cost, 1000 * MS, UINT64_MAX);
		CHECK(least >= 15 * MS && most <= 2500 * MS && most > least);
		CHECK((least + most) / 2 >= cost * 50 - 1);
		least = limit_interval(cost, 999 * MS, 0), most = limit_interval(cost, 999 * MS, UINT64_MAX);
		CHECK(least >= 3 * MS && (least + most) / 2 >= cost * 10 - 1); /* and ten in the first second */
	}
	CHECK(limit_interval(INT64_MAX / 100, 2000 * MS, 1) <= 2500 * MS);
}

/* What was learnt is where the next run soon is; where it does not hold any more, it is given up. */
static void what_is_known_is_used(void)
{
	struct pile sleepers = { 2000, 2, 1, 0, 300, .spawn = 0.2 }, known = sleepers;
	known.settled = 1000;
	struct outcome first = simulate(&sleepers), second = simulate(&known);
	printf("# sleepers: %.0f ms, and %.0f ms knowing\n", first.ms, second.ms);
	CHECK(second.ms < 0.8 * first.ms);

	struct pile computing = { 100, 2, 1, 50, 0, .spawn = 0.6, .settled = 400 };
	CHECK(simulate(&computing).most <= 4);

	struct pile server = { 600, 2, 1, 1, 50, .spawn = 0.6, .knee = 16, .power = 1, .settled = 16, .by_knee = true };
	struct outcome o = simulate(&server);
	CHECK(o.settled >= 12 && o.settled <= 32);
	server.settled = 2; /* it was a slower one then */
	o = simulate(&server);
	CHECK(o.settled >= 12);
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
	TEST(a_cold_start_is_not_taken_for_waiting);
	TEST(estimates_come_near);
	TEST(memory_and_descriptors_are_hard_bounds);
	TEST(room_leaves_for_growth);
	TEST(pressure_lets_go);
	TEST(it_obeys_while_it_runs);
	TEST(what_is_known_is_used);
	TEST(a_fixed_number_stays);
	TEST(odd_clocks_are_survived);
	TEST(looking_costs_at_most_two_percent);
	return test_done();
}
