/* The time stamps that tasks are accounted by: ticks of the core's own counter, which costs a few nanoseconds to read,
 * where the kernel's clock costs three times that. They become nanoseconds when somebody asks, by the ratio of the two
 * since the runtime began: so nothing is calibrated ahead, and the longer the run, the better the figure.
 *
 * The counter is read where it goes on at one rate on every core: always on aarch64, and on x86-64 where CPUID says
 * that the time-stamp counter is invariant. Elsewhere, and where a test has put a clock of its own in the place of
 * sys.now, a stamp is sys.now(). */
#ifndef METER_STAMP_H
#define METER_STAMP_H

#include "base/atomic.h"
#include "base/check.h"
#include "base/sys.h"

struct stamp_origin {
	int64_t stamp, ns; /* at the same time */
};

extern atomic_of(bool) stamp_counts; /* by the counter */

static inline int64_t stamp_counter(void)
{
#if defined(__x86_64__)
	return (int64_t)__builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
	return (int64_t)ticks;
#endif
}

static inline int64_t stamp_now(void)
{
	return LIKELY(at_load(&stamp_counts, RELAXED)) ? stamp_counter() : sys.now();
}

/* At the start of a runtime: chooses the clock, the same for all of them. */
struct stamp_origin stamp_begin(void);

/* Nanoseconds a tick, by what has passed since. */
double stamp_scale(struct stamp_origin begun);

#endif
