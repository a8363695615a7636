/* A lock for the few instructions in which the runtime changes a structure of its own: a spin, and then naps. Never
 * held across a park or a callback; across a system call only where that is the wake of a sleeping worker. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include "base/atomic.h"

struct lock {
	atomic_of(uint32_t) state; /* 1: held */
};

void lock_slow(struct lock *l);
void lock_nap(struct lock *l); /* of one who tries again and again: until it may be free */

static inline bool lock_try(struct lock *l)
{
	uint32_t expected = 0;

	return at_cas(&l->state, &expected, 1, ACQUIRE);
}

static inline void lock(struct lock *l)
{
	if (!lock_try(l))
		lock_slow(l);
}

static inline void unlock(struct lock *l)
{
	at_store(&l->state, 0, RELEASE);
}

#endif
