/* What things cost on this machine: the nanoseconds behind all the rest. */
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic.h"
#include "lab/lab.h"

/* Two threads, each on a core of its own --------------------------------------------------------------------------- */

struct pair {
	void *(*fn[2])(void *);
	void *arg[2];
	int cpu[2]; /* where each runs; -1: anywhere */
};

struct half {
	struct pair *pair;
	int i;
};

static void *half_main(void *arg)
{
	struct half *h = arg;

	lab_pin(h->pair->cpu[h->i]);
	return h->pair->fn[h->i](h->pair->arg[h->i]);
}

/* Seconds that both take. */
static double run_pair(struct pair *p)
{
	struct half halves[2] = { { p, 0 }, { p, 1 } };
	pthread_t threads[2];
	double begin = seconds();

	for (int i = 0; i < 2; i++)
		if (pthread_create(&threads[i], NULL, half_main, &halves[i])) {
			if (i)
				pthread_join(threads[0], NULL);
			return -EAGAIN;
		}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	return seconds() - begin;
}

/* False sharing --------------------------------------------------------------------------- */

enum { COUNTS = 4000000 };

static void *count(void *arg)
{
	for (int i = 0; i < COUNTS; i++)
		at_add((atomic_of(uint64_t) *)arg, 1, RELAXED);
	return NULL;
}

static double counting(const int cpu[2], size_t distance)
{
	static _Alignas(256) uint64_t words[64];
	struct pair p = { { count, count }, { words, (char *)words + distance }, { cpu[0], cpu[1] } };

	return run_pair(&p) / COUNTS * 1e9;
}

/* Locks --------------------------------------------------------------------------- */

