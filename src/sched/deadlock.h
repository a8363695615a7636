/* Nothing can run, and nothing is waited for but other tasks: by the monitor, before it goes to sleep. */
#ifndef SCHED_DEADLOCK_H
#define SCHED_DEADLOCK_H

#include <stdbool.h>

struct runtime;

enum standstill { GOES_ON, MAY_BE_STILL, STANDS_STILL };

/* See deadlock.c. MAY_BE_STILL: but for threads that are not the runtime's, or are about to sleep, or to end. */
enum standstill deadlock_look(struct runtime *rt);

/* Says on standard error who waits for whom; HOB_DEADLOCK=abort in the environment then ends the process. */
void deadlock_tell(struct runtime *rt);

#endif
