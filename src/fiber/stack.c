/* The pool of stacks. Slots are cut out of chunks of address space, which stay mapped until the pool goes.
 *
 * One array holds every free slot: the warm ones, put back with their pages, grow from its left; the cold ones, whose
 * pages are with the system, from its right. Both are taken last in, first out, warm before cold. The array has a
 * place for every slot there is, so a slot can always be put back.
 *
 * The lock guards the array and the counts. System calls are made without it: by the thread that then owns the slots
 * in question, which are in neither half. */
#include "fiber/stack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "base/lock.h"
#include "base/sys.h"
#include "fiber/annotate.h"
#include "fiber/guard.h"

#define SLOT_MIN ((size_t)16 << 10)
#define SLOT_MAX ((size_t)1 << 40)
#define CHUNK_BYTES ((size_t)64 << 20)
#define CHUNK_SLOTS_FIRST (HOSTILE ? 2 : 16)

/* How many free slots keep their pages. */
#define WARM_MIN (HOSTILE ? 2 : 1024)
#define WARM_SHARE 4 /* and one for so many that are out */

#define BATCH 64

/* Low bit of a free slot that was never out: its guard is still to be set. */
#define UNGUARDED ((uintptr_t)1)

struct chunk {
	struct chunk *next;
	void *mem;
	size_t bytes;
};

struct stack_pool {
	struct lock lock;
	size_t slot_bytes, page;
	struct guard guard;
	struct chunk *chunks;
	size_t slots; /* in all chunks */
	size_t used;  /* out */

	uintptr_t *free; /* warm: [0, warm), cold: [capacity - cold, capacity) */
	size_t capacity, warm, cold;
};

int stack_pool_create(struct stack_pool **out, size_t slot_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), rounded = SLOT_MIN;
	if (slot_bytes > SLOT_MAX)
		return -EINVAL;
	while (rounded < slot_bytes || rounded < 4 * page)
		rounded *= 2;
	struct stack_pool *p = sys.alloc(sizeof *p);
	if (!p)
		return -ENOMEM;
	p->slot_bytes = rounded + page; /* an odd number of pages: see stack.h */
	p->page = page;
	*out = p;
	return 0;
}

void stack_pool_destroy(struct stack_pool *p)
{
	if (!p)
		return;
	ALWAYS(p->used == 0);
	for (struct chunk *c = p->chunks, *next; c; c = next) {
		next = c->next;
		sys.unmap(c->mem, c->bytes);
		sys.free(c);
	}
	sys.free(p->free);
	sys.free(p);
}

/* A chunk as large as all before it, up to the bound; less where the address space is short. */
static int chunk_map(struct stack_pool *p, size_t slots_now, struct chunk *c)
{
	size_t slots = slots_now < CHUNK_SLOTS_FIRST ? CHUNK_SLOTS_FIRST : slots_now;
	if (slots > CHUNK_BYTES / p->slot_bytes)
		slots = CHUNK_BYTES / p->slot_bytes;
	if (slots == 0)
		slots = 1;
	int err;
	while ((err = sys.map(slots * p->slot_bytes, PROT_READ | PROT_WRITE, &c->mem)) < 0 && slots > 1)
		slots /= 2;
	if (err < 0)
		return err;
	c->bytes = slots * p->slot_bytes;
	/* A huge page would make a small stack cost 2 MiB. Only a hint: kernels without huge pages refuse it. */
	sys.advise(c->mem, c->bytes, MADV_NOHUGEPAGE);
	return 0;
}

/* Under the lock: a larger array, with both halves at its ends. The old one is answered, to be freed later. */
static uintptr_t *array_replace(struct stack_pool *p, uintptr_t *array, size_t capacity)
{
	uintptr_t *old = p->free;
	if (p->warm)
		memcpy(array, old, p->warm * sizeof *array);
	if (p->cold)
		memcpy(array + capacity - p->cold, old + p->capacity - p->cold, p->cold * sizeof *array);
	p->free = array;
	p->capacity = capacity;
	return old;
}

static void chunk_add(struct stack_pool *p, struct chunk *c)
{
	c->next = p->chunks;
	p->chunks = c;
	p->slots += c->bytes / p->slot_bytes;
	for (size_t at = c->bytes; at; at -= p->slot_bytes) /* the lowest slot last, so that it is taken first */
		p->free[p->capacity - ++p->cold] = ((uintptr_t)c->mem + at - p->slot_bytes) | UNGUARDED;
}

