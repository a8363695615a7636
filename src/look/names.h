/* The entries of a directory whose names are numbers: processes, threads, descriptors. */
#ifndef LOOK_NAMES_H
#define LOOK_NAMES_H

#include <sys/types.h>

typedef int look_number_fn(void *arg, pid_t number);

/* Calls fn for each; stops where it answers non-zero, which is then the answer. Otherwise 0 or a negative errno. */
int look_for_numbers(const char *path, look_number_fn *fn, void *arg);

#endif
