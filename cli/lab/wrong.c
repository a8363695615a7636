/* The wrong model, and what it costs. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/lab.h"

/* What is late: something due every millisecond, while something else takes the thread for 20 ms ten times a second. */

enum { TICKS_MOST = 2000 };

static double burst_seconds = 0.02, every_seconds = 0.1;

struct ticks {
	unsigned n;
	double late[TICKS_MOST];
	hob_time end;
};

static void block_burst(void)
{
	usleep((useconds_t)(burst_seconds * 1e6));
}

static void compute_burst(void)
{
	work(burst_seconds);
}

static int burst_task(void *arg)
{
	((void (*)(void))arg)();
	return 0;
}

static void tick(struct ticks *t, hob_time due)
{
	if (t->n < TICKS_MOST)
		t->late[t->n++] = (double)(hob_now() - due) / 1e9;
}

/* An event loop as they are everywhere: one thread, which calls what is due. */
static void plain_loop(struct ticks *t, void (*burst)(void))
{
	hob_time due = hob_now() + HOB_MS, next_burst = hob_now();

	while (due < t->end) {
		struct timespec until = { due / HOB_SECOND, due % HOB_SECOND };

		if (hob_now() >= next_burst) {
			next_burst += (hob_time)(every_seconds * 1e9);
			burst();
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		tick(t, due);
		due += HOB_MS;
	}
}

static char heard[WHY]; /* of the last run of hob's */

struct hobbed {
	struct ticks *ticks;
	void (*burst)(void);
	bool marked;
};

static int ticker(void *arg)
{
	struct hobbed *h = arg;

	for (hob_time due = hob_now() + HOB_MS; due < h->ticks->end; due += HOB_MS) {
		int err = hob_sleep(due);

		if (err)
			return err;
		tick(h->ticks, due);
	}
	return 0;
}

static int burster(void *arg)
{
	struct hobbed *h = arg;

	for (hob_time due = hob_now(); due < h->ticks->end; due += (hob_time)(every_seconds * 1e9)) {
		int err = hob_sleep(due);

		if (err)
			return err;
		if (h->marked)
			hob_blocking(burst_task, (void *)h->burst, HOB_NEVER);
		else
			h->burst();
	}
	return 0;
}

static int both(void *arg)
{
	struct hob_scope *s;
	int err = hob_scope_create(&s), first;

	if (err)
		return err;
	err = hob_spawn(s, ticker, arg);
	if (!err)
		err = hob_spawn(s, burster, arg);
	first = hob_scope_wait(s, HOB_NEVER);
	hob_scope_destroy(s);
	lab_overhear(heard, sizeof heard);
	return err ? err : first;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

enum way { PLAIN_LOOP, UNMARKED, MARKED };

/* The 99th percentile of how late ticks were, in milliseconds. */
static double lateness(enum way way, void (*burst)(void), double length)
{
	static struct ticks t;
	struct hobbed h = { &t, burst, way == MARKED };

	t.n = 0;
	t.end = hob_after((int64_t)(length * 1e9));
	if (way == PLAIN_LOOP)
		plain_loop(&t, burst);
	else if (lab_run(1, both, &h) < 0)
		return -1;
	if (t.n == 0)
		return -1;
	qsort(t.late, t.n, sizeof *t.late, ascending);
	return t.late[t.n * 99 / 100] * 1e3;
}

static double bar(const struct lab *lab, struct finding *f, enum way way, void (*burst)(void), const char *name)
{
	struct sample s = { 0 };

	for (unsigned round = 0; round < 3; round++) {
		double ms = lateness(way, burst, lab->quick ? 0.3 : 0.8);

		if (ms >= 0)
			sample_add(&s, ms);
	}
	finding_figure(f, &s, "ms", "p99 late: %s", name);
	finding_bar(f, &s, "%s", name);
	return sample_median(&s);
}

/* Processes for tiny waits --------------------------------------------------------------------------- */

enum { TINY = 100 };

static int tiny(void *arg)
{
	(void)arg;
	return hob_sleep(hob_after(HOB_MS));
}

static int tiny_tasks(void *arg)
{
	(void)arg;
	return lab_spawn_all(TINY, tiny, NULL, 0);
}

static double tiny_processes(void)
{
	double begin = seconds();
	unsigned made = 0;
	pid_t pid;

	fflush(NULL);
	while (made < TINY && (pid = fork()) >= 0) {
		if (pid == 0) {
			usleep(1000);
			_exit(0);
		}
		made++;
	}
	for (unsigned i = 0; i < made; i++)
		wait(NULL);
	return seconds() - begin;
}

/* Threads for computing under a lock --------------------------------------------------------------------------- */

enum { THREADS = 4, STEPS = 400 };

static pthread_mutex_t global_lock = PTHREAD_MUTEX_INITIALIZER;

static void *locked_steps(void *arg)
{
	for (int i = 0; i < STEPS / THREADS; i++) {
		pthread_mutex_lock(&global_lock);
		work(0.0001);
		pthread_mutex_unlock(&global_lock);
	}
	return arg;
}

static double locked_threads(void)
{
	pthread_t threads[THREADS];
	double begin = seconds();
	int made = 0;

	while (made < THREADS && pthread_create(&threads[made], NULL, locked_steps, NULL) == 0)
		made++;
	for (int i = 0; i < made; i++)
		pthread_join(threads[i], NULL);
	return seconds() - begin;
}

static double one_thread(void)
{
	double begin = seconds();

	for (int i = 0; i < THREADS; i++)
		locked_steps(NULL);
	return seconds() - begin;
}

/* A lock held while waiting --------------------------------------------------------------------------- */

enum { HOLDERS = 20 };

struct held {
	struct hob_mutex mutex;
	bool while_waiting;
};

static int hold(void *arg)
{
	struct held *h = arg;
	int err = hob_mutex_lock(&h->mutex, HOB_NEVER);

	if (err)
		return err;
	if (!h->while_waiting)
		hob_mutex_unlock(&h->mutex);
	err = hob_sleep(hob_after(2 * HOB_MS));
	if (h->while_waiting)
		hob_mutex_unlock(&h->mutex);
	return err;
}

static int holders(void *arg)
{
	return lab_spawn_all(HOLDERS, hold, arg, 0);
}

static double holding(bool while_waiting)
{
	struct held h = { .while_waiting = while_waiting };

	return lab_run(1, holders, &h);
}

/* The table --------------------------------------------------------------------------- */

static double ratio(struct finding *f, const char *wrong, const char *right, struct sample *a, struct sample *b)
{
	finding_figure(f, a, "s", "%s", wrong);
	finding_figure(f, b, "s", "%s", right);
	return sample_median(a) / sample_median(b);
}

static int run(const struct lab *lab, struct finding *f)
{
	struct sample s[6] = { 0 };
	double blocked[3], computed[3], tiny_ratio, lock_ratio, hold_ratio;

	finding_did(f,
		    "Something due every millisecond on one thread, beside something that blocks, or computes, for "
		    "%.0f ms ten times "
		    "a second: in a plain event loop, in tasks of hob that say nothing of it, and by hob_blocking. %d "
		    "waits of 1 "
		    "ms as processes and as tasks. %d ms of computing by %d threads under one lock and by one. %d "
		    "waits of 2 ms with "
		    "a lock held, and without.",
		    burst_seconds * 1e3, TINY, STEPS / 10, THREADS, HOLDERS);
	f->bars = (struct svg_bars){ .title = "How late is the worst hundredth of what is due?",
				     .unit = "ms",
				     .log = true };
	blocked[PLAIN_LOOP] = bar(lab, f, PLAIN_LOOP, block_burst, "event loop that blocks");
	blocked[UNMARKED] = bar(lab, f, UNMARKED, block_burst, "hob, a task blocks unmarked");
	finding_said(f, "a call that blocks, unmarked: a stand-in takes its worker's place; the report says: %s",
		     *heard ? heard : "nothing");
	blocked[MARKED] = bar(lab, f, MARKED, block_burst, "hob, by hob_blocking");
	computed[PLAIN_LOOP] = bar(lab, f, PLAIN_LOOP, compute_burst, "event loop that computes");
	computed[UNMARKED] = bar(lab, f, UNMARKED, compute_burst, "hob, a task computes");
	finding_said(f, "computing among what waits: a stand-in shares its core; the report says: %s",
		     *heard ? heard : "nothing, since on one core there is no other to compute on");
	finding_said(f, "a lock held while waiting: the report counts such waits under mutex, and hob dump shows who "
			"has it; nothing is done about it");
	finding_said(f, "processes for tiny waits, threads under one lock: no part of hob's runtime; hob why sees them "
			"from outside");
	for (unsigned round = 0; round < lab_rounds(lab); round++) {
		sample_add(&s[0], tiny_processes());
		sample_add(&s[1], lab_run(1, tiny_tasks, NULL));
		sample_add(&s[2], locked_threads());
		sample_add(&s[3], one_thread());
		sample_add(&s[4], holding(true));
		sample_add(&s[5], holding(false));
	}
	tiny_ratio = ratio(f, "tiny waits as processes", "tiny waits as tasks", &s[0], &s[1]);
	lock_ratio = ratio(f, "computing by threads under one lock", "computing by one thread", &s[2], &s[3]);
	hold_ratio = ratio(f, "waits with a lock held", "waits without", &s[4], &s[5]);

	bool dear = blocked[PLAIN_LOOP] > 5 && computed[PLAIN_LOOP] > 5 && tiny_ratio > 2 && lock_ratio > 0.95 &&
		    hold_ratio > 5;
	bool mended = blocked[UNMARKED] < blocked[PLAIN_LOOP] / 5 && blocked[MARKED] < blocked[PLAIN_LOOP] / 5;
	finding_judge(f, dear && mended,
		      "in a plain loop what is due came %.1f ms late beside a call that blocks and %.1f ms beside "
		      "computing; in tasks of hob "
		      "%.2f and %.2f ms, and %.2f by hob_blocking; tiny waits as processes took %.0f times as long, "
		      "threads under a lock "
		      "%.2f times, waits with a lock held %.0f times",
		      blocked[PLAIN_LOOP], computed[PLAIN_LOOP], blocked[UNMARKED], computed[UNMARKED], blocked[MARKED],
		      tiny_ratio, lock_ratio, hold_ratio);
	return 0;
}

const struct experiment experiment_wrong = { "wrong",
					     "The wrong model is dear: blocking or computing in an event loop, "
					     "processes for tiny waits, a lock held while waiting",
					     run };