/* Adds a chunk. Several threads may find the pool empty at once: each adds one then, and none is lost. */
static int grow(struct stack_pool *p)
{
	struct chunk *c = sys.alloc(sizeof *c);
	if (!c)
		return -ENOMEM;
	lock(&p->lock);
	size_t slots = p->slots;
	unlock(&p->lock);
	int err = chunk_map(p, slots, c);
	if (err < 0) {
		sys.free(c);
		return err;
	}
	size_t more = c->bytes / p->slot_bytes;

	lock(&p->lock);
	while (p->capacity < p->slots + more) {
		size_t capacity = 2 * (p->slots + more);
		unlock(&p->lock);
		uintptr_t *array = sys.alloc(capacity * sizeof *array);
		if (!array) {
			sys.unmap(c->mem, c->bytes);
			sys.free(c);
			return -ENOMEM;
		}
		lock(&p->lock);
		if (p->capacity < capacity)
			array = array_replace(p, array, capacity);
		unlock(&p->lock);
		sys.free(array); /* the old one, or ours where another thread was faster */
		lock(&p->lock);
	}
	chunk_add(p, c);
	unlock(&p->lock);
	return 0;
}

/* Up to n free slots, some of them perhaps UNGUARDED. */
static int take(struct stack_pool *p, uintptr_t *slots, int n)
{
	int got = 0;
	lock(&p->lock);
	while (got < n && p->warm)
		slots[got++] = p->free[--p->warm];
	while (got < n && p->cold)
		slots[got++] = p->free[p->capacity - p->cold--];
	p->used += (size_t)got;
	unlock(&p->lock);
	return got;
}

/* Hands the taken slots out, and sets the guards that are missing. Where one cannot be set, that slot and those after
 * it go back. Answers how many are out. */
static int hand_out(struct stack_pool *p, const uintptr_t *slots, int n, void **low)
{
	int done = 0;
	for (; done < n; done++) {
		char *mem = (char *)(slots[done] & ~UNGUARDED);
		if ((slots[done] & UNGUARDED) && guard_set(&p->guard, mem, p->page) < 0)
			break;
		annotate_stack_out(mem + p->page, p->slot_bytes - p->page);
		low[done] = mem;
	}
	if (done < n) {
		lock(&p->lock);
		p->used -= (size_t)(n - done);
		while (n > done)
			p->free[p->capacity - ++p->cold] = slots[--n];
		unlock(&p->lock);
	}
	return done;
}

int stack_pool_get(struct stack_pool *p, void **low, int n)
{
	uintptr_t slots[BATCH];
	int got = 0;
	while (got < n) {
		int taken = take(p, slots, n - got < BATCH ? n - got : BATCH);
		if (!taken && grow(p) < 0)
			break;
		int out = hand_out(p, slots, taken, low + got);
		got += out;
		if (out < taken)
			break;
	}
	return got;
}

/* Under the lock: takes warm slots beyond the bound, but at most n. */
static int take_excess(struct stack_pool *p, uintptr_t *slots, int n)
{
	size_t bound = WARM_MIN + p->used / WARM_SHARE;
	int got = 0;
	while (got < n && p->warm > bound)
		slots[got++] = p->free[--p->warm];
	return got;
}

static int by_address(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return (x > y) - (x < y);
}

/* Of slots that lie side by side by one call, over the guards between them, which MADV_DONTNEED spares. Where it is
 * refused (locked memory), pages are lost for a while and nothing else. */
static void give_pages_back(const struct stack_pool *p, uintptr_t *slots, int n)
{
	qsort(slots, (size_t)n, sizeof *slots, by_address);
	for (int i = 0, next; i < n; i = next) {
		for (next = i + 1; next < n && slots[next] == slots[next - 1] + p->slot_bytes; next++)
			;
		sys.advise((char *)slots[i] + p->page, (size_t)(next - i) * p->slot_bytes - p->page, MADV_DONTNEED);
	}
}

void stack_pool_put(struct stack_pool *p, void **low, int n)
{
	/* Two slots may be purged for one put back: so the warm ones follow a bound that sinks. */
	uintptr_t purge[2 * BATCH];
	for (int batch; n > 0; low += batch, n -= batch) {
		batch = n < BATCH ? n : BATCH;
		for (int i = 0; i < batch; i++)
			annotate_stack_back((char *)low[i] + p->page, p->slot_bytes - p->page);
		lock(&p->lock);
		DEBUG_CHECK(p->used >= (size_t)batch);
		p->used -= (size_t)batch;
		for (int i = 0; i < batch; i++)
			p->free[p->warm++] = (uintptr_t)low[i];
		int purges = take_excess(p, purge, 2 * batch);
		unlock(&p->lock);
		if (!purges)
			continue;
		give_pages_back(p, purge, purges);
		lock(&p->lock);
		while (purges > 0)
			p->free[p->capacity - ++p->cold] = purge[--purges];
		unlock(&p->lock);
	}
}

size_t stack_pool_slot_bytes(const struct stack_pool *p)
{
	return p->slot_bytes;
}

size_t stack_pool_used(struct stack_pool *p)
{
	lock(&p->lock);
	size_t used = p->used;
	unlock(&p->lock);
	return used;
}
