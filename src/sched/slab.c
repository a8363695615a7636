#include "sched/slab.h"

#include "sched/page.h"

#define CACHE_MAX (4 * SLAB_BATCH)
#define FEW (HOSTILE ? 1u : 16u) /* new ones at a time: of a chunk no more memory is touched than is used */

/* Moves up to n over that nobody had yet; answers how many. Under the lock. */
static unsigned carve(struct slab *s, struct task **to, unsigned n)
{
	struct task *first = s->fresh ? &s->chunks->tasks[SLAB_BATCH - s->fresh] : NULL;

	if (n > s->fresh)
		n = s->fresh;
	s->fresh -= n;
	for (unsigned i = n; i > 0; i--) {
		first[i - 1].next = *to;
		*to = &first[i - 1];
	}
	return n;
}

static bool grow(struct slab *s)
{
	struct slab_chunk *c = page_alloc(s->page, sizeof *c);

	if (!c)
		return false;
	lock(&s->lock);
	carve(s, &s->free, SLAB_BATCH); /* another thread's, that was here just before */
	c->next = s->chunks;
	c->first = s->numbered + 1;
	s->numbered += SLAB_BATCH;
	at_store(&s->chunks, c, RELEASE); /* others look at them from outside */
	s->fresh = SLAB_BATCH;
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

/* Apart, so that slab_take has no registers to save for it. */
static __attribute__((noinline)) bool refill(struct slab *s, struct slab_cache *c, bool one)
{
	do {
		lock(&s->lock);
		c->n = move(&s->free, &c->free, one ? 1 : SLAB_BATCH);
		if (!c->n)
			c->n = carve(s, &c->free, one ? 1 : FEW);
		unlock(&s->lock);
	} while (!c->n && grow(s));
	return c->n;
}

struct task *slab_take(struct slab *s, struct slab_cache *cache)
{
	struct slab_cache one = { 0 };
	struct slab_cache *c = cache ? cache : &one;
	struct task *t;

	if (!c->free && !refill(s, c, c == &one))
		return NULL;
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
		cache->n -= move(&cache->free, &s->free, SLAB_BATCH);
		unlock(&s->lock);
	}
}

void slab_finish(struct slab *s)
{
	for (struct slab_chunk *c = s->chunks, *next; c; c = next) {
		next = c->next;
		page_free(s->page, c);
	}
}
