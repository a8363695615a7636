/* The contended path of base/lock.h. */
#include "base/lock.h"

#include "base/check.h"
#include "base/sys.h"

/* A critical section is some tens of nanoseconds, a pause some tens of cycles: this outlasts a holder that is on its
 * core, and wastes a microsecond or two on one that is not. */
#define SPINS (HOSTILE ? 1 : 64)

/* The nap of one who waits for a holder whose core was taken away. */
#define NAP_FIRST_NS 20000
#define NAP_LAST_NS 100000

void lock_nap(struct lock *l)
{
	futex_wait(&l->state, 1, sys.now() + NAP_FIRST_NS);
}

/* The naps end by themselves, so unlock need not know whether somebody waits, and is one plain store. The alternative,
 * the three-state futex mutex (Drepper, "Futexes are Tricky"), pays a second locked instruction at every unlock, 5 ns
 * of some 25, for a wake some tens of microseconds earlier in the rare case that a holder was preempted. A nap rather
 * than sched_yield: a yield to nobody of lower priority would starve the holder under SCHED_FIFO.
 *
 * The orders: taking the lock is an acquire of the state that the last unlock released. The loads that only decide
 * whether to try are relaxed. */
void lock_slow(struct lock *l)
{
	int64_t nap = NAP_FIRST_NS;

	for (int i = 0;; i++) {
		if (at_load(&l->state, RELAXED) == 0 && lock_try(l))
			return;
		if (i < SPINS) {
			at_pause();
			continue;
		}
		futex_wait(&l->state, 1, sys.now() + nap);
		if (nap < NAP_LAST_NS)
			nap *= 2;
	}
}
