/* Sorts: by comparators of any kind over items of any size, stable; of keys, against their order by bits. */
#include <hob.h>

#include <errno.h>

#include "sched/fake_poller.h"

enum { WORKERS = 4, MOST = SLOW_BUILD ? 10000 : 50000 };

/* What the items to be sorted look like. */
enum pattern { SORTED, REVERSED, EQUAL, ORGAN_PIPE, RANDOM, FEW, SAWTOOTH, NEARLY_SORTED, PATTERNS };

static uint32_t number(enum pattern p, size_t i, size_t n, struct dice *dice)
{
	switch (p) {
	case SORTED:
		return (uint32_t)i;
	case REVERSED:
		return (uint32_t)(n - i);
	case ORGAN_PIPE:
		return (uint32_t)(i < n / 2 ? i : n - i);
	case RANDOM:
		return (uint32_t)roll(dice, UINT32_MAX);
	case FEW:
		return (uint32_t)roll(dice, 5);
	case SAWTOOTH:
		return (uint32_t)(i % 1000);
	case NEARLY_SORTED:
		return (uint32_t)(roll(dice, 20) ? i : roll(dice, n));
	case EQUAL:
	case PATTERNS:
		break;
	}
	return 7;
}

/* Items: a number to sort by, then which one it was, then bytes that belong to it, as far as the size reaches. --- */

struct sorting {
	size_t n, size;
	uint32_t *numbers;
	char *items;
	struct hob_loop how;
	int expected;
};

static char filler(size_t i, size_t at)
{
	return (char)(i * 31 + at);
}

static int by_number(const void *a, const void *b, void *arg)
{
	uint32_t x = 0, y = 0;
	size_t size = *(size_t *)arg;

	memcpy(&x, a, size < sizeof x ? size : sizeof x);
	memcpy(&y, b, size < sizeof y ? size : sizeof y);
	return (x > y) - (x < y);
}

static void make_items(struct sorting *s, enum pattern p, struct dice *dice)
{
	s->numbers = calloc(s->n + 1, sizeof *s->numbers);
	s->items = malloc(s->n * s->size + 1);
	for (size_t i = 0; i < s->n; i++) {
		char *item = s->items + i * s->size;
		uint32_t x = s->numbers[i] = number(p, i, s->n, dice), which = (uint32_t)i;

		memcpy(item, &x, s->size < 4 ? s->size : 4);
		if (s->size >= 8)
			memcpy(item + 4, &which, 4);
		for (size_t at = 8; at < s->size; at++)
			item[at] = filler(i, at);
	}
}

/* In order; equal ones in the order they were in; each as it was. */
static void check_sorted(struct sorting *s)
{
	uint32_t last = 0, last_which = 0, sum = 0, sum_before = 0;

	for (size_t i = 0; i < s->n; i++) {
		const char *item = s->items + i * s->size;
		uint32_t x = 0, which = 0;

		memcpy(&x, item, s->size < 4 ? s->size : 4);
		CHECK(i == 0 || last <= x);
		sum += x * x;
		sum_before += s->size < 4 ? (s->numbers[i] & 0xff) * (s->numbers[i] & 0xff)
					  : s->numbers[i] * s->numbers[i];
		if (s->size >= 8) {
			memcpy(&which, item + 4, 4);
			CHECK(which < s->n);
			CHECK_EQ(s->numbers[which], x);
			CHECK(i == 0 || last < x || last_which < which);
		}
		for (size_t at = 8; at < s->size; at++)
			CHECK(item[at] == filler(which, at));
		last = x;
		last_which = which;
	}
	CHECK_EQ(sum, sum_before);
}

static int sort_it(void *arg)
{
	struct sorting *s = arg;

	CHECK_EQ(hob_parallel_sort(&s->how, s->items, s->n, s->size, by_number, &s->size), 0);
	return 0;
}

static const size_t sizes[] = { 1, 4, 8, 12, 16, 24, 32, 100 };

static void sort_items(size_t n, size_t size, enum pattern p, unsigned workers)
{
	struct dice dice = dice_of(test_random());
	struct sorting s = { .n = n, .size = size };

	make_items(&s, p, &dice);
	CHECK_EQ(fake_run(workers, test_random(), sort_it, &s), 0);
	check_sorted(&s);
	free(s.numbers);
	free(s.items);
}

