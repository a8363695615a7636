/* A worker's own queue of ready tasks: bounded, first in first out, one owner, many thieves. The design of Go's
 * runtime (proc.go, runqput/runqget/runqgrab) and of Tokio's multi-thread queue: everyone takes at the head by compare
 * and swap, the owner alone adds at the tail, a thief takes half at a time.
 *
 * Why no task is lost or taken twice:
 *
 *  - An index is taken by the one thread whose CAS moves `head` past it. Indices are 32 bits and never reset, so a CAS
 *    that succeeds though head moved meanwhile would need 2^32 takes during one attempt.
 *  - What a taker read is what was put there. It read slot i before its CAS from head <= i succeeded. The owner writes
 *    slot i again only as index i + SIZE, after its own load of head (acquire) saw a value > i, which was written by a
 *    CAS (release) that came after the taker's read of the slot, or which makes the taker's CAS fail.
 *  - A taker sees a slot's content since the owner stores it before `tail` (release) and the taker loads `tail`
 *    (acquire) before it reads.
 *  - A thief loads head, then tail, so tail - head may be too large by what happened in between, never too small for
 *    what it takes: more than SIZE / 2 for a half means that head was stale, and it looks again.
 */
#ifndef SCHED_DEQUE_H
#define SCHED_DEQUE_H

#include <stddef.h>

#include "base/atomic.h"
#include "base/check.h"

#define DEQUE_SIZE (HOSTILE ? 4u : 256u) /* a power of two */

struct task;

struct deque {
	_Alignas(64) atomic_of(uint32_t) head;
	_Alignas(64) atomic_of(uint32_t) tail;
	atomic_of(struct task *) ring[DEQUE_SIZE];
};

/* By the owner. False where it is full. */
static inline bool deque_push(struct deque *d, struct task *t)
{
	uint32_t tail = at_load(&d->tail, RELAXED);

	if (tail - at_load(&d->head, ACQUIRE) == DEQUE_SIZE)
		return false;
	at_store(&d->ring[tail % DEQUE_SIZE], t, RELAXED);
	at_store(&d->tail, tail + 1, RELEASE);
	return true;
}

/* By the owner: the oldest, or NULL. */
static inline struct task *deque_pop(struct deque *d)
{
	uint32_t head = at_load(&d->head, ACQUIRE);
	uint32_t tail = at_load(&d->tail, RELAXED);

	while (head != tail) {
		struct task *t = at_load(&d->ring[head % DEQUE_SIZE], RELAXED);

		if (at_cas(&d->head, &head, head + 1, ACQ_REL))
			return t;
	}
	return NULL;
}

/* The same where there are no thieves: nobody else moves head. */
static inline struct task *deque_pop_alone(struct deque *d)
{
	uint32_t head = at_load(&d->head, RELAXED);

	if (head == at_load(&d->tail, RELAXED))
		return NULL;
	at_store(&d->head, head + 1, RELAXED);
	return at_load(&d->ring[head % DEQUE_SIZE], RELAXED);
}

/* The oldest, or NULL. By anyone. */
static inline struct task *deque_take(struct deque *d)
{
	uint32_t head = at_load(&d->head, ACQUIRE);

	while (head != at_load(&d->tail, ACQUIRE)) {
		struct task *t = at_load(&d->ring[head % DEQUE_SIZE], RELAXED);

		if (at_cas(&d->head, &head, head + 1, ACQ_REL))
			return t;
	}
	return NULL;
}

/* By the owner of `to`, which is empty: moves the older half of `from` over, and answers one of them to run. */
struct task *deque_steal(struct deque *from, struct deque *to);

/* A look from outside: may be out of date by the time it is answered. */
static inline uint32_t deque_length(struct deque *d)
{
	uint32_t head = at_load(&d->head, ACQUIRE);

	return at_load(&d->tail, ACQUIRE) - head;
}

#endif
