/* Parallel calls from a plain program. */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include <hob/task.h>

/* Runs fn(arg) as a task of the runtime that the first such call starts, and which stays; blocks the calling thread
 * meanwhile. Answers what fn answered, or why no runtime could be had. */
int outside_call(hob_task_fn *fn, void *arg);

#endif
