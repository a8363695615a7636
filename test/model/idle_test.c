/* The sleep protocol, src/sched/idle.c and queue.c: a task that a worker leaves to others while it computes is run
 * by one of them, however they were about to sleep or nap, and though nobody is woken for a lone task while one
 * naps. Built without the hostile mode, which knows no lone tasks. What it uses of the rest is stood in for here. */
#include <string.h>

#include "base/sys.h"
#include "model.h"
#include "sched/allow.h"
#include "sched/seat.h"

enum { WORKERS = 3 };

struct poller {
	atomic_of(uint32_t) woken;
};

static struct runtime rt;
static struct worker workers[WORKERS];
static struct worker *queues[] = { &workers[0], &workers[1], &workers[2] };
static struct poller pollers[WORKERS];
static struct task running, lone, other;
static atomic_of(uint32_t) ran;
static unsigned most; /* workers */
static bool endless;  /* naps do not end: a defect */
static bool event;    /* the end of a nap brings the other task */

static int64_t ticking(void)
{
	static int64_t now;

	return now += HOB_SECOND; /* each search looks once */
}

/* A nap may end at any time. */
static void poll(struct poller *p, hob_time deadline)
{
	if (deadline == HOB_NEVER || (deadline && endless))
		while (!at_load(&p->woken, ACQUIRE))
			futex_wait(&p->woken, 0, INT64_MAX);
	else if (deadline)
		futex_wait(&p->woken, 0, deadline);
	at_swap(&p->woken, 0, ACQ_REL);
	if (deadline && event) {
		event = false;
		worker_ready(&rt, &other);
	}
}

static void wake(struct poller *p)
{
	at_swap(&p->woken, 1, ACQ_REL);
	futex_wake(&p->woken, 1);
}

static const struct poller_ops ops = { .poll = poll, .wake = wake };

static void start(void)
{
	sys.now = ticking;
	memset(&rt, 0, sizeof rt);
	memset(&pollers, 0, sizeof pollers);
	inject_init(&rt.inject);
	rt.ops = &ops;
	rt.workers = workers;
	rt.most = most;
	at_store(&rt.nworkers, most, RELAXED);
	rt.queues = queues;
	at_store(&rt.nqueues, most, RELAXED);
	at_store(&rt.allowed, most, RELAXED);
	for (unsigned i = 0; i < WORKERS; i++) {
		memset(&workers[i], 0, sizeof workers[i]);
		workers[i].rt = &rt;
		workers[i].index = i;
		workers[i].poller = &pollers[i];
		workers[i].seat = &workers[i];
		workers[i].chance = i + 1;
		workers[i].tick = 100;
		workers[i].spins_failed = 10;
	}
	at_store(&workers[0].current, &running, RELAXED);
	workers[1].notified = true; /* in vain: so it naps */
	at_store(&ran, 0, RELAXED);
}

static void start_two(void)
{
	most = 2;
	endless = event = false;
	start();
}

static void start_three(void)
{
	most = 3;
	endless = event = false;
	start();
}

/* None naps, and all that search do so once. */
static void start_rested(void)
{
	start_three();
	workers[1].notified = false;
}

static void start_event(void)
{
	most = 3;
	endless = false;
	event = true;
	start();
}

static void start_endless(void)
{
	most = 2;
	endless = true;
	event = false;
	start();
}

/* Stand-ins -------------------------------------------------------------------------------------------------------- */

struct hob_forks *hob_forks_here(void)
{
	return &workers[model_self()].forks;
}

struct task *jobs_steal(struct worker *w)
{
	(void)w;
	return NULL;
}

bool jobs_in_sight(struct runtime *r)
{
	(void)r;
	return false;
}

void allow_look(struct runtime *r)
{
	(void)r;
}

bool allow_me(struct worker *w)
{
	(void)w;
	return true;
}

void allow_aside(struct worker *w)
{
	(void)w;
}

/* Nobody is stuck. */

void monitor_rouse(struct runtime *r)
{
	(void)r;
}

bool seat_resume(struct worker *w)
{
	(void)w;
	return true;
}

bool seat_lie_down(struct worker *w)
{
	(void)w;
	return true;
}

void seat_look(struct worker *w)
{
	poll(w->poller, 0);
}

/* Programs --------------------------------------------------------------------------------------------------------- */

static void await_lone(void)
{
	while (!at_load(&ran, ACQUIRE))
		futex_wait(&ran, 0, INT64_MAX);
}

/* Runs what it finds until the end; `other` goes on until the lone one has been run. */
static void work(struct worker *w)
{
	struct task *t;

	while ((t = idle_find(w))) {
		at_store(&w->current, t, RELEASE);
		if (t == &lone) {
			at_store(&ran, 1, RELEASE);
			futex_wake(&ran, INT32_MAX);
			idle_stop(&rt);
		} else {
			await_lone();
		}
		at_store(&w->current, NULL, RELEASE);
	}
}

/* Spawns, and computes until that task has been run by another. */
static void spawn_lone(unsigned who)
{
	if (who == 0) {
		worker_ready(&rt, &lone);
		await_lone();
	} else {
		work(&workers[who]);
	}
}

/* The same with another before it, which does not come back before the lone one has been run: whoever takes that one
 * has to tell a third worker. */
static void spawn_two(unsigned who)
{
	if (who == 0) {
		worker_ready(&rt, &other);
		worker_ready(&rt, &lone);
		await_lone();
	} else {
		work(&workers[who]);
	}
}

static void all_done(void)
{
	MODEL_CHECK(ran);
	MODEL_CHECK(rt.idle == 0 && !rt.asleep); /* who counts itself in counts itself out */
}

#define MODEL(name, threads, how, program)                                                                             \
	&(struct model)                                                                                                \
	{                                                                                                              \
		name, threads, start_##how, program, all_done                                                          \
	}

int main(void)
{
	model_test(MODEL("a lone task beside one that naps", 2, two, spawn_lone), 2, false);
	model_test(MODEL("a lone task, one naps, one sleeps", 3, three, spawn_lone), 0, false);
	model_test(MODEL("two tasks, one searches, one sleeps", 3, rested, spawn_two), 0, false);
	model_test(MODEL("a lone task, and the napper is brought another", 3, event, spawn_lone), 1, false);
	model_test(MODEL("a lone task beside one whose nap does not end", 2, endless, spawn_lone), 1, true);
	return model_done();
}
