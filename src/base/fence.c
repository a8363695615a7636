/* The heavy half of the uneven fence of base/atomic.h. */
#include <linux/membarrier.h>

#include "base/atomic.h"
#include "base/sys.h"

enum { UNKNOWN, UNEVEN, EVEN };

static atomic_of(uint32_t) kind; /* relaxed: whoever does not see it asks the kernel once more */

bool fence_is_uneven(void)
{
	uint32_t k = at_load(&kind, RELAXED);

#ifdef BASE_TSAN
	return false; /* it knows nothing of membarrier */
#endif
	if (k == UNKNOWN) {
		k = sys.membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 ? UNEVEN : EVEN;
		at_store(&kind, k, RELAXED);
	}
	return k == UNEVEN;
}

void fence_heavy(void)
{
	at_fence(SEQ_CST);
	if (at_load(&kind, RELAXED) != UNEVEN)
		return;
	/* It may be short of memory for a moment; the slow form needs none. */
	while (sys.membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0 && sys.membarrier(MEMBARRIER_CMD_GLOBAL) != 0)
		at_pause();
}
