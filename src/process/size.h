/* How many workers of a pool may be at work at once, where the program leaves that to it: src/limit decides, as it does
 * for the jobs of `hob run`, by what calls are seen to do. Those that compute get a worker for each core, those that
 * wait get more as long as more bring more.
 *
 * A call that is over while its caller still looks costs nothing here, and is not counted: it has no time to wait. Of
 * the others the kernel says how long their workers were on a core or in the queue for one (/proc/PID/schedstat); where
 * that cannot be read a worker is taken to compute, and the pool stays at one a core.
 *
 * All of it under the pool's lock. */
#ifndef PROCESS_SIZE_H
#define PROCESS_SIZE_H

#include <hob/task.h>

#include "limit/limit.h"

#define SIZE_MOST 64u /* workers, unless there are more cores */

struct size {
	struct limit limit;
	hob_time due; /* the next sample is worth while */
	hob_time first, last;
	int64_t own; /* what this process had computed at the last sample */
};

/* A worker, as this sees it. */
struct sized {
	bool counted; /* its call is one of the limit's jobs */
	struct limit_job job;
	int file;        /* where its times are read; SIZED_CLOSED: not yet opened; else negative: cannot be */
	int64_t at_call; /* its times when its last call ended that was looked at */
	int64_t at_look; /* and at the last look, */
	hob_time looked; /* which was then */
};

#define SIZED_CLOSED (-1)

/* How many it will ever let be at work. */
unsigned size_most(void);

/* Answers how many may be at work at first: one a core, or `min`. */
unsigned size_init(struct size *s, unsigned min);

/* The call of this worker takes long; and it is over. The pid is what the worker says: if it lies, another process's
 * times are read, or none. */
void size_began(struct size *s, struct sized *w, hob_time now);
void size_ended(struct size *s, struct sized *w, int32_t pid, hob_time now, bool failed);

/* How many cores this worker has asked for, on average since the last look. */
double size_demand(struct sized *w, int32_t pid, hob_time now);

/* A sample: the sum of what all workers at work ask for; whether calls wait. Answers how many may be at work. */
unsigned size_sample(struct size *s, double demand, bool waiting, hob_time now);

#endif