static void small_arrays(void)
{
	for (size_t n = 0; n < 80; n++)
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
			sort_items(n, sizes[k], n % 2 ? RANDOM : FEW, 1 + n % 2);
}

static void large_arrays_of_every_pattern(void)
{
	for (unsigned p = 0; p < PATTERNS; p++)
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
			sort_items(test_random() % MOST, sizes[k], p, 1 + (unsigned)(test_random() % WORKERS));
}

static void arrays_that_are_merged_in_parallel(void)
{
	for (unsigned p = 0; p < PATTERNS; p++) {
		sort_items(MOST, 8, p, 4);
		sort_items(MOST, 16, p, 10); /* two levels, four */
	}
}

/* Made for a type ------------------------------------------------------------------------------------------------ */

struct pair {
	uint32_t number, which;
};

#define HOB_SORT_NAME sort_pairs
#define HOB_SORT_TYPE struct pair
#define HOB_SORT_LESS(a, b, arg) ((a)->number < (b)->number)
#include <hob/sort.h>

struct large {
	char before[60];
	uint32_t number, which;
	char after[60];
};

#define HOB_SORT_NAME sort_large
#define HOB_SORT_TYPE struct large
#define HOB_SORT_LESS(a, b, arg) (at_add((atomic_of(uint64_t) *)(arg), 1, RELAXED), (a)->number < (b)->number)
#include <hob/sort.h>

struct inlined {
	size_t n;
	enum pattern pattern;
	struct hob_loop how;
	int expected;
};

static int sort_inlined(void *arg)
{
	struct inlined *in = arg;
	struct dice dice = dice_of(test_random());
	struct pair *pairs = calloc(in->n + 1, sizeof *pairs);
	struct large *large = calloc(in->n + 1, sizeof *large);
	atomic_of(uint64_t) compared = 0;

	for (size_t i = 0; i < in->n; i++) {
		pairs[i] = (struct pair){ number(in->pattern, i, in->n, &dice), (uint32_t)i };
		large[i].number = pairs[i].number;
		large[i].which = (uint32_t)i;
		large[i].before[0] = large[i].after[59] = filler(i, 0);
	}
	CHECK_EQ(sort_pairs(NULL, pairs, in->n, NULL), 0);
	CHECK_EQ(sort_large(NULL, large, in->n, &compared), 0);
	for (size_t i = 0; i < in->n; i++) {
		CHECK_EQ(large[i].number, pairs[i].number);
		CHECK_EQ(large[i].which, pairs[i].which); /* both are stable, so there is one answer */
		CHECK(large[i].before[0] == filler(large[i].which, 0) && large[i].after[59] == large[i].before[0]);
		CHECK(i == 0 || pairs[i - 1].number < pairs[i].number ||
		      (pairs[i - 1].number == pairs[i].number && pairs[i - 1].which < pairs[i].which));
	}
	CHECK(compared >= (in->n > 1 ? in->n - 1 : 0));
	free(pairs);
	free(large);
	return 0;
}

static void sorts_made_for_a_type(void)
{
	for (unsigned p = 0; p < PATTERNS; p++) {
		for (size_t n = 0; n < 80; n += 1 + n / 9)
			CHECK_EQ(fake_run(1, test_random(), sort_inlined, &(struct inlined){ .n = n, .pattern = p }),
				 0);
		for (unsigned workers = 1; workers <= 10; workers += 3)
			CHECK_EQ(fake_run(workers, test_random(), sort_inlined,
					  &(struct inlined){ .n = test_random() % MOST, .pattern = p }),
				 0);
	}
	CHECK_EQ(sort_pairs(NULL, NULL, 0, NULL), 0); /* and from no task */
}

static int sort_inlined_late(void *arg)
{
	struct inlined *in = arg;
	struct pair *pairs = calloc(in->n, sizeof *pairs);
	uint64_t sum = 0;

	for (size_t i = 0; i < in->n; i++)
		pairs[i] = (struct pair){ (uint32_t)(i * 2654435761u), (uint32_t)i };
	in->how.deadline = at_load(&fake.now, RELAXED) + 1000 * (int64_t)(test_random() % 50);
	in->expected = sort_pairs(&in->how, pairs, in->n, NULL);
	for (size_t i = 0; i < in->n; i++) {
		CHECK_EQ(pairs[i].number, pairs[i].which * 2654435761u);
		sum += pairs[i].which;
	}
	CHECK_EQ(sum, (uint64_t)in->n * (in->n - 1) / 2);
	free(pairs);
	return 0;
}