enum { LOCKS = 500000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *lock_often(void *arg)
{
	for (int i = 0; i < LOCKS; i++) {
		pthread_mutex_lock(&mutex);
		(*(volatile uint64_t *)arg)++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static double locking(const int cpu[2])
{
	static uint64_t word;
	struct pair p = { { lock_often, lock_often }, { &word, &word }, { cpu[0], cpu[1] } };

	return run_pair(&p) / (2 * LOCKS) * 1e9;
}

static double locking_alone(void)
{
	uint64_t word = 0;
	double begin = seconds();

	lock_often(&word);
	return (seconds() - begin) / LOCKS * 1e9;
}

/* Switches --------------------------------------------------------------------------- */

enum { TURNS = 20000 };

struct table {
	atomic_of(uint32_t) turn;
};

static void play(struct table *t, uint32_t me)
{
	for (uint32_t i = 0; i < TURNS; i++) {
		uint32_t now;

		while ((now = at_load(&t->turn, ACQUIRE)) % 2 != me)
			futex_wait(&t->turn, now, INT64_MAX);
		at_add(&t->turn, 1, RELEASE);
		futex_wake(&t->turn, 1);
	}
}

static void *white(void *arg)
{
	play(arg, 0);
	return NULL;
}

static void *black(void *arg)
{
	play(arg, 1);
	return NULL;
}

static double ping_pong(int first, int second)
{
	struct table t = { 0 };
	struct pair p = { { white, black }, { &t, &t }, { first, second } };

	return run_pair(&p) / (2 * TURNS) * 1e9;
}

static int yield_often(void *arg)
{
	(void)arg;
	for (int i = 0; i < 50 * TURNS; i++)
		hob_yield();
	return 0;
}

static int two_yield(void *arg)
{
	(void)arg;
	return lab_spawn_all(2, yield_often, NULL, 0);
}

static double task_switch(void)
{
	return lab_run(1, two_yield, NULL) / (100 * TURNS) * 1e9;
}

/* Starts --------------------------------------------------------------------------- */

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

enum { BATCHES = 50 };

static int many_tasks(void *arg)
{
	int err = 0;

	(void)arg;
	for (int i = 0; !err && i < BATCHES; i++)
		err = lab_spawn_all(1000, nothing, NULL, 0);
	return err;
}

static double start_task(void)
{
	return lab_run(1, many_tasks, NULL) / (BATCHES * 1000) * 1e9;
}

static void *no_thread(void *arg)
{
	return arg;
}

static double start_thread(void)
{
	double begin = seconds();

	for (int i = 0; i < 200; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, no_thread, NULL))
			return -EAGAIN;
		pthread_join(t, NULL);
	}
	return (seconds() - begin) / 200 * 1e9;
}

static double start_process(void)
{
	char *const argv[] = { "true", NULL };
	double begin = seconds();
	extern char **environ;

	for (int i = 0; i < 40; i++) {
		pid_t pid;

		if (posix_spawnp(&pid, "true", NULL, NULL, argv, environ))
			return -ENOENT;
		waitpid(pid, NULL, 0);
	}
	return (seconds() - begin) / 40 * 1e9;
}

/* The table --------------------------------------------------------------------------- */

enum { APART, TOGETHER, LOCK_ALONE, LOCK_BOTH, SWITCH_TASK, SWITCH_THREAD, WAKE, TASK, THREAD, PROCESS, PRICES };

static const char *const names[PRICES] = {
	"atomic add, own cache line",    "atomic add, false sharing", "lock and unlock, alone",
	"lock and unlock, two cores",    "switch of tasks",           "switch of threads, one core",
	"wake a thread on another core", "start and join a task",     "start and join a thread",
	"start and wait a process",
};

static double measure(int price, const int cpu[2])
{
	switch (price) {
	case APART:
		return counting(cpu, 128);
	case TOGETHER:
		return counting(cpu, 8);
	case LOCK_ALONE:
		return locking_alone();
	case LOCK_BOTH:
		return locking(cpu);
	case SWITCH_TASK:
		return task_switch();
	case SWITCH_THREAD:
		return ping_pong(cpu[0], cpu[0]);
	case WAKE:
		return ping_pong(cpu[0], cpu[1]);
	case TASK:
		return start_task();
	case THREAD:
		return start_thread();
	default:
		return start_process();
	}
}

static int run(const struct lab *lab, struct finding *f)
{
	double price[PRICES];
	int cpu[2];

	lab_two_cores(cpu);
	finding_did(f, "Each thing many times over, and the time divided. Two threads were given cores of their own "
		       "where the machine "
		       "has two.");
	f->bars = (struct svg_bars){ .title = "What things cost here", .unit = "ns", .log = true };
	for (int p = 0; p < PRICES; p++) {
		struct sample s = { 0 };

		for (unsigned round = 0; round < lab_rounds(lab); round++) {
			double ns = measure(p, cpu);

			if (ns < 0)
				break;
			sample_add(&s, ns);
		}
		price[p] = sample_median(&s);
		finding_figure(f, &s, "ns", "%s", names[p]);
		finding_bar(f, &s, "%s", names[p]);
	}
	if (cpu[1] < 0) {
		finding_judge(f, price[SWITCH_TASK] < price[SWITCH_THREAD] && price[TASK] < price[THREAD],
			      "a task is switched %.0f times faster than a thread; one core, so nothing is shared "
			      "between cores",
			      price[SWITCH_THREAD] / price[SWITCH_TASK]);
		return 0;
	}
	finding_judge(
		f,
		price[TOGETHER] > 2 * price[APART] && price[LOCK_BOTH] > 2 * price[LOCK_ALONE] &&
			10 * price[SWITCH_TASK] < price[SWITCH_THREAD] && 10 * price[TASK] < price[THREAD],
		"false sharing makes a count %.0f times dearer, a second core a lock %.0f times; a task is switched "
		"%.0f times "
		"faster than a thread and started %.0f times faster, a thread started %.0f times faster than a process",
		price[TOGETHER] / price[APART], price[LOCK_BOTH] / price[LOCK_ALONE],
		price[SWITCH_THREAD] / price[SWITCH_TASK], price[THREAD] / price[TASK], price[PROCESS] / price[THREAD]);
	return 0;
}

const struct experiment experiment_prices = {
	"prices",
	"Sharing between cores, switching threads and starting them is dear; switching and starting tasks is not", run
};
