/* A runtime, from start to end. */
#ifndef SCHED_RUN_H
#define SCHED_RUN_H

#include "sched/poller.h"

/* hob_run() over the pollers given. */
int sched_run(const struct poller_ops *ops, const struct hob_options *opts, hob_task_fn *fn, void *arg);

/* The pollers of the calling task's runtime; NULL outside of a task. */
const struct poller_ops *sched_poller_ops(void);

#endif
