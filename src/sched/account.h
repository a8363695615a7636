/* What a task does with its life. At every instant it is in one of four states:
 *
 *	compute   it is on a core
 *	held      likewise, but its thread sleeps in the kernel, and with it the worker
 *	wait      parked; t->why says for what
 *	ready     neither: it could compute, but another does
 *
 * One stamp a switch: at which one task leaves the core, the next is on it. t->stamp is when a task came into its
 * state, and whoever changes that adds what has passed to the sum of the state that ends. So the sums add up to its
 * life without a gap or an overlap, to the tick, by construction.
 *
 *	spawned, yields, is unparked     ready begins   by the spawner, itself, the waker
 *	is switched to                   compute        by its worker, on the stack of who ran before
 *	parks                            wait           by itself
 *
 * A waker may be no worker, so it keeps the wait in `waited` for the worker that runs the task next to book. It may
 * write there: from the CAS of its permit on, which it won, until it is in a queue, the task is the waker's. A task
 * that had its permit before it was off its stack has not waited: it was ready.
 *
 * Held is what the monitor saw. It marks a worker whose thread it found asleep twice in one stretch; at the end of the
 * stretch the worker looks at its CPU clock: what that did not count since the monitor's first look, it was held. So a
 * wait in the kernel that is shorter than two looks is counted as compute, and of a longer one at most a look is. */
#ifndef SCHED_ACCOUNT_H
#define SCHED_ACCOUNT_H

#include "meter/stamp.h"
#include "sched/trace.h"
#include "sched/worker.h"

/* On the stack of its task, from its first run on. */
struct life {
	struct task_extra *extra; /* what few tasks have, or NULL */
	int64_t born, compute, ready, wait, held;
	int64_t waited;         /* of wait: by no row yet */
	uint32_t number, waker; /* in a trace: its own, and who woke it last. 0: none */
};

/* A task's sums, or those of many, ns. */
struct account {
	int64_t compute, ready, wait, held;
};

/* The running task's until now, and with them its life. What its stretch may be held of is not known yet. */
struct account account_self(int64_t *life);

/* Books what the running task has computed until now. Its stretch goes on, under the same number. */
void account_flush(struct worker *w);

/* What the tasks of all sites came to, by rows of SITES_MAX: those of all workers are added up. */
void account_sum(struct runtime *rt, struct row *rows);

/* The rare ends of a stretch: the worker was marked, or it was long. Answers how much of it was held. */
int64_t account_rare(struct worker *w, struct row *r, int64_t stretch);

/* A stretch of more ticks than this is looked at: 5 to 10 ms by the counter of x86-64, that goes at the rate of a core,
 * 10 ms by that of aarch64 where it goes at 25 MHz, and less where it is faster. */
#if defined(__aarch64__)
#define LONG_TICKS 250000
#else
#define LONG_TICKS 20000000
#endif

#if !defined(HOB_EXPLORE) || defined(EXPLORE_ACCOUNTS)

static inline void account_spawn(struct task *t)
{
	t->stamp = stamp_now();
}

/* The running task leaves its core, after worker_next: the stretch had the number before. */
static inline void account_off(struct worker *w, struct task *t)
{
	int64_t now = stamp_now(), from = w->stamp, d = now - from, held = 0;
	struct row *r = &w->rows[t->site];
	struct life *l = t->life;

	w->stamp = t->stamp = now;
	if (UNLIKELY(d > LONG_TICKS || at_load(&w->mark.run, ACQUIRE) == w->runs - 1)) {
		held = account_rare(w, r, d);
		l->held += held;
	}
	l->compute += d - held;
	row_add(&r->compute, d - held);
	if (UNLIKELY(l->number))
		trace_compute(w, t, from, held);
}

/* A worker comes from its loop. */
static inline void account_begin(struct worker *w)
{
	w->stamp = stamp_now();
}

/* The task is switched to; it has run before. */
static inline void account_on(struct worker *w, struct task *t)
{
	struct row *r = &w->rows[t->site];
	struct life *l = t->life;

	l->ready += w->stamp - t->stamp;
	row_add(&r->ready, w->stamp - t->stamp);
	if (UNLIKELY(l->number))
		trace_ready(w, t);
	if (l->waited) {
		l->wait += l->waited;
		row_add(&r->wait[t->why], l->waited);
		row_add(&r->waits[t->why], 1);
		l->waited = 0;
	}
}

/* By the task itself, at its first run. */
static inline void account_born(struct worker *w, struct task *t, struct life *l)
{
	int64_t ready = w->stamp - t->stamp;

	*l = (struct life){ .born = t->stamp, .ready = ready };
	t->life = l;
	row_add(&w->rows[t->site].ready, ready);
	if (UNLIKELY(w->trace != NULL))
		trace_born(w, t, l);
}

/* By the waker that has won the task. */
static inline void account_unpark(struct task *t)
{
	int64_t now = stamp_now();

	t->life->waited = now - t->stamp;
	t->stamp = now;
	if (UNLIKELY(t->life->number))
		trace_wake(t->life);
}

/* The running task ends; the next begins where it does. */
static inline void account_end(struct worker *w, struct task *t)
{
	account_off(w, t);
	row_add(&w->rows[t->site].tasks, 1);
}

#else /* models leave the books out: nothing is decided by them, and each access would be a choice more */

static inline void account_spawn(struct task *t)
{
	(void)t;
}

static inline void account_off(struct worker *w, struct task *t)
{
	(void)w, (void)t;
}

static inline void account_begin(struct worker *w)
{
	(void)w;
}

static inline void account_on(struct worker *w, struct task *t)
{
	(void)w, (void)t;
}

static inline void account_born(struct worker *w, struct task *t, struct life *l)
{
	(void)w;
	t->life = l;
}

static inline void account_unpark(struct task *t)
{
	(void)t;
}

static inline void account_end(struct worker *w, struct task *t)
{
	(void)w, (void)t;
}

#endif

#endif
