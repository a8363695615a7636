/* What a process has mapped: /proc/PID/maps. */
#ifndef LOOK_MAPS_H
#define LOOK_MAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct look_map {
	uint64_t start, end; /* addresses; end is the first behind it */
	uint64_t offset, inode;
	bool read, write, execute;
	const char *path; /* as the kernel writes it: "" for what has none, "[heap]", "/lib/x.so (deleted)" */
};

/* 0 goes on, anything else ends the walk. */
typedef int look_map_fn(void *arg, const struct look_map *m);

/* Calls fn for each mapping, by rising address; `m` and its path live for the call. Answers what ended the walk, 0, or
 * a negative errno: -ESRCH, -EPERM, -EACCES, -ENOMEM. A line that makes no sense is left out. */
int look_maps(pid_t pid, look_map_fn *fn, void *arg);

/* Opens the file behind a mapping, whatever has become of its name, and only if it is a regular file: a descriptor, or
 * a negative errno. Tried are its path in the process's own root, the kernel's link to the mapping (privileged) and,
 * where it is the program itself, /proc/PID/exe. */
int look_map_open(pid_t pid, const struct look_map *m);

#endif
