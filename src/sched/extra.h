/* What few tasks have: values of their own, and a name. Made when it is first set, so that a task stays as small as it
 * is. */
#ifndef SCHED_EXTRA_H
#define SCHED_EXTRA_H

#include "sched/task.h"

/* Destroys the running task's values, and frees them. */
void extra_finish(struct task *t);

#endif