static void a_deadline_ends_those_too(void)
{
	int late = 0;

	for (unsigned i = 0; i < 24; i++) {
		struct inlined in = { .n = 66000 + test_random() % 10000 };

		CHECK_EQ(fake_run(1 + i % 10, test_random(), sort_inlined_late, &in), 0);
		CHECK(in.expected == 0 || in.expected == -ETIMEDOUT);
		late += in.expected != 0;
	}
	CHECK(late > 0);
}

/* Comparators ---------------------------------------------------------------------------------------------------- */

/* McIlroy's adversary ("A Killer Adversary for Quicksort", 1999): decides the order as it is asked, such that
 * pivots are always the least. */
static struct {
	uint32_t *value;
	uint32_t gas, solid, candidate;
	uint64_t comparisons;
} adversary;

static int decide(const void *a, const void *b, void *arg)
{
	uint32_t x, y;

	(void)arg;
	memcpy(&x, a, 4);
	memcpy(&y, b, 4);
	adversary.comparisons++;
	if (x != y && adversary.value[x] == adversary.gas && adversary.value[y] == adversary.gas)
		adversary.value[x == adversary.candidate ? x : y] = adversary.solid++;
	if (adversary.value[x] == adversary.gas)
		adversary.candidate = x;
	else if (adversary.value[y] == adversary.gas)
		adversary.candidate = y;
	return (adversary.value[x] > adversary.value[y]) - (adversary.value[x] < adversary.value[y]);
}

static int sort_against_adversary(void *arg)
{
	enum { N = 30000 };
	uint32_t *items = calloc(N, sizeof *items);

	(void)arg;
	adversary.value = calloc(N, sizeof *adversary.value);
	adversary.gas = N;
	adversary.solid = 1;
	for (uint32_t i = 0; i < N; i++) {
		items[i] = i;
		adversary.value[i] = i == 1 ? 0 : adversary.gas; /* not a sorted array, from the start */
	}
	CHECK_EQ(hob_parallel_sort(NULL, items, N, sizeof *items, decide, NULL), 0);
	CHECK(adversary.comparisons < 60ull * N); /* n log2 n is 15 n, its square 30000 n */
	for (uint32_t i = 1; i < N; i++)
		CHECK(adversary.value[items[i - 1]] <= adversary.value[items[i]]);
	free(adversary.value);
	free(items);
	return 0;
}

static void an_adversary_is_not_quadratic(void)
{
	CHECK_EQ(fake_run(1, test_random(), sort_against_adversary, NULL), 0);
}

static int coin(const void *a, const void *b, void *arg)
{
	struct dice d = { .state = at_add((atomic_of(uint64_t) *)arg, 1, RELAXED) };

	(void)a, (void)b;
	return (int)roll(&d, 3) - 1;
}

/* Any order may come of it, but it ends, and a sanitizer finds nothing. */
static int sort_by_coin(void *arg)
{
	struct dice *dice = arg;
	atomic_of(uint64_t) state = roll(dice, UINT64_MAX);

	for (size_t n = 0; n < MOST / 5; n = 2 * n + roll(dice, 10)) {
		char *items = calloc(n, 24);

		CHECK_EQ(hob_parallel_sort(NULL, items, n, 8, coin, &state), 0);
		CHECK_EQ(hob_parallel_sort(NULL, items, n, 24, coin, &state), 0);
		CHECK_EQ(hob_parallel_sort(NULL, items, n, 7, coin, &state), 0);
		free(items);
	}
	return 0;
}

static void an_order_that_is_none(void)
{
	for (unsigned i = 0; i < 20; i++) {
		struct dice dice = dice_of(test_random());

		CHECK_EQ(fake_run(1 + i % 5, test_random(), sort_by_coin, &dice), 0);
	}
}

/* Keys ----------------------------------------------------------------------------------------------------------- */

