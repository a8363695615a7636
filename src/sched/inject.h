/* The queue every worker shares: what a full deque spills, what comes from foreign threads. First in, first out. */
#ifndef SCHED_INJECT_H
#define SCHED_INJECT_H

#include "base/lock.h"
#include "sched/task.h"

struct inject {
	struct lock lock;
	atomic_of(uint32_t) length; /* also read without the lock, as a hint before sleep: see idle.c */
	struct task *first, **last;
};

void inject_init(struct inject *q);
void inject_push(struct inject *q, struct task *const *tasks, uint32_t n);

/* Takes up to n, into `out`; answers how many. */
uint32_t inject_pop(struct inject *q, struct task **out, uint32_t n);

#endif
