/* lane: enter and leave where nobody else wants it; four tasks that compute under one. hob.c WORKERS MS */
#include "bench.h"
#include <hob.h>

enum { TASKS = 4, STEPS = 2000 };

static int64_t budget, end;
static struct hob_lane *lane;

static void alone(void)
{
	int64_t start = bench_now(), rounds = 0, took;

	do {
		for (int i = 0; i < 10000; i++) {
			hob_lane_enter(lane, HOB_NEVER);
			hob_lane_leave(lane);
		}
		rounds += 10000;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("alone", (double)took / (double)rounds, "ns");
}

/* Some microseconds of computing, and a checkpoint. */
static int compute(void *arg)
{
	int64_t *done = arg;
	volatile uint64_t x = 1;

	while (bench_now() < end) {
		for (int i = 0; i < STEPS; i++)
			x = x * 6364136223846793005u + 1;
		++*done;
		hob_lane_yield();
	}
	return 0;
}

static void shared(void)
{
	int64_t done[TASKS] = { 0 }, sum = 0, worst = 0;
	struct hob_scope *s;

	bench_must(hob_scope_create(&s), "hob_scope_create");
	end = bench_now() + 4 * budget;
	for (int i = 0; i < TASKS; i++)
		bench_must(hob_lane_spawn(s, lane, compute, &done[i]), "hob_lane_spawn");
	bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
	hob_scope_destroy(s);
	for (int i = 0; i < TASKS; i++)
		sum += done[i];
	for (int i = 0; i < TASKS; i++) {
		int64_t off = done[i] * TASKS - sum;

		if (off < 0)
			off = -off;
		if (off > worst)
			worst = off;
	}
	bench_report("shares", 100.0 * (double)worst / TASKS / (double)sum, "%");
}

static int first(void *arg)
{
	(void)arg;
	bench_must(hob_lane_create(&lane, NULL), "hob_lane_create");
	alone();
	shared();
	hob_lane_destroy(lane);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	budget = bench_arg(argc, argv, 2) * 1000000;
	return hob_run(&opts, first, NULL);
}
