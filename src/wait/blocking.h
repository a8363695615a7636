/* Calls made by threads in the place of tasks: what hob_blocking and the calls built on it share. */
#ifndef WAIT_BLOCKING_H
#define WAIT_BLOCKING_H

#include "sched/task.h"

/* hob_blocking; PARK_SHIELDED: also in a cancelled task, and then not to be cancelled. */
int blocking_call(hob_task_fn *fn, void *arg, hob_time deadline, enum park how);

#endif
