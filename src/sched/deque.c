/* The half-at-a-time moves of the deque; the argument stands in deque.h. */
#include "sched/deque.h"

uint32_t deque_take_half(struct deque *d, struct task **out)
{
	uint32_t head = at_load(&d->head, ACQUIRE);
	uint32_t n = (at_load(&d->tail, RELAXED) - head) / 2;

	for (uint32_t i = 0; i < n; i++)
		out[i] = at_load(&d->ring[(head + i) % DEQUE_SIZE], RELAXED);
	return n && at_cas(&d->head, &head, head + n, ACQ_REL) ? n : 0;
}

struct task *deque_steal(struct deque *from, struct deque *to)
{
	uint32_t end = at_load(&to->tail, RELAXED);
	uint32_t head = at_load(&from->head, ACQUIRE);

	for (;;) {
		uint32_t n = at_load(&from->tail, ACQUIRE) - head;

		n -= n / 2;
		if (n == 0)
			return NULL;
		if (n > DEQUE_SIZE / 2) { /* head is out of date */
			head = at_load(&from->head, ACQUIRE);
			continue;
		}
		/* Into the free part of our own ring; nobody looks there before tail is stored. */
		for (uint32_t i = 0; i < n; i++)
			at_store(&to->ring[(end + i) % DEQUE_SIZE],
				 at_load(&from->ring[(head + i) % DEQUE_SIZE], RELAXED), RELAXED);
		if (!at_cas(&from->head, &head, head + n, ACQ_REL))
			continue;
		at_store(&to->tail, end + n - 1, RELEASE);
		return at_load(&to->ring[(end + n - 1) % DEQUE_SIZE], RELAXED);
	}
}
