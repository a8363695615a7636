/* How many of the workers may run tasks: see allow.c. */
#ifndef SCHED_ALLOW_H
#define SCHED_ALLOW_H

#include <stdbool.h>

struct runtime;
struct worker;

/* Has the number of cores changed? Cheap where it was looked at lately. By a worker. */
void allow_look(struct runtime *rt);

/* May this worker run tasks? */
bool allow_me(struct worker *w);

/* Returns when it may, or the runtime stops. By a worker between two tasks. */
void allow_aside(struct worker *w);

/* Of a long computation, now and then: where the worker may run no tasks any more, this one goes on on another. Parks,
 * but is never cancelled. */
void allow_checkpoint(void);

#endif
