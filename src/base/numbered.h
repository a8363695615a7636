/* The entries of a directory whose names are numbers: processes, threads, descriptors. */
#ifndef BASE_NUMBERED_H
#define BASE_NUMBERED_H

#include <sys/types.h>

typedef int numbered_fn(void *arg, pid_t number);

/* Calls fn for each; stops where it answers non-zero, which is then the answer. Otherwise 0 or a negative errno. */
int each_numbered(const char *path, numbered_fn *fn, void *arg);

#endif
