/* Where tasks lie: slabs that only grow, and go with the runtime, so that a pointer to a task always points at a task.
 * Each worker keeps some free ones to itself. */
#ifndef SCHED_SLAB_H
#define SCHED_SLAB_H

#include "base/check.h"
#include "base/lock.h"
#include "sched/task.h"

struct page;

#define SLAB_BATCH (HOSTILE ? 1u : 128u) /* tasks in a chunk, and moved at a time */

struct slab_chunk {
	struct slab_chunk *next;
	uint32_t first; /* number of the first of them, for those who look: from 1 */
	_Alignas(64) struct task tasks[SLAB_BATCH];
};

struct slab {
	struct page *page; /* where its chunks lie */
	struct lock lock;
	struct task *free;
	atomic_of(struct slab_chunk *) chunks;
	unsigned fresh; /* the last so many of the newest chunk were never out */
	uint32_t numbered;
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
