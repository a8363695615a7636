/* Where tasks are spawned, and what became of those of each place. A site is a function and the place that spawned it.
 *
 * There are at most SITES_MAX - 1 of them in a runtime; the tasks of all others share the first. What became of them
 * is summed by each worker in rows of its own, one a site, which only that worker writes: so it costs no locked
 * instruction, and any thread may read them, a little late. */
#ifndef METER_SITE_H
#define METER_SITE_H

#include <hob/task.h>

#include "base/atomic.h"
#include "meter/why.h"

enum { SITE_OTHERS, SITES_MAX = 128 };

struct site {
	atomic_of(uint64_t) key; /* 0: free */
	atomic_of(hob_task_fn *) fn;
	atomic_of(void *) caller;
};

struct sites {
	struct site at[SITES_MAX];
};

/* Ticks and counts. */
struct row {
	atomic_of(int64_t) tasks; /* ended */
	atomic_of(int64_t) compute, ready, held;
	atomic_of(int64_t) longest;     /* stretch on a core */
	atomic_of(int64_t) call;        /* that it was held in last: see call.h */
	atomic_of(int64_t) lonely;      /* stretches of more than LONG_NS, while another core slept */
	atomic_of(int64_t) wait[WHYS];  /* by reason */
	atomic_of(int64_t) waits[WHYS]; /* how many */
	atomic_of(int64_t) laned;       /* in a lane, on a core: ns, short stretches by samples (sync/lane.c) */
};

/* By the row's writer. */
static inline void row_add(atomic_of(int64_t) *sum, int64_t n)
{
	at_store(sum, at_load(sum, RELAXED) + n, RELAXED);
}

/* The number of a site, which is a new one where there is room. Any thread. */
unsigned site_find(struct sites *s, hob_task_fn *fn, void *caller);

/* Adds up. */
void row_sum(struct row *to, struct row *from);

#endif
