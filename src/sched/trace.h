/* What a runtime tells its trace, where the environment asks for one: HOB_TRACE=file.
 *
 * The calls stand where account.h reads the clock anyway, behind a branch on a word that is at hand: a task that is
 * traced has a number in its struct life, and a worker a ring. */
#ifndef SCHED_TRACE_H
#define SCHED_TRACE_H

#include "meter/trace.h"

struct life;
struct runtime;
struct task;
struct worker;

void trace_begin(struct runtime *rt); /* sets rt->trace, or says on standard error why not */
void trace_end(struct runtime *rt);   /* and says what is missing */

/* A worker's or a spare's ring, where there is a trace. 0, or -ENOMEM. */
int trace_worker(struct runtime *rt, struct worker *w, bool spare);

/* As account.h books: before `waited` is cleared, after a stretch is known. */
void trace_born(struct worker *w, struct task *t, struct life *l);
void trace_ready(struct worker *w, struct task *t);
void trace_compute(struct worker *w, struct task *t, int64_t from, int64_t held);
void trace_wake(struct life *l); /* by the waker that has won the task */

#if !defined HOB_EXPLORE || defined HOB_SIM
void trace_steal(struct worker *w, struct worker *from);
int64_t trace_now(void);
void trace_stands(struct worker *w, int64_t from); /* a spare that resigns */
#else
static inline int64_t trace_now(void)
{
	return 0;
}

static inline void trace_stands(struct worker *w, int64_t from)
{
	(void)w, (void)from;
}

static inline void trace_steal(struct worker *w, struct worker *from)
{
	(void)w, (void)from;
}
#endif

#endif
