/* Reductions and scans, against serial ones, of operations that are not commutative, or not quite associative. */
#include <hob.h>

#include <errno.h>

#include "sched/fake_poller.h"

enum { WORKERS = 4, MOST = 5000 };

#define TRIES (SLOW_BUILD ? 20 : 100)

static void everywhere(unsigned times, hob_task_fn *fn)
{
	for (unsigned i = 0; i < times * WORKERS; i++) {
		struct dice dice = dice_of(test_random());

		CHECK_EQ(fake_run(1 + i % WORKERS, test_random(), fn, &dice), 0);
	}
}

/* The product of 2 x 2 matrices modulo 2^64 shows every item that is missing, twice there or out of its order.
 * `wide` is one too large for the stack of the library. */
struct matrix {
	uint64_t m[4];
};

struct wide {
	struct matrix matrix;
	char wide[200];
};

static const struct wide one = { .matrix = { .m = { 1, 0, 0, 1 } } };

static struct matrix items[MOST];

static void multiply(void *left, const void *right, void *arg)
{
	struct matrix *l = left, a = *l;
	const struct matrix *b = right;

	(void)arg;
	l->m[0] = a.m[0] * b->m[0] + a.m[1] * b->m[2];
	l->m[1] = a.m[0] * b->m[1] + a.m[1] * b->m[3];
	l->m[2] = a.m[2] * b->m[0] + a.m[3] * b->m[2];
	l->m[3] = a.m[2] * b->m[1] + a.m[3] * b->m[3];
}

static int fold(size_t begin, size_t end, void *acc, void *arg)
{
	for (size_t i = begin; i < end; i++)
		multiply(acc, &items[i], arg);
	if (begin % 5 == 0)
		hob_yield();
	return 0;
}

static void make_items(struct dice *dice, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < 4; k++)
			items[i].m[k] = roll(dice, UINT64_MAX);
}

