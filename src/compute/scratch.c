/* Room for a sort. Where it is large it comes from the kernel, in huge pages if they may be had: a fault for every
 * 4 KiB would cost a fair part of the sort. */
#include <sys/mman.h>

#include "compute/sort.h"

#define LARGE (HOSTILE ? (size_t)4096 : (size_t)4 << 20)

void *scratch_get(size_t bytes)
{
	void *mem;

	if (bytes < LARGE)
		return sys.alloc(bytes);
	if (sys.map(bytes, PROT_READ | PROT_WRITE, &mem) != 0)
		return NULL;
	sys.advise(mem, bytes, MADV_HUGEPAGE); /* if it pleases */
	return mem;
}

void scratch_put(void *scratch, size_t bytes)
{
	if (scratch && bytes >= LARGE)
		sys.unmap(scratch, bytes);
	else
		sys.free(scratch);
}
