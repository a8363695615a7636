/* Loops: every index once, for any length, grain, nesting and number of workers; and how they end early. */
#include <hob.h>

#include <errno.h>

#include "sched/fake_poller.h"
#include "sched/jobs.h"

enum { WORKERS = 4, MOST = 3000 };

#define TRIES (SLOW_BUILD ? 30 : 200)

static atomic_of(uint32_t) hits[MOST];

static void begin_hits(void)
{
	memset(hits, 0, sizeof hits);
}

static void check_hits(size_t n)
{
	for (size_t i = 0; i < MOST; i++)
		CHECK_EQ(hits[i], i < n);
}

/* Runs fn as a task of runtimes of 1 to WORKERS workers. */
static void everywhere(unsigned times, hob_task_fn *fn)
{
	for (unsigned i = 0; i < times * WORKERS; i++) {
		struct dice dice = dice_of(test_random());

		CHECK_EQ(fake_run(1 + i % WORKERS, test_random(), fn, &dice), 0);
	}
}

/* One dimension -------------------------------------------------------------------------------------------------- */

struct shape {
	size_t n, grain;
};

static int hit_range(size_t begin, size_t end, void *arg)
{
	const struct shape *s = arg;

	CHECK(begin < end && end <= s->n);
	if (s->grain) {
		CHECK_EQ(begin % s->grain, 0);
		CHECK(end - begin == s->grain || (end == s->n && end - begin < s->grain));
	}
	for (size_t i = begin; i < end; i++)
		at_add(&hits[i], 1, RELAXED);
	if (begin % 7 == 0)
		hob_yield();
	return 0;
}

static int loop_once(void *arg)
{
	struct dice *dice = arg;
	struct shape s = { .n = roll(dice, roll(dice, 2) ? 10 : MOST + 1), .grain = roll(dice, 2) * roll(dice, 100) };

	begin_hits();
	CHECK_EQ(hob_parallel_for(s.n, s.grain, hit_range, &s), 0);
	check_hits(s.n);
	return 0;
}

static void every_index_once(void)
{
	everywhere(TRIES, loop_once);
}

static int do_nothing(size_t begin, size_t end, void *arg)
{
	at_add((atomic_of(size_t) *)arg, end - begin, RELAXED);
	return 0;
}

static int loop_of_any_length(void *arg)
{
	(void)arg;
	for (size_t n = SIZE_MAX; n; n /= 3) {
		atomic_of(size_t) done = 0;

		CHECK_EQ(hob_parallel_for(n, 0, do_nothing, &done), 0);
		CHECK_EQ(done, n);
	}
	return 0;
}

static void the_longest_loops(void)
{
	everywhere(TRIES / 30, loop_of_any_length);
}

static int loop_within(size_t begin, size_t end, void *arg)
{
	(void)arg;
	for (size_t i = begin; i < end; i++)
		for (size_t grain = 0; grain <= 20; grain += 20)
			CHECK_EQ(hob_parallel_for(50, grain, hit_range, &(struct shape){ 50, grain }), 0);
	return 0;
}

static int nest(void *arg)
{
	begin_hits();
	(void)arg;
	CHECK_EQ(hob_parallel_for(20, 1, loop_within, NULL), 0);
	for (size_t i = 0; i < 50; i++)
		CHECK_EQ(hits[i], 40);
	CHECK_EQ(hits[50], 0);
	return 0;
}

static void loops_within_loops(void)
{
	everywhere(TRIES / 10, nest);
}

/* Two dimensions ------------------------------------------------------------------------------------------------- */

struct area {
	size_t rows, columns, grain;
};

static int hit_block(const struct hob_block *b, void *arg)
{
	const struct area *a = arg;

	CHECK(b->row < b->row_end && b->row_end <= a->rows);
	CHECK(b->column < b->column_end && b->column_end <= a->columns);
	if (a->grain)
		CHECK((b->row_end - b->row) * (b->column_end - b->column) <= a->grain);
	for (size_t r = b->row; r < b->row_end; r++)
		for (size_t c = b->column; c < b->column_end; c++)
			at_add(&hits[r * a->columns + c], 1, RELAXED);
	return 0;
}

static int area_once(void *arg)
{
	struct dice *dice = arg;
	struct area a = { .rows = roll(dice, 60), .columns = roll(dice, 50), .grain = roll(dice, 2) * roll(dice, 100) };

	begin_hits();
	CHECK_EQ(hob_parallel_for_2d(&(struct hob_loop){ .grain = a.grain }, a.rows, a.columns, hit_block, &a), 0);
	check_hits(a.rows * a.columns);
	a = (struct area){ .rows = a.rows ? MOST / a.rows : 0, .columns = a.rows };
	begin_hits();
	CHECK_EQ(hob_parallel_for_2d(NULL, a.rows, a.columns, hit_block, &a), 0);
	check_hits(a.rows * a.columns);
	return 0;
}

static void every_cell_once(void)
{
	everywhere(TRIES, area_once);
}