static bool same(const struct matrix *a, const struct matrix *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

static size_t some_size(struct dice *dice)
{
	return roll(dice, roll(dice, 2) ? 10 : MOST + 1);
}

static int reduce_once(void *arg)
{
	struct dice *dice = arg;
	struct hob_reduction r = { .identity = &one, .fold = fold, .combine = multiply };
	struct hob_loop how = { .grain = roll(dice, 2) * roll(dice, 100) };
	struct wide expected = one, result;
	size_t n = some_size(dice);

	make_items(dice, n);
	fold(0, n, &expected, NULL);
	for (int i = 0; i < 4; i++) {
		r.repeatable = i & 1;
		r.size = i & 2 ? sizeof result : sizeof result.matrix;
		memset(&result, 0xaa, sizeof result);
		CHECK_EQ(hob_parallel_reduce(&how, n, &r, &result), 0);
		CHECK(same(&result.matrix, &expected.matrix));
	}
	return 0;
}

static void products_in_order(void)
{
	everywhere(TRIES, reduce_once);
}

/* Sums of doubles ------------------------------------------------------------------------------------------------ */

static double doubles[MOST];

static int add_doubles(size_t begin, size_t end, void *acc, void *arg)
{
	double sum = *(double *)acc;

	(void)arg;
	for (size_t i = begin; i < end; i++)
		sum += doubles[i];
	*(double *)acc = sum;
	return 0;
}

static void add_double(void *left, const void *right, void *arg)
{
	(void)arg;
	*(double *)left += *(const double *)right;
}

static const struct hob_reduction sum = {
	.size = sizeof(double), .fold = add_doubles, .combine = add_double, .repeatable = 1
};

static int sum_doubles(void *arg)
{
	return hob_parallel_reduce(NULL, MOST, &sum, arg);
}

static void a_sum_is_the_same_everywhere(void)
{
	double first, again, serial = 0;
	bool differs = false;

	for (int i = 0; i < TRIES; i++) {
		struct dice dice = dice_of(test_random());

		for (size_t k = 0; k < MOST; k++) /* of very different size */
			doubles[k] = (double)roll(&dice, UINT64_MAX) / (double)(1 + roll(&dice, 1u << roll(&dice, 31)));
		CHECK_EQ(fake_run(1, 1, sum_doubles, &first), 0);
		for (unsigned workers = 2; workers <= WORKERS; workers++) {
			CHECK_EQ(fake_run(workers, test_random(), sum_doubles, &again), 0);
			CHECK(memcmp(&first, &again, sizeof first) == 0);
		}
		serial = 0;
		add_doubles(0, MOST, &serial, NULL);
		differs |= serial != first;
		CHECK(serial / first > 1 - 1e-9 && serial / first < 1 + 1e-9);
	}
	CHECK(differs); /* the order does matter for these */
}

/* Scans ---------------------------------------------------------------------------------------------------------- */

static struct matrix before[MOST], after[MOST];
static atomic_of(uint32_t) written[MOST];

static int write_items(size_t begin, size_t end, void *acc, void *arg)
{
	struct matrix *carry = acc;

	if (begin % 3 == 0)
		hob_yield();
	for (size_t i = begin; i < end; i++) {
		at_add(&written[i], 1, RELAXED);
		before[i] = *carry;
		multiply(carry, &items[i], arg);
		after[i] = *carry;
	}
	return 0;
}

static int scan_once(void *arg)
{
	struct dice *dice = arg;
	struct hob_scan s = { .identity = &one, .fold = fold, .combine = multiply, .write = write_items };
	struct hob_loop how = { .grain = roll(dice, 2) * roll(dice, 50) };
	struct wide total = { 0 };
	struct matrix carry = one.matrix;
	size_t n = some_size(dice);

	s.size = roll(dice, 2) ? sizeof total : sizeof total.matrix;
	make_items(dice, n);
	memset(written, 0, sizeof written);
	CHECK_EQ(hob_parallel_scan(&how, n, &s, roll(dice, 8) ? &total : NULL), 0);
	for (size_t i = 0; i < n; i++) {
		CHECK_EQ(written[i], 1);
		CHECK(same(&before[i], &carry));
		multiply(&carry, &items[i], NULL);
		CHECK(same(&after[i], &carry));
	}
	for (size_t i = n; i < MOST; i++)
		CHECK_EQ(written[i], 0);
	CHECK(same(&total.matrix, &carry) || same(&total.matrix, &(struct matrix){ 0 }));
	CHECK_EQ(hob_parallel_scan(&how, n, &s, &total), 0);
	CHECK(same(&total.matrix, &carry));
	return 0;
}

static void scans_in_order(void)
{
	everywhere(TRIES, scan_once);
}

/* Ends before the end -------------------------------------------------------------------------------------------- */

static int fail_at(size_t begin, size_t end, void *acc, void *arg)
{
	size_t at = *(size_t *)arg;

	(void)acc;
	if (begin % 3 == 0)
		hob_yield();
	return begin <= at && at < end ? -ERANGE : 0;
}

static void keep_left(void *left, const void *right, void *arg)
{
	(void)left, (void)right, (void)arg;
}

static int fail_somewhere(void *arg)
{
	struct dice *dice = arg;
	size_t n = 1 + roll(dice, MOST), at = roll(dice, n);
	struct hob_loop how = { .grain = roll(dice, 2) * roll(dice, 50) }, late = { .deadline = 1 };
	struct hob_reduction r = { .size = 100, .fold = fail_at, .combine = keep_left, .arg = &at };
	struct hob_scan s = { .size = 100, .fold = fail_at, .combine = keep_left, .write = fail_at, .arg = &at };
	char result[100];

	for (r.repeatable = 0; r.repeatable < 2; r.repeatable++) {
		CHECK_EQ(hob_parallel_reduce(&how, n, &r, result), -ERANGE);
		CHECK_EQ(hob_parallel_reduce(&late, n, &r, result), -ETIMEDOUT);
	}
	CHECK_EQ(hob_parallel_scan(&how, n, &s, result), -ERANGE);
	CHECK_EQ(hob_parallel_scan(&late, n, &s, NULL), -ETIMEDOUT);
	CHECK_EQ(hob_parallel_scan(&late, 0, &s, NULL), 0);
	return 0;
}

static void an_error_ends_it(void)
{
	everywhere(TRIES, fail_somewhere);
}

static int fold_until_cancelled(void *arg)
{
	size_t never = SIZE_MAX;
	struct hob_reduction r = { .size = 8, .fold = fail_at, .combine = keep_left, .arg = &never };
	struct hob_scan s = { .size = 8, .fold = fail_at, .combine = keep_left, .write = fail_at, .arg = &never };
	uint64_t result;
	int err;

	/* Nothing here ends by itself: it is cancelled before, or in between. */
	do
		err = roll(arg, 2) ? hob_parallel_reduce(NULL, SIZE_MAX, &r, &result)
				   : hob_parallel_scan(NULL, SIZE_MAX, &s, &result);
	while (!err);
	CHECK_EQ(err, -ECANCELED);
	return 0;
}

static int cancel_later(void *arg)
{
	struct dice *dice = arg, other = { .state = roll(dice, UINT64_MAX) };
	struct hob_scope *s;

	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, fold_until_cancelled, &other), 0);
	for (uint64_t n = roll(dice, 30); n; n--)
		hob_yield();
	hob_scope_cancel(s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static void cancellation_ends_it(void)
{
	everywhere(TRIES / 2, cancel_later);
}

int main(void)
{
	test_start();
	watchdog(170);
	fake_start(8);
	TEST(products_in_order);
	TEST(a_sum_is_the_same_everywhere);
	TEST(scans_in_order);
	TEST(an_error_ends_it);
	TEST(cancellation_ends_it);
	return test_done();
}
