/* Guard pages. MADV_GUARD_INSTALL (Linux 6.13) marks the page tables and leaves the mapping whole; mprotect cuts it in
 * two, so that vm.max_map_count (65530) ends at some 32,000 stacks. */
#include "fiber/guard.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "fiber/annotate.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum { UNKNOWN, INSTALL, PROTECT };

/* An emulator may answer 0 to advice that it does not know (qemu-user does). So let the kernel read the page, which
 * is zero: a futex call answers -EAGAIN where that works and -EFAULT where the guard stands. */
static bool guard_stands(void *page)
{
	struct timespec past = { 0 };
	return sys.futex_wait(page, 1, &past) == -EFAULT;
}

int guard_set(struct guard *g, void *page, size_t bytes)
{
	/* Relaxed: the answer is the same for every thread that asks, and nothing else hangs on it. */
	uint32_t way = at_load(&g->way, RELAXED);
	if (way != PROTECT && !annotate_guard_by_protect()) {
		int err = sys.advise(page, bytes, MADV_GUARD_INSTALL);
		if (way == INSTALL || (err < 0 && err != -EINVAL))
			return err;
		way = err == 0 && guard_stands(page) ? INSTALL : PROTECT;
		at_store(&g->way, way, RELAXED);
		if (way == INSTALL)
			return 0;
	}
	return sys.protect(page, bytes, PROT_NONE);
}