/* By the 200th block the automatic grain has grown as far as it may. */
static int fail_block(const struct hob_block *b, void *arg)
{
	CHECK(b->row_end - b->row <= UINT32_MAX && b->column_end - b->column <= UINT32_MAX);
	return at_add((atomic_of(uint32_t) *)arg, 1, RELAXED) >= 200 ? -EIO : 0;
}

/* 2^80 cells: nobody gets through all of them. */
static int fail_at_once(void *arg)
{
	atomic_of(uint32_t) begun = 0;

	(void)arg;
	CHECK_EQ(hob_parallel_for_2d(NULL, (size_t)1 << 40, (size_t)1 << 40, fail_block, &begun), -EIO);
	return 0;
}

static void a_huge_area_can_fail(void)
{
	everywhere(TRIES / 10, fail_at_once);
}

/* Lists ---------------------------------------------------------------------------------------------------------- */

static int hit_one(void *arg)
{
	at_add((atomic_of(uint32_t) *)arg, 1, RELAXED);
	return 1; /* no error */
}

static int fail_one(void *arg)
{
	hit_one(arg);
	return -ENOENT;
}

static int invoke(void *arg)
{
	struct hob_invocation calls[100];

	(void)arg;
	for (size_t n = 0; n <= 100; n += 25) {
		begin_hits();
		for (size_t i = 0; i < n; i++)
			calls[i] = (struct hob_invocation){ hit_one, &hits[i] };
		CHECK_EQ(hob_parallel_invoke(&(struct hob_loop){ .grain = 9 }, calls, n), 0);
		check_hits(n);
		if (n) {
			calls[n / 2].fn = fail_one;
			CHECK_EQ(hob_parallel_invoke(NULL, calls, n), -ENOENT);
			CHECK_EQ(hits[n / 2], 2);
		}
	}
	return 0;
}

static void all_of_a_list_is_called(void)
{
	everywhere(TRIES / 10, invoke);
}

static int square(const void *in, void *out, void *arg)
{
	uint64_t x;

	memcpy(&x, in, sizeof x);
	if (x % 10 == 3)
		return -(int)x;
	*(uint64_t *)out = x * x;
	hit_one(arg);
	return 0;
}

static int map(void *arg)
{
	struct dice *dice = arg;
	size_t n = roll(dice, 500);
	uint64_t in[500] = { 0 }, out[500] = { 0 };
	int errors[500] = { 0 };
	atomic_of(uint32_t) done = 0;

	for (size_t i = 0; i < n; i++)
		in[i] = i;
	CHECK_EQ(hob_parallel_map(NULL, in, sizeof *in, out, sizeof *out, errors, n, square, &done), n > 3 ? -3 : 0);
	for (size_t i = 0; i < n; i++) {
		CHECK_EQ(errors[i], i % 10 == 3 ? -(int)i : 0);
		if (i % 10 != 3)
			CHECK_EQ(out[i], i * i);
	}
	CHECK_EQ(done, n - (n + 6) / 10);

	struct hob_loop late = { .deadline = 1 };

	memset(errors, 0, sizeof errors);
	CHECK_EQ(hob_parallel_map(&late, in, sizeof *in, out, sizeof *out, errors, n, square, &done),
		 n ? -ETIMEDOUT : 0);
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(errors[i], -ETIMEDOUT);
	return 0;
}

static void an_error_for_each_input(void)
{
	everywhere(TRIES / 10, map);
}

/* Ends before the end -------------------------------------------------------------------------------------------- */

struct trap {
	size_t at;
	struct hob_scope *cancel;
	atomic_of(uint32_t) sprung, after;
};

static int spring(size_t begin, size_t end, void *arg)
{
	struct trap *t = arg;

	if (at_load(&t->sprung, ACQUIRE))
		at_add(&t->after, 1, RELAXED);
	if (t->at < begin || t->at >= end)
		return 0;
	if (t->cancel)
		hob_scope_cancel(t->cancel);
	at_store(&t->sprung, 1, RELEASE);
	return t->cancel ? 0 : -EDOM;
}

/* On several workers, ranges may begin until the answer of the one is there: as many as its core is taken away for. But
 * nobody gets through all of SIZE_MAX items. */
static void check_stopped(const struct trap *t)
{
	CHECK(t->sprung);
	CHECK(t->after == 0 || jobs_workers() > 1);
}

static int fail_somewhere(void *arg)
{
	struct dice *dice = arg;
	struct trap t = { .at = roll(dice, 1000) };

	CHECK_EQ(hob_parallel_for(SIZE_MAX, 10, spring, &t), -EDOM);
	check_stopped(&t);
	return 0;
}

static void an_error_ends_it(void)
{
	everywhere(TRIES / 5, fail_somewhere);
}

