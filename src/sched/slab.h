/* Where tasks lie: slabs that only grow, and go with the runtime, so that a pointer to a task always points at a task.
 * Each worker keeps some free ones to itself. */
#ifndef SCHED_SLAB_H
#define SCHED_SLAB_H

#include "base/lock.h"

struct runtime;
struct task;

struct slab {
	struct lock lock;
	struct task *free;
	struct slab_chunk *chunks;
};

struct slab_cache {
	struct task *free;
	unsigned n;
};

/* `cache` may be NULL: straight from the slab. NULL where memory is short. */
struct task *slab_take(struct slab *s, struct slab_cache *cache);
void slab_put(struct slab *s, struct slab_cache *cache, struct task *t);
void slab_finish(struct slab *s);

#endif
