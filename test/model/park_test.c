/* Parking itself, src/sched/park.c: workers that run real tasks on real stacks, and wakes that come before, while and
 * after a task leaves its stack. No wake is lost, no task runs twice at once, and what the waker wrote is seen. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "model.h"
#include "sched/worker.h"

enum { TASKS = 3, STACK = 32 << 10 };

static struct runtime rt;
static struct hob_scope scope;
static struct worker workers[MODEL_THREADS];
static struct task tasks[TASKS];
static _Alignas(16) char stacks[TASKS][STACK];
static atomic_of(uint32_t) ended, letters[TASKS];
static unsigned on[TASKS], mail[TASKS], nworkers, ntasks;
static const char *text; /* a letter a task: see act() */

static void timer_start(struct poller *p, struct timer *t)
{
	(void)p;
	at_store(&t->armed, true, RELAXED);
}

static void timer_stop(struct timer *t)
{
	at_store(&t->armed, false, RELAXED);
}

static const struct poller_ops ops = { .timer_start = timer_start, .timer_stop = timer_stop };

static int64_t the_time(void)
{
	return 1;
}

/* Stand-ins -------------------------------------------------------------------------------------------------------- */

struct hob_forks *hob_forks_here(void)
{
	return model_self() < nworkers ? &workers[model_self()].forks : NULL;
}

void idle_notify(struct runtime *r)
{
	(void)r;
}

void idle_notify_lone(struct runtime *r)
{
	(void)r;
}

void jobs_move(struct worker *w)
{
	(void)w;
}

void task_free(struct runtime *r, struct worker *w, struct task *t)
{
	(void)r, (void)w;
	model_write(stacks[t - tasks], STACK / 64); /* its stack is another's now */
	at_add(&ended, 1, RELEASE);
}

static void act(unsigned who);

static void task_main(void *arg)
{
	struct task *t = arg;
	struct worker *w;

	worker_after_switch();
	t->lane = NULL; /* where its argument was */
	act((unsigned)(t - tasks));
	w = worker_self();
	fiber_switch_last(&t->fiber, worker_exit(w, t, NULL));
}

void task_begin(struct worker *w, struct task *t)
{
	(void)w;
	fiber_init(&t->fiber, stacks[t - tasks], STACK, task_main, t);
}

/* Programs --------------------------------------------------------------------------------------------------------- */

static void deliver(unsigned to)
{
	model_write(&mail[to], sizeof mail[to]);
	at_store(&letters[to], 1, RELEASE);
	task_unpark(&tasks[to]);
}

/* A task is on one core at a time. */
static void check_alone(unsigned who)
{
	MODEL_CHECK(on[who]++ == 0);
	model_write(&on[who], sizeof on[who]);
	on[who]--;
}

static void await_letter(unsigned who, hob_time deadline)
{
	while (!at_load(&letters[who], ACQUIRE)) {
		task_park(WHY_SLEEP, deadline, PARK_CANCELLABLE);
		check_alone(who);
	}
	model_read(&mail[who], sizeof mail[who]);
}

/* p: parks until it has a letter. t: the same, with a deadline. y: yields, a, b: sends one to task 0, or 1 */
static void act(unsigned who)
{
	check_alone(who);
	switch (text[who]) {
	case 'p':
		await_letter(who, HOB_NEVER);
		break;
	case 't':
		await_letter(who, HOB_SECOND);
		break;
	case 'y':
		hob_yield();
		check_alone(who);
		break;
	case 'a':
		deliver(0);
		break;
	case 'A':
		task_unpark(&tasks[0]); /* for no reason */
		deliver(0);
		break;
	case 'n': /* to the next */
		await_letter(who, HOB_NEVER);
		deliver(who + 1);
		break;
	}
}

static void start(void)
{
	sys.now = the_time;
	memset(&rt, 0, sizeof rt);
	memset(&scope, 0, sizeof scope);
	memset(tasks, 0, sizeof tasks);
	memset(letters, 0, sizeof letters);
	memset(on, 0, sizeof on);
	ended = 0;
	inject_init(&rt.inject);
	rt.ops = &ops;
	rt.workers = workers;
	rt.most = nworkers;
	at_store(&rt.nworkers, nworkers, RELAXED);
	scope.rt = &rt;
	for (unsigned i = 0; i < nworkers; i++) {
		memset(&workers[i], 0, offsetof(struct worker, forks));
		memset(&workers[i].forks, 0, offsetof(struct hob_forks, ring) + 8 * sizeof(void *));
		at_store(&workers[i].woken, NULL, RELAXED);
		memset(&workers[i].deque, 0, sizeof workers[i].deque);
		workers[i].rt = &rt;
		workers[i].index = i;
		workers[i].tick = 100;
	}
	for (unsigned i = 0; i < ntasks; i++) {
		struct task *t = &tasks[i];

		t->scope = &scope;
		inject_push(&rt.inject, &t, 1);
	}
}

/* A thread beyond the workers is a foreign one, which sends a letter to task 0. */
static void run(unsigned who)
{
	struct worker *w = &workers[who];
	struct task *t;

	if (who >= nworkers) {
		deliver(0);
		return;
	}
	fiber_init_thread(&w->loop);
	while (at_load(&ended, ACQUIRE) < ntasks) {
		t = worker_next_shared(w);
		if (!t && deque_length(&w->deque)) /* what only looks writes nothing, or others' pauses would end */
			t = worker_next(w);
		if (t)
			worker_run(w, t);
		else
			at_pause();
	}
	fiber_finish_thread(&w->loop);
}

static void end(void)
{
	MODEL_CHECK(ended == ntasks && rt.inject.length == 0);
}

static void test(const char *tasks_text, unsigned workers_wanted, unsigned foreign, unsigned bound)
{
	static char name[60];

	snprintf(name, sizeof name, "tasks %s, %u workers, %u foreign threads", tasks_text, workers_wanted, foreign);
	text = tasks_text;
	ntasks = (unsigned)strlen(text);
	nworkers = workers_wanted;
	model_test(&(struct model){ name, workers_wanted + foreign, start, run, end }, bound, false);
}

int main(void)
{
	test("pa", 1, 0, 3);
	test("p", 1, 1, 3);
	test("t", 1, 1, 2);
	test("y", 2, 0, 2);
	test("yy", 2, 0, 1);
	test("pa", 2, 0, 2);
	test("pA", 2, 0, 2);
	test("ta", 2, 0, 1);
	test("nna", 1, 0, 2);
	test("npa", 2, 0, 1);
	return model_done();
}
