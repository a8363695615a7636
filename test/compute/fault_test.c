/* Every allocation and mapping fails in its turn, once and for good: each call then answers an error, or does without
 * what it could not have; and nothing leaks. */
#include <hob.h>

#include <errno.h>
#include <sys/mman.h>

#include "sched/fake_poller.h"

enum { WORKERS = 3, ITEMS = SLOW_BUILD ? 3000 : 40000 };

static struct {
	atomic_of(int64_t) blocks, mapped;
	atomic_of(int64_t) countdown; /* until one is refused; below 0: none is */
	bool for_good;
} box = { .countdown = -1 };

static bool refused(void)
{
	int64_t left = at_load(&box.countdown, RELAXED);

	while (left > 0 && !at_cas(&box.countdown, &left, left - 1, RELAXED))
		;
	if (left == 0 && !box.for_good)
		return at_cas(&box.countdown, &left, -1, RELAXED);
	return left == 0;
}

static void *box_alloc(size_t bytes)
{
	void *mem = refused() ? NULL : sys_real.alloc(bytes);

	at_add(&box.blocks, mem != NULL, RELAXED);
	return mem;
}

static void *box_alloc_aligned(size_t align, size_t bytes)
{
	void *mem = refused() ? NULL : sys_real.alloc_aligned(align, bytes);

	at_add(&box.blocks, mem != NULL, RELAXED);
	return mem;
}

static void box_free(void *mem)
{
	at_sub(&box.blocks, mem != NULL, RELAXED);
	sys_real.free(mem);
}

static int box_map(size_t bytes, int prot, void **out)
{
	int err = refused() ? -ENOMEM : sys_real.map(bytes, prot, out);

	at_add(&box.mapped, err ? 0 : (int64_t)bytes, RELAXED);
	return err;
}

static int box_map_shared(int fd, size_t bytes, int prot, void **out)
{
	int err = refused() ? -ENOMEM : sys_real.map_shared(fd, bytes, prot, out);

	at_add(&box.mapped, err ? 0 : (int64_t)bytes, RELAXED);
	return err;
}

static int box_unmap(void *mem, size_t bytes)
{
	int err = sys_real.unmap(mem, bytes);

	at_sub(&box.mapped, err ? 0 : (int64_t)bytes, RELAXED);
	return err;
}

static int no_huge_pages(void *mem, size_t bytes, int advice)
{
	return advice == MADV_HUGEPAGE ? -EINVAL : sys_real.advise(mem, bytes, advice);
}

/* The calls ------------------------------------------------------------------------------------------------------ */

static uint32_t *items;

static int hit(size_t begin, size_t end, void *arg)
{
	(void)arg;
	for (size_t i = begin; i < end; i++)
		at_add(&items[i], 1, RELAXED);
	if (begin % 64 == 0)
		hob_yield();
	return 0;
}

static int run_loop(void)
{
	int err;

	memset(items, 0, ITEMS * sizeof *items);
	err = hob_parallel_for(ITEMS, 16, hit, NULL);
	for (size_t i = 0; i < ITEMS; i++)
		CHECK_EQ(items[i], 1);
	return err;
}

/* Wide, so that it does not fit on a stack. */
struct acc {
	uint64_t sum, wide[20];
};

static int fold(size_t begin, size_t end, void *acc, void *arg)
{
	(void)arg;
	for (size_t i = begin; i < end; i++)
		((struct acc *)acc)->sum += i;
	if (begin % 64 == 0)
		hob_yield();
	return 0;
}

static void combine(void *left, const void *right, void *arg)
{
	(void)arg;
	((struct acc *)left)->sum += ((const struct acc *)right)->sum;
}

static int reduce(int repeatable)
{
	struct hob_reduction r = {
		.size = sizeof(struct acc), .fold = fold, .combine = combine, .repeatable = repeatable
	};
	struct acc result;
	int err = hob_parallel_reduce(&(struct hob_loop){ .grain = 64 }, ITEMS, &r, &result);

	CHECK(err || result.sum == (uint64_t)ITEMS * (ITEMS - 1) / 2);
	return err;
}

static int run_reduce(void)
{
	CHECK_EQ(reduce(0), 0); /* it needs no memory */
	return 0;
}

static int run_repeatable(void)
{
	return reduce(1);
}

static int run_scan(void)
{
	struct hob_scan s = { .size = sizeof(struct acc), .fold = fold, .combine = combine, .write = fold };
	struct acc result;
	int err = hob_parallel_scan(&(struct hob_loop){ .grain = 64 }, ITEMS, &s, &result);

	CHECK(err || result.sum == (uint64_t)ITEMS * (ITEMS - 1) / 2);
	return err;
}

