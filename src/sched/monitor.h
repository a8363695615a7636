/* Who looks after the workers: see monitor.c. */
#ifndef SCHED_MONITOR_H
#define SCHED_MONITOR_H

#include <hob/task.h>
#include <pthread.h>

#include "base/atomic.h"

struct runtime;

struct monitor {
	pthread_t thread;
	bool there;
	atomic_of(uint32_t) state; /* see monitor.c */
	uint32_t runs;             /* of all workers together, at the last look */
	unsigned computing;        /* relieved while their tasks compute, at the last look */
	hob_time alert_until;      /* somebody was stuck lately */
	hob_time look_from;        /* not before that is a deadlock looked for */
	bool doubted, told;        /* of a deadlock: to be looked at again; said */
};

/* A thread that sees to it that tasks run whatever other tasks do. 0, or -EAGAIN. */
int monitor_start(struct runtime *rt);

/* After the workers have ended. */
void monitor_stop(struct runtime *rt);

/* A worker has something to do again. Costs a load while the monitor is awake. */
void monitor_rouse(struct runtime *rt);

#endif