static const size_t key_bytes[] = {
	[HOB_KEY_INT32] = 4,  [HOB_KEY_UINT32] = 4, [HOB_KEY_INT64] = 8,
	[HOB_KEY_UINT64] = 8, [HOB_KEY_FLOAT] = 4,  [HOB_KEY_DOUBLE] = 8,
};

/* The definition of IEEE 754's totalOrder, by sign and magnitude. */
static int64_t total(int64_t bits, int64_t sign)
{
	return bits & sign ? -(bits & ~sign) - 1 : bits;
}

static int by_key(const void *a, const void *b, void *arg)
{
	enum hob_key kind = *(enum hob_key *)arg;
	int64_t x = 0, y = 0;

	memcpy(&x, a, key_bytes[kind]);
	memcpy(&y, b, key_bytes[kind]);
	switch (kind) {
	case HOB_KEY_INT32:
		x = (int32_t)x;
		y = (int32_t)y;
		break;
	case HOB_KEY_FLOAT:
		x = total(x, INT32_MAX + INT64_C(1));
		y = total(y, INT32_MAX + INT64_C(1));
		break;
	case HOB_KEY_DOUBLE:
		x = total(x, INT64_MIN);
		y = total(y, INT64_MIN);
		break;
	case HOB_KEY_UINT64:
		return ((uint64_t)x > (uint64_t)y) - ((uint64_t)x < (uint64_t)y);
	case HOB_KEY_UINT32:
	case HOB_KEY_INT64:
		break;
	}
	return (x > y) - (x < y);
}

enum keys { ANY_BITS, CLOSE, ONE_FAR_OFF, ONE_UNSEEN, BY_MAGNITUDE, ONE_VALUE, SPECIAL, IN_ORDER, KEYS };

static uint64_t key(enum keys k, size_t i, enum hob_key kind, struct dice *dice)
{
	static const double special[] = { 0.0, -0.0, 1.0, -1.0, __builtin_inf(), -__builtin_inf(), 5e-324, -5e-324 };
	static const float special_float[] = { 0, -0.0f, 1, -1, __builtin_inff(), -__builtin_inff(), 1e-45f, -1e-45f };
	double d = special[roll(dice, 8)];
	float f = special_float[roll(dice, 8)];
	uint64_t bits = roll(dice, UINT64_MAX);
	uint32_t narrow;

	switch (k) {
	case CLOSE:
		return 0x7fffffffffffff00 + bits % 1000;
	case ONE_FAR_OFF:
		return i ? bits % 1000 : ~bits;
	case ONE_UNSEEN: /* by a look at a few */
		return i != 1 ? bits % 1000 : ~bits;
	case BY_MAGNITUDE:
		return bits >> roll(dice, 64);
	case ONE_VALUE:
		return 0x8000000080000000;
	case SPECIAL:
		if (roll(dice, 5) == 0) /* NaNs of every kind */
			return bits | (key_bytes[kind] == 4 ? 0x7f800000 : 0x7ff0000000000000);
		memcpy(&bits, &d, sizeof d);
		memcpy(&narrow, &f, sizeof f);
		return key_bytes[kind] == 4 ? narrow : bits;
	case IN_ORDER:
		return i;
	case ANY_BITS:
	case KEYS:
		break;
	}
	return bits;
}

struct key_sorting {
	enum hob_key kind;
	size_t n;
	char *keys, *reference;
	struct hob_loop how;
	int expected;
};

static int sort_the_keys(void *arg)
{
	struct key_sorting *s = arg;

	CHECK_EQ(hob_parallel_sort_keys(&s->how, s->keys, s->n, s->kind), s->expected);
	return 0;
}

static void make_keys(struct key_sorting *s, enum keys k)
{
	struct dice dice = dice_of(test_random());
	size_t bytes = key_bytes[s->kind];

	s->keys = malloc(s->n * bytes + 1);
	s->reference = malloc(s->n * bytes + 1);
	for (size_t i = 0; i < s->n; i++) {
		uint64_t x = key(k, i, s->kind, &dice);

		memcpy(s->keys + i * bytes, &x, bytes);
	}
	memcpy(s->reference, s->keys, s->n * bytes);
	qsort_r(s->reference, s->n, bytes, by_key, &s->kind);
}

