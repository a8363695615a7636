/* The CPU quota that a container or a systemd unit puts on this process. */
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

/* The quota in whole cores, rounded up: the least along the path from this process's own group up to the mount, over
 * cgroup v1 and v2. UINT_MAX where there is none, or where it cannot be read. */
unsigned cgroup_cores(void);

#endif
