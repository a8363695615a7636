/* The page below a stack that faults, so that an overflow ends the program and not its neighbour. */
#ifndef FIBER_GUARD_H
#define FIBER_GUARD_H

#include <stddef.h>

#include "base/atomic.h"

/* Which of the two ways the kernel has; all zero: not known yet. */
struct guard {
	atomic_of(uint32_t) way;
};

/* Makes the page (untouched, all zero) fault at every access, until it is unmapped. A negative errno where no memory,
 * or no mapping, is left. Any thread. */
int guard_set(struct guard *g, void *page, size_t bytes);

#endif