static int loop_until_cancelled(void *arg)
{
	struct trap *t = arg;

	CHECK_EQ(hob_parallel_for(SIZE_MAX, 10, spring, t), -ECANCELED);
	CHECK_EQ(hob_parallel_for(1, 0, spring, t), -ECANCELED);
	CHECK_EQ(hob_parallel_for_2d(NULL, 5, 5, hit_block, NULL), -ECANCELED);
	CHECK_EQ(hob_parallel_for(0, 0, spring, t), 0);
	check_stopped(t);
	return 0;
}

static int cancel_somewhere(void *arg)
{
	struct trap t = { .at = roll(arg, 1000) };

	CHECK_EQ(hob_scope_create(&t.cancel), 0);
	CHECK_EQ(hob_spawn(t.cancel, loop_until_cancelled, &t), 0);
	CHECK_EQ(hob_scope_wait(t.cancel, HOB_NEVER), 0);
	hob_scope_destroy(t.cancel);
	return 0;
}

static void cancellation_ends_it(void)
{
	everywhere(TRIES / 5, cancel_somewhere);
}

static int take_a_second(size_t begin, size_t end, void *arg)
{
	(void)arg;
	return hob_sleep(hob_after((int64_t)(end - begin) * HOB_SECOND));
}

static int run_out_of_time(void *arg)
{
	struct hob_cores alone = { .limit = 1 }; /* otherwise all of them would sleep at once */
	struct hob_loop how = { .grain = 1, .cores = &alone, .deadline = hob_after(10 * HOB_SECOND) };
	atomic_of(uint32_t) begun = 0;

	(void)arg;
	CHECK_EQ(hob_parallel_for_with(&how, 1000, take_a_second, NULL), -ETIMEDOUT);
	CHECK(hob_now() >= how.deadline);
	CHECK(hob_now() < how.deadline + 2 * HOB_SECOND);
	CHECK_EQ(hob_parallel_for_2d(&how, 1000, 1000, fail_block, &begun), -ETIMEDOUT);
	CHECK_EQ(begun, 0);
	how.deadline = HOB_NEVER;
	CHECK_EQ(hob_parallel_for_with(&how, 3, take_a_second, NULL), 0);
	return 0;
}

static void a_deadline_ends_it(void)
{
	everywhere(TRIES / 20, run_out_of_time);
}

/* Fewer cores ---------------------------------------------------------------------------------------------------- */

struct crowd {
	struct hob_cores cores;
	atomic_of(uint32_t) inside, most;
};

/* Long enough, by the clock of others' looks, for who may come to come. */
static int be_inside(size_t begin, size_t end, void *arg)
{
	struct crowd *c = arg;
	uint32_t now = at_add(&c->inside, 1, RELAXED) + 1, most = at_load(&c->most, RELAXED);

	(void)begin, (void)end;
	while (now > most && !at_cas(&c->most, &most, now, RELAXED))
		;
	for (int i = 0; i < 300; i++)
		at_pause();
	at_sub(&c->inside, 1, RELAXED);
	return 0;
}

static int crowd_within(size_t begin, size_t end, void *arg)
{
	struct crowd *c = arg;

	for (size_t i = begin; i < end; i++)
		CHECK_EQ(hob_parallel_for_with(&(struct hob_loop){ .grain = 1, .cores = &c->cores }, 10, be_inside, c),
			 0);
	return 0;
}

static int limited(void *arg)
{
	struct crowd c = { .cores = { .limit = (unsigned)roll(arg, WORKERS) + 1 } };
	struct hob_loop how = { .grain = 1, .cores = &c.cores };

	CHECK_EQ(hob_parallel_for_with(&how, 300, be_inside, &c), 0);
	CHECK(c.most >= 1 && c.most <= c.cores.limit);
	CHECK_EQ(c.cores.helping, 0);
	CHECK_EQ(hob_parallel_for_with(&how, 30, crowd_within, &c), 0);
	CHECK(c.most <= c.cores.limit);
	CHECK_EQ(c.cores.helping, 0);
	return 0;
}

static void a_limit_on_cores_holds(void)
{
	everywhere(TRIES / 5, limited);
}

static int unlimited(void *arg)
{
	struct crowd c = { .cores = { .limit = 0 } };
	struct hob_loop how = { .grain = 1, .cores = &c.cores };

	(void)arg;
	while (c.most < 2)
		CHECK_EQ(hob_parallel_for_with(&how, 1000, be_inside, &c), 0);
	return 0;
}

static void without_a_limit_others_help(void)
{
	CHECK_EQ(fake_run(2, test_random(), unlimited, NULL), 0);
}

int main(void)
{
	test_start();
	watchdog(170);
	fake_start(8);
	TEST(every_index_once);
	TEST(the_longest_loops);
	TEST(loops_within_loops);
	TEST(every_cell_once);
	TEST(a_huge_area_can_fail);
	TEST(all_of_a_list_is_called);
	TEST(an_error_for_each_input);
	TEST(an_error_ends_it);
	TEST(cancellation_ends_it);
	TEST(a_deadline_ends_it);
	TEST(a_limit_on_cores_holds);
	TEST(without_a_limit_others_help);
	return test_done();
}
