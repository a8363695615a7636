/* What the scheduler needs of something that waits for the outside world. src/wait supplies it, one poller a worker;
 * src/runtime.c connects the two; a test brings a fake one. Timers are part of it, since the poller alone knows how
 * long its sleep may be.
 */
#ifndef SCHED_POLLER_H
#define SCHED_POLLER_H

#include <hob/task.h>

#include "base/atomic.h"

struct task;
struct poller; /* the supplier's own */

/* A task's alarm. It is armed at one poller at a time. Heap links are the supplier's. */
struct timer {
	struct timer *child, *next, *prev;
	hob_time when;
	struct poller *poller;
	atomic_of(bool) armed;
};

/* Whose alarm it is. */
struct task *timer_task(struct timer *t);

struct poller_ops {
	enum hob_backend kind;

	/* A poller for one worker. A negative errno where it cannot be had. */
	int (*create)(struct poller **out);
	void (*destroy)(struct poller *p);

	/* Unparks the tasks whose waits are over, and sleeps until there is one, the deadline has come, or wake() is
	 * called: the earliest timer bounds the sleep by itself. Deadline 0 only looks, and is cheap when nothing is
	 * waited for. May return early for no reason. By one thread at a time. */
	void (*poll)(struct poller *p, hob_time deadline);

	/* Makes a poll() in progress, or else the next one, return. Any thread. */
	void (*wake)(struct poller *p);

	/* Is anything waited for? Out of date at once. Any thread. NULL: perhaps. */
	bool (*expects)(struct poller *p);

	/* timer->when is set. start: by a task on a worker that uses the poller. stop: by the timer's task, on any
	 * worker; after it the poller does not touch the timer again. A timer that fires is disarmed first, then its
	 * task is unparked. */
	void (*timer_start)(struct poller *p, struct timer *t);
	void (*timer_stop)(struct timer *t);
};

#endif
