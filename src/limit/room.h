/* How many jobs fit in memory. */
#ifndef LIMIT_ROOM_H
#define LIMIT_ROOM_H

#include <stdint.h>

/* `free` bytes are left, the largest job so far held `peak`, and the `running` ones hold `held` together: how many jobs
 * may run where each of them, and each to come, may still grow to the peak. A fifth of what is free stays free. At
 * least one; UINT32_MAX where nothing is known (free: UINT64_MAX, peak: 0). */
unsigned limit_room(uint64_t free, uint64_t peak, double held, unsigned running);

#endif
