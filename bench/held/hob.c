/* held: what 990 tasks get done while ten others block, beside while they sleep. hob.c WORKERS ROUNDS MS BLOCK_MS */
#include "bench.h"
#include <hob.h>
#include <stdbool.h>

enum { TASKS = 1000, BLOCKERS = 10, STEPS = 2000 };

static long rounds, ms, block_ms;
static bool blocks, over; /* written by one task, read by all, late at worst */
static struct count {
	_Alignas(64) long turns;
} counts[TASKS];

/* Some microseconds. */
static uint64_t turn(uint64_t x)
{
	for (int i = 0; i < STEPS; i++)
		x = x * 6364136223846793005u + 1;
	return x;
}

static int compute(void *arg)
{
	struct count *c = arg;
	uint64_t x = 1;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		x = turn(x);
		__atomic_store_n(&c->turns, c->turns + 1, __ATOMIC_RELAXED);
		hob_yield();
	}
	return x == 0;
}

static int wait(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		if (__atomic_load_n(&blocks, __ATOMIC_RELAXED))
			usleep((useconds_t)block_ms * 1000);
		else
			hob_sleep(hob_after(block_ms * HOB_MS));
		hob_yield();
	}
	return 0;
}

static double measure(bool blocked)
{
	long sum = 0;
	int64_t from;

	__atomic_store_n(&blocks, blocked, __ATOMIC_RELAXED);
	hob_sleep(hob_after(2 * block_ms * HOB_MS)); /* the last of the other kind ends */
	from = bench_now();
	for (int i = BLOCKERS; i < TASKS; i++)
		sum -= __atomic_load_n(&counts[i].turns, __ATOMIC_RELAXED);
	hob_sleep(hob_after(ms * HOB_MS));
	for (int i = BLOCKERS; i < TASKS; i++)
		sum += __atomic_load_n(&counts[i].turns, __ATOMIC_RELAXED);
	return (double)sum / (double)(bench_now() - from);
}

static int program(void *arg)
{
	double free_rate = 0, blocked_rate = 0;
	struct hob_scope *s;

	(void)arg;
	bench_must(hob_scope_create(&s), "hob_scope_create");
	for (int i = 0; i < TASKS; i++)
		bench_must(hob_spawn(s, i < BLOCKERS ? wait : compute, &counts[i]), "hob_spawn");
	for (long i = 0; i < rounds; i++) {
		free_rate += measure(false);
		blocked_rate += measure(true);
	}
	bench_report("held", 100 * blocked_rate / free_rate, "%");
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
	hob_scope_destroy(s);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	rounds = bench_arg(argc, argv, 2);
	ms = bench_arg(argc, argv, 3);
	block_ms = bench_arg(argc, argv, 4);
	bench_must(hob_run(&opts, program, NULL), "hob_run");
	return 0;
}