static void check_keys(struct key_sorting *s)
{
	CHECK(memcmp(s->keys, s->reference, s->n * key_bytes[s->kind]) == 0);
	free(s->keys);
	free(s->reference);
}

static void sort_keys(enum hob_key kind, size_t n, enum keys k, unsigned workers)
{
	struct key_sorting s = { .kind = kind, .n = n };

	make_keys(&s, k);
	CHECK_EQ(fake_run(workers, test_random(), sort_the_keys, &s), 0);
	check_keys(&s);
}

static void keys_of_every_kind(void)
{
	static const size_t lengths[] = { 0, 1, 2, 31, 32, 33, 255, 256, 257, 258, 1000, 5000 };

	for (unsigned kind = HOB_KEY_INT32; kind <= HOB_KEY_DOUBLE; kind++)
		for (unsigned k = 0; k < KEYS; k++) {
			for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
				sort_keys(kind, lengths[i], k, 1 + i % 2);
			sort_keys(kind, 20000 + test_random() % MOST, k, 1 + (unsigned)(test_random() % WORKERS));
		}
}

/* Ends before the end -------------------------------------------------------------------------------------------- */

/* Whenever it ends, the array holds what it held. */
static int sort_until(void *arg)
{
	struct key_sorting *s = arg;
	int64_t looks = (int64_t)(test_random() % 200);

	s->how.deadline = at_load(&fake.now, RELAXED) + 1000 * looks;
	s->expected = test_random() % 2
			      ? hob_parallel_sort_keys(&s->how, s->keys, s->n, s->kind)
			      : hob_parallel_sort(&s->how, s->keys, s->n, key_bytes[s->kind], by_key, &s->kind);
	CHECK(s->expected == 0 || s->expected == -ETIMEDOUT);
	return 0;
}

static void a_deadline_ends_it(void)
{
	int late = 0;

	for (unsigned i = 0; i < 24; i++) {
		struct key_sorting s = { .kind = i % 6, .n = 66000 + test_random() % 10000 };

		make_keys(&s, i / 6 % 2 ? ANY_BITS : CLOSE);
		CHECK_EQ(fake_run(1 + i % 10, test_random(), sort_until, &s), 0);
		late += s.expected != 0;
		qsort_r(s.keys, s.n, key_bytes[s.kind], by_key, &s.kind);
		check_keys(&s);
	}
	CHECK(late > 0);
}

static int sort_cancelled(void *arg)
{
	struct sorting *s = arg;

	CHECK_EQ(hob_parallel_sort(NULL, s->items, s->n, s->size, by_number, &s->size), -ECANCELED);
	CHECK_EQ(hob_parallel_sort_keys(NULL, s->items, s->n * s->size / 8, HOB_KEY_UINT64), -ECANCELED);
	return 0;
}

static int sort_in_cancelled_scope(void *arg)
{
	struct hob_scope *s;

	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, sort_cancelled, arg), 0);
	hob_scope_cancel(s);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static void nothing_is_lost_where_it_is_cancelled(void)
{
	for (size_t k = 2; k < sizeof sizes / sizeof *sizes; k++) {
		struct dice dice = dice_of(k);
		struct sorting s = { .n = 70000, .size = sizes[k] };
		char *copy;

		make_items(&s, RANDOM, &dice);
		copy = malloc(s.n * s.size);
		memcpy(copy, s.items, s.n * s.size);
		CHECK_EQ(fake_run(1, 1, sort_in_cancelled_scope, &s), 0); /* before it began */
		CHECK(memcmp(copy, s.items, s.n * s.size) == 0);
		free(copy);
		free(s.numbers);
		free(s.items);
	}
}

int main(void)
{
	test_start();
	watchdog(170);
	fake_start(8);
	TEST(small_arrays);
	TEST(large_arrays_of_every_pattern);
	TEST(arrays_that_are_merged_in_parallel);
	TEST(sorts_made_for_a_type);
	TEST(a_deadline_ends_those_too);
	TEST(an_adversary_is_not_quadratic);
	TEST(an_order_that_is_none);
	TEST(keys_of_every_kind);
	TEST(a_deadline_ends_it);
	TEST(nothing_is_lost_where_it_is_cancelled);
	return test_done();
}
