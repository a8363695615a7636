#include "sched/slab.h"

#include "base/check.h"
#include "base/sys.h"
#include "sched/task.h"

#define BATCH (HOSTILE ? 1u : 128u) /* tasks in a chunk, and moved at a time */
#define CACHE_MAX (4 * BATCH)

struct slab_chunk {
	struct slab_chunk *next;
	_Alignas(64) struct task tasks[BATCH];
};

static bool grow(struct slab *s)
{
	struct slab_chunk *c = sys.alloc_aligned(64, sizeof *c);

	if (!c)
		return false;
	lock(&s->lock);
	c->next = s->chunks;
	s->chunks = c;
	for (unsigned i = BATCH; i > 0; i--) {
		c->tasks[i - 1].next = s->free;
		s->free = &c->tasks[i - 1];
	}
	unlock(&s->lock);
	return true;
}

/* Moves up to n over; answers how many. */
static unsigned move(struct task **from, struct task **to, unsigned n)
{
	struct task *t;
	unsigned i;

	for (i = 0; i < n && (t = *from); i++) {
		*from = t->next;
		t->next = *to;
		*to = t;
	}
	return i;
}

struct task *slab_take(struct slab *s, struct slab_cache *cache)
{
	struct slab_cache one = { 0 };
	struct slab_cache *c = cache ? cache : &one;
	struct task *t;

	while (!c->free) {
		lock(&s->lock);
		c->n = move(&s->free, &c->free, cache ? BATCH : 1);
		unlock(&s->lock);
		if (!c->n && !grow(s))
			return NULL;
	}
	t = c->free;
	c->free = t->next;
	c->n--;
	return t;
}

void slab_put(struct slab *s, struct slab_cache *cache, struct task *t)
{
	struct task **to = cache ? &cache->free : &s->free;

	if (!cache)
		lock(&s->lock);
	t->next = *to;
	*to = t;
	if (!cache) {
		unlock(&s->lock);
	} else if (++cache->n > CACHE_MAX) {
		lock(&s->lock);
		cache->n -= move(&cache->free, &s->free, BATCH);
		unlock(&s->lock);
	}
}

void slab_finish(struct slab *s)
{
	for (struct slab_chunk *c = s->chunks, *next; c; c = next) {
		next = c->next;
		sys.free(c);
	}
}
