/* What the kernel says of threads of ours, in /proc. */
#ifndef SCHED_PROC_H
#define SCHED_PROC_H

#include <stdbool.h>
#include <stddef.h>

struct worker;

/* What fits of a file's first read, ended by a NUL; "" and false where there is nothing. */
bool proc_text(const char *path, char *text, size_t size);

/* The same of a file of the worker's thread. */
bool proc_of_worker(struct worker *w, const char *file, char *text, size_t size);

/* The state of its thread, a letter of proc(5): R runs or waits for a core, S sleeps. 0: the kernel does not say. */
char proc_state(struct worker *w);

#endif
