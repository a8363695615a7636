/* What the machine, or the container we live in, has left. */
#ifndef LOOK_MACHINE_H
#define LOOK_MACHINE_H

#include <stdint.h>

/* The time that all cores of the machine together have idled since it started, ns, in steps of 10 ms; a negative errno
 * where that cannot be read. */
int64_t look_idle(void);

/* The time of all cores since the machine started, and the part of it that nothing ran, also not by the will of a
 * hypervisor; ns, in steps of 10 ms. 0, or a negative errno where that cannot be read. */
struct look_load {
	int64_t all, unused;
};
int look_load(struct look_load *out);

/* The bytes of memory that more processes could take without swapping: what the kernel calls available, or what is left
 * below the tightest limit of our control groups if that is less. UINT64_MAX where neither can be read. */
uint64_t look_memory(void);

/* The time that some process has stalled for want of memory since the machine started, ns (/proc/pressure/memory); a
 * negative errno where the kernel does not count it. */
int64_t look_memory_stall(void);

#endif
