/* How many cores there are for this process. */
#ifndef BASE_CPUS_H
#define BASE_CPUS_H

/* The smaller of the affinity mask and the cgroup CPU quota (v1: cfs_quota/cfs_period; v2: cpu.max; each the least
 * along the path from this process's group to the root, rounded up), at least 1. Reads files: not for a hot path. */
unsigned cpus_count(void);

/* What it can become by a change of the quota: the affinity mask alone. */
unsigned cpus_most(void);

#endif
