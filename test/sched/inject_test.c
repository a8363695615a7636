/* sched/inject.h: the queue that all workers share. */
#include "sched/inject.h"

#include <sched.h>

#include "base/sys.h"
#include "sched/rig.h"

enum { PRODUCERS = 2, CONSUMERS = 2, EACH = SLOW_BUILD ? 20000 : 50000, BATCH = 16 };

static void first_in_is_first_out(void)
{
	static struct task tasks[10];
	struct task *in[10], *out[10];
	struct inject q;

	for (int i = 0; i < 10; i++)
		in[i] = &tasks[i];
	inject_init(&q);
	CHECK_EQ(inject_pop(&q, out, 10), 0);
	for (int round = 0; round < 2; round++) { /* it is as good as new once emptied */
		inject_push(&q, in, 3);
		inject_push(&q, in + 3, 0);
		inject_push(&q, in + 3, 7);
		CHECK_EQ(q.length, 10);
		CHECK_EQ(inject_pop(&q, out, 0), 0);
		CHECK_EQ(inject_pop(&q, out, 4), 4);
		CHECK_EQ(q.length, 6);
		CHECK_EQ(inject_pop(&q, out + 4, 10), 6);
		CHECK_EQ(q.length, 0);
		for (int i = 0; i < 10; i++)
			CHECK(out[i] == &tasks[i]);
		CHECK_EQ(inject_pop(&q, out, 10), 0);
	}
}

static struct inject shared;
static struct task many[PRODUCERS][EACH];
static atomic_of(uint8_t) seen[PRODUCERS][EACH];
static atomic_of(uint32_t) left;

static void *produce(void *arg)
{
	uintptr_t me = (uintptr_t)arg;
	struct dice dice = dice_of(me);
	struct task *batch[BATCH];

	for (uint32_t at = 0, n; at < EACH; at += n) {
		n = (uint32_t)roll(&dice, BATCH) + 1;
		n = n < EACH - at ? n : EACH - at;
		for (uint32_t i = 0; i < n; i++)
			batch[i] = &many[me][at + i];
		inject_push(&shared, batch, n);
	}
	return NULL;
}

/* One producer's tasks come in their order, to each consumer. */
static void *consume(void *arg)
{
	struct dice dice = dice_of(100 + (uintptr_t)arg);
	ptrdiff_t last[PRODUCERS] = { -1, -1 };
	struct task *batch[BATCH];

	while (at_load(&left, RELAXED)) {
		uint32_t n = inject_pop(&shared, batch, (uint32_t)roll(&dice, BATCH) + 1);

		if (n == 0)
			sched_yield();
		for (uint32_t i = 0; i < n; i++) {
			int from = batch[i] >= many[1];
			ptrdiff_t at = batch[i] - many[from];

			CHECK(at > last[from] && at < EACH);
			last[from] = at;
			CHECK_EQ(at_add(&seen[from][at], 1, RELAXED), 0);
		}
		at_sub(&left, n, RELAXED);
	}
	return NULL;
}

static void every_task_comes_out_once(void)
{
	pthread_t threads[PRODUCERS + CONSUMERS];

	inject_init(&shared);
	left = PRODUCERS * EACH;
	for (uintptr_t i = 0; i < PRODUCERS + CONSUMERS; i++)
		CHECK_EQ(sys.thread_create(&threads[i], i < PRODUCERS ? produce : consume, (void *)i), 0);
	for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
		sys.thread_join(threads[i]);
	CHECK_EQ(left, 0);
	CHECK_EQ(shared.length, 0);
	CHECK(!shared.first);
	for (int p = 0; p < PRODUCERS; p++)
		for (int i = 0; i < EACH; i++)
			CHECK_EQ(seen[p][i], 1);
}

int main(void)
{
	test_start();
	watchdog(100);
	TEST(first_in_is_first_out);
	TEST(every_task_comes_out_once);
	return test_done();
}
