/* Times, work of a known length, memory. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab/lab.h"

void sample_add(struct sample *s, double value)
{
	if (s->n < SAMPLES)
		s->values[s->n++] = value;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double sample_median(const struct sample *s)
{
	struct sample sorted = *s;

	if (s->n == 0)
		return 0;
	qsort(sorted.values, s->n, sizeof *sorted.values, ascending);
	return s->n % 2 ? sorted.values[s->n / 2] : (sorted.values[s->n / 2 - 1] + sorted.values[s->n / 2]) / 2;
}

double sample_low(const struct sample *s)
{
	double low = s->values[0];

	for (unsigned i = 1; i < s->n; i++)
		low = s->values[i] < low ? s->values[i] : low;
	return low;
}

double sample_high(const struct sample *s)
{
	double high = s->values[0];

	for (unsigned i = 1; i < s->n; i++)
		high = s->values[i] > high ? s->values[i] : high;
	return high;
}

unsigned lab_rounds(const struct lab *lab)
{
	return lab->quick ? 3 : 5;
}

double seconds(void)
{
	return (double)hob_now() / 1e9;
}

static double turns_a_second;

/* Turns that depend on each other, and that a compiler cannot foresee. */
static void turn(uint64_t n)
{
	uint64_t x = 1;

	while (n--) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(x));
	}
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void work_calibrate(void)
{
	/* The fastest of some: what is slower was disturbed. By CPU time, since others may use this core. */
	for (int i = 0; i < 8; i++) {
		double begin = cpu_seconds(), speed;

		turn(4000000);
		speed = 4e6 / (cpu_seconds() - begin);
		if (speed > turns_a_second)
			turns_a_second = speed;
	}
}

void work(double s)
{
	turn((uint64_t)(s * turns_a_second));
}

struct timed {
	hob_task_fn *fn;
	void *arg;
	double took;
};

/* Within the runtime, so that its own start and end do not count. */
static int timed_main(void *arg)
{
	struct timed *t = arg;
	double begin = seconds();
	int err = t->fn(t->arg);

	t->took = seconds() - begin;
	return err;
}

double lab_run(unsigned workers, hob_task_fn *fn, void *arg)
{
	struct timed t = { fn, arg, 0 };
	int err = hob_run(&(struct hob_options){ .workers = workers }, timed_main, &t);

	return err < 0 ? err : t.took;
}

int lab_spawn_all(unsigned n, hob_task_fn *fn, void *arg, size_t step)
{
	struct hob_scope *s;
	int err = hob_scope_create(&s), first;

	if (err)
		return err;
	for (unsigned i = 0; !err && i < n; i++)
		err = hob_spawn(s, fn, (char *)arg + i * step);
	first = hob_scope_wait(s, HOB_NEVER);
	hob_scope_destroy(s);
	return err ? err : first;
}

void lab_pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
}

void lab_two_cores(int cpu[2])
{
	cpu_set_t set;
	int found = 0;

	cpu[0] = cpu[1] = -1;
	if (sched_getaffinity(0, sizeof set, &set))
		return;
	for (int i = 0; i < CPU_SETSIZE && found < 2; i++)
		if (CPU_ISSET(i, &set))
			cpu[found++] = i;
}
