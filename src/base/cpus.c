/* How many cores there are for this process. */
#include "base/cpus.h"

#include <errno.h>

#include "base/cgroup.h"
#include "base/sys.h"

/* The kernel answers -EINVAL to a mask shorter than its own, and NR_CPUS may be beyond CPU_SETSIZE. The bound is far
 * above any kernel's. */
unsigned cpus_most(void)
{
	for (size_t bytes = sizeof(cpu_set_t); bytes <= sizeof(cpu_set_t) << 10; bytes *= 2) {
		cpu_set_t *set = sys.alloc(bytes);
		if (!set)
			return 1;
		int err = sys.affinity(bytes, set);
		int n = err ? 0 : CPU_COUNT_S(bytes, set);
		sys.free(set);
		if (err != -EINVAL)
			return n > 0 ? (unsigned)n : 1;
	}
	return 1;
}

unsigned cpus_count(void)
{
	unsigned cpus = cpus_most(), quota = cgroup_cores();
	return quota < cpus ? quota : cpus;
}
