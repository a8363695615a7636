/* What all parallel calls share: when to go on, whether to offer a part to other cores, and how to fail. */
#ifndef COMPUTE_CONTROL_H
#define COMPUTE_CONTROL_H

#include <hob/compute.h>

#include "base/sys.h"
#include "sched/worker.h"

/* An automatic range grows until it takes about so long: well above the price of a steal, of reading the clock and of
 * memory that is read from a new place on, well below what the last range may cost in balance. */
#define RANGE_NS 40000

struct control {
	atomic_of(int) error; /* the first, which ends it */
	struct hob_cores *cores;
	hob_time deadline;
};

static inline struct control control_of(const struct hob_loop *how)
{
	struct control c = { .deadline = HOB_NEVER };

	if (how) {
		c.cores = how->cores && how->cores->limit ? how->cores : NULL;
		c.deadline = how->deadline ? how->deadline : HOB_NEVER;
	}
	return c;
}

static inline int control_error(struct control *c)
{
	return at_load(&c->error, RELAXED);
}

/* `err` < 0 ends it, where it is the first. */
static inline void control_fail(struct control *c, int err)
{
	int none = 0;

	if (err < 0)
		at_cas(&c->error, &none, err, RELAXED);
}

/* The rest of control_ended, where something is to be done, or may have come. */
bool control_ended_slow(struct control *c);

/* Has it failed, been cancelled, run out of time? By a part of it, between ranges: so the usual answer costs some
 * loads, and no call. */
static inline bool control_ended(struct control *c)
{
	struct worker *w = container_of(hob_forks_here(), struct worker, forks);

	if (LIKELY(!(w->forks.follows | (uint64_t)control_error(c)) && c->deadline == HOB_NEVER &&
		   !at_load(&w->current->scope->cancelled, RELAXED)))
		return false;
	return control_ended_slow(c);
}

/* How many cores may work on it. */
unsigned control_width(struct control *c);

/* The automatic grain for the next range, after one of `grain` items that was begun at `before`. */
static inline size_t grain_after(size_t grain, hob_time before)
{
	return sys.now() - before < RANGE_NS / 2 && grain < SIZE_MAX / 4 ? 2 * grain : grain;
}

/* A forked job under the limit on cores. */
struct offer {
	struct hob_job job;
	struct control *control;
	struct task *by;
	hob_job_fn *fn;
	void *arg;
};

/* Whoever comes for work would find none of the calling task's. */
static inline bool offer_wanted(void)
{
	return jobs_empty(hob_forks_here());
}

bool offer_limited(struct offer *o, struct control *c, hob_job_fn *fn, void *arg);

/* Forks fn(arg); to be joined by offer_join, as a job is. False where no further core may help: nothing is forked. */
static inline bool offer_make(struct offer *o, struct control *c, hob_job_fn *fn, void *arg)
{
	if (UNLIKELY(c->cores != NULL))
		return offer_limited(o, c, fn, arg);
	hob_fork(&o->job, fn, arg);
	return true;
}

static inline void offer_join(struct offer *o)
{
	hob_join(&o->job);
}

#endif