static uint32_t scrambled(size_t i)
{
	return (uint32_t)(i * 2654435761u);
}

static int by_value(const void *a, const void *b, void *arg)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	(void)arg;
	return (x > y) - (x < y);
}

static void check_order(int err)
{
	for (size_t i = 0; i < ITEMS; i++)
		CHECK(err ? items[i] == scrambled(i) : i == 0 || items[i - 1] < items[i]);
}

static int run_sort(void)
{
	int err;

	for (size_t i = 0; i < ITEMS; i++)
		items[i] = scrambled(i);
	err = hob_parallel_sort(NULL, items, ITEMS, sizeof *items, by_value, NULL);
	check_order(err);
	return err;
}

static int run_sort_keys(void)
{
	int err;

	for (size_t i = 0; i < ITEMS; i++)
		items[i] = scrambled(i);
	err = hob_parallel_sort_keys(NULL, items, ITEMS, HOB_KEY_UINT32);
	check_order(err);
	return err;
}

static int by_middle(const void *a, const void *b, void *arg)
{
	return by_value((const char *)a + 4, (const char *)b + 4, arg);
}

struct odd {
	uint32_t before, value, after;
};

static int run_sort_of_odd_size(void)
{
	struct odd *odd = calloc(ITEMS, sizeof *odd);
	int err;

	for (size_t i = 0; i < ITEMS; i++)
		odd[i] = (struct odd){ (uint32_t)i, scrambled(i), (uint32_t)i };
	err = hob_parallel_sort(NULL, odd, ITEMS, sizeof *odd, by_middle, NULL);
	for (size_t i = 0; i < ITEMS; i++) {
		CHECK(err ? odd[i].before == i : i == 0 || odd[i - 1].value < odd[i].value);
		CHECK_EQ(odd[i].before, odd[i].after);
		CHECK_EQ(odd[i].value, scrambled(odd[i].before));
	}
	free(odd);
	return err;
}

/* The faults ----------------------------------------------------------------------------------------------------- */

struct trial {
	int (*call)(void);
	int64_t countdown;
	bool spent;
	int result;
};

static int try_call(void *arg)
{
	struct trial *t = arg;

	at_store(&box.countdown, t->countdown, RELAXED);
	t->result = t->call();
	t->spent = box.for_good ? at_load(&box.countdown, RELAXED) == 0 : at_load(&box.countdown, RELAXED) < 0;
	at_store(&box.countdown, -1, RELAXED);
	return 0;
}

/* `starved`: what it answers where it gets nothing at all. */
static void with_every_fault(int (*call)(void), int starved)
{
	for (int good = 0; good < 2; good++) {
		struct trial t = { .call = call, .spent = true };

		box.for_good = good;
		for (t.countdown = 0; t.spent && t.countdown < 200; t.countdown++) {
			CHECK_EQ(fake_run(WORKERS, test_random(), try_call, &t), 0);
			CHECK(t.result == 0 || (t.spent && t.result == -ENOMEM));
			CHECK(!good || t.countdown || t.result == starved);
			CHECK_EQ(box.blocks, 0);
			CHECK_EQ(box.mapped, 0);
		}
	}
}

static void faults_in_loop(void)
{
	with_every_fault(run_loop, 0);
}

static void faults_in_reduce(void)
{
	with_every_fault(run_reduce, 0);
}

static void faults_in_repeatable(void)
{
	with_every_fault(run_repeatable, -ENOMEM);
}

static void faults_in_scan(void)
{
	with_every_fault(run_scan, -ENOMEM);
}

static void faults_in_sort(void)
{
	with_every_fault(run_sort, -ENOMEM);
}

static void faults_in_sort_keys(void)
{
	with_every_fault(run_sort_keys, -ENOMEM);
}

static void faults_in_sort_of_odd_size(void)
{
	with_every_fault(run_sort_of_odd_size, -ENOMEM);
}

int main(void)
{
	test_start();
	watchdog(170);
	fake_start(8);
	sys.alloc = box_alloc;
	sys.alloc_aligned = box_alloc_aligned;
	sys.free = box_free;
	sys.map = box_map;
	sys.map_shared = box_map_shared;
	sys.unmap = box_unmap;
	sys.advise = no_huge_pages;
	items = calloc(ITEMS, sizeof *items);
	TEST(faults_in_loop);
	TEST(faults_in_reduce);
	TEST(faults_in_repeatable);
	TEST(faults_in_scan);
	TEST(faults_in_sort);
	TEST(faults_in_sort_keys);
	TEST(faults_in_sort_of_odd_size);
	free(items);
	return test_done();
}
