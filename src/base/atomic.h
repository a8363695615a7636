/* The seam for shared memory: every atomic access and every futex of the runtime goes through here, so that the
 * schedule explorer (HOB_EXPLORE) can stand behind it. test/house/lint.py forbids the raw forms elsewhere.
 *
 * An atomic is declared atomic_of(T) and touched by these macros alone; the order is spelled at every access.
 */
#ifndef BASE_ATOMIC_H
#define BASE_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#define atomic_of(T) T

enum {
	RELAXED = __ATOMIC_RELAXED,
	ACQUIRE = __ATOMIC_ACQUIRE,
	RELEASE = __ATOMIC_RELEASE,
	ACQ_REL = __ATOMIC_ACQ_REL,
	SEQ_CST = __ATOMIC_SEQ_CST,
};

#if defined(__SANITIZE_THREAD__)
#define BASE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BASE_TSAN 1
#endif
#endif

#ifndef HOB_EXPLORE

#define at_load(p, order) __atomic_load_n((p), (order))
#define at_store(p, v, order) __atomic_store_n((p), (v), (order))
#define at_swap(p, v, order) __atomic_exchange_n((p), (v), (order))
#define at_add(p, v, order) __atomic_fetch_add((p), (v), (order)) /* answers the value before */
#define at_sub(p, v, order) __atomic_fetch_sub((p), (v), (order))
#define at_or(p, v, order) __atomic_fetch_or((p), (v), (order))
#define at_and(p, v, order) __atomic_fetch_and((p), (v), (order))

/* Strong compare and swap: *expected is what was found. On failure the load is acquire where `order` acquires. */
#define at_cas(p, expected, v, order)                                                                                  \
	__atomic_compare_exchange_n((p), (expected), (v), false, (order),                                              \
				    (order) == RELAXED || (order) == RELEASE ? RELAXED                                 \
				    : (order) == SEQ_CST                     ? SEQ_CST                                 \
									     : ACQUIRE)

#ifdef BASE_TSAN
/* ThreadSanitizer does not understand fences: a read-modify-write of one word that every fence shares orders at least
 * as much. */
extern uint32_t base_tsan_fence;
#define at_fence(order) ((void)__atomic_fetch_add(&base_tsan_fence, 0, (order) == SEQ_CST ? SEQ_CST : ACQ_REL))
#else
#define at_fence(order) __atomic_thread_fence(order)
#endif

/* One turn of a spin: tells the core (and, under the explorer, the scheduler) that we only look. */
static inline void at_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb");
#endif
}

#else
#include "explore.h"
#endif

/* The two halves of an uneven seq_cst fence. Where fence_is_uneven(), a compiler barrier is enough on the side that is
 * often there, since fence_heavy() makes every core that runs a thread of this process pass a full barrier
 * (membarrier(2)): some microseconds. Otherwise both sides need at_fence(SEQ_CST), and fence_heavy is that. */
bool fence_is_uneven(void);
void fence_heavy(void);

/* The light half, where the fence is uneven: nothing but order among the compiler's own. */
#define fence_light() __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* Sleeps while *word == expected, until woken or the deadline (CLOCK_MONOTONIC ns; INT64_MAX: for ever). Answers 0,
 * -EAGAIN (it differed), -ETIMEDOUT or -EINTR; wakes may be spurious, so look again. */
int futex_wait(atomic_of(uint32_t) *word, uint32_t expected, int64_t deadline);

/* Wakes at most n of the threads that sleep on the word. */
void futex_wake(atomic_of(uint32_t) *word, int n);

/* The number of the system call, for those who tell what a thread is in. */
#define FUTEX_NUMBER SYS_futex

#endif
