/* The alarms of one worker: an intrusive pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986), so that a timer needs
 * no memory beside its task's, starting one is a comparison, and stopping one anywhere is cheap. Any thread: a task
 * may resume on another worker than the one where it armed its timer. */
#ifndef WAIT_TIMERS_H
#define WAIT_TIMERS_H

#include "base/lock.h"
#include "sched/poller.h"

struct timers {
	struct lock lock;
	struct timer *root;
	atomic_of(hob_time) next; /* when the earliest is due; HOB_NEVER: there is none. Written under the lock */
};

void timers_init(struct timers *ts);
void timers_start(struct timers *ts, struct timer *t);
void timers_stop(struct timers *ts, struct timer *t);

/* Disarms what is due and unparks its tasks; answers how many. Costs one load when there is no timer. */
unsigned timers_fire(struct timers *ts);

#endif
