/* A runtime, from start to end. */
#ifndef SCHED_RUN_H
#define SCHED_RUN_H

#include "sched/poller.h"

/* hob_run() over the pollers given. */
int sched_run(const struct poller_ops *ops, const struct hob_options *opts, hob_task_fn *fn, void *arg);

/* The pollers of the calling task's runtime; NULL outside of a task. */
const struct poller_ops *sched_poller_ops(void);

/* Something made at first need, that ends with its runtime: after the last task, before the pollers go. */
struct service {
	void (*destroy)(struct service *s);
	unsigned (*asleep)(struct service *s); /* how many of its threads are: done with all that they had (acquire) */
};

/* Where the runtime of the calling task keeps its service, NULL at first; and the options it was started with. */
atomic_of(struct service *) *sched_service(void);
const struct hob_options *sched_options(void);

#endif
