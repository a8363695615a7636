/* The steal; the argument stands in deque.h. */
#include "sched/deque.h"

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
