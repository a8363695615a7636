/* How many jobs fit in memory. */
#include "limit/room.h"

#include <math.h>

static const double STAYS_FREE = 0.2;

unsigned limit_room(uint64_t free, uint64_t peak, double held, unsigned running)
{
	if (free == UINT64_MAX || !peak)
		return UINT32_MAX;
	double growth = fmax(0, (double)peak * running - held);
	double more = ((double)free * (1 - STAYS_FREE) - growth) / (double)peak;
	return (unsigned)fmin(UINT32_MAX, fmax(1, running + more));
}
