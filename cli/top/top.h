/* What `hob top` and `hob dump` have in common: their command lines, and the names of what they see. */
#ifndef CLI_TOP_TOP_H
#define CLI_TOP_TOP_H

#include <stdbool.h>
#include <stdio.h>

#include "look/native.h"
#include "look/tasks.h"

struct top_options {
	pid_t pid;
	bool once, json, no_stacks;
	double delay;
};

enum { TOP_TOP, TOP_DUMP };

/* True where there is something to do; otherwise *status is what to exit with, and the reason has been printed. */
bool top_options_parse(struct top_options *o, int command, int argc, char **argv, int *status);

/* An error of look_pages(), in a line; answers the exit status. */
int top_refused(const char *command, pid_t pid, int err, bool newer);

enum { TOP_NAME = 80 };

/* The function at an address, or the address. `n` may be NULL. */
void top_name(struct look_native *n, uint64_t address, char *out, size_t size);

/* Where the tasks of a site are spawned, by its function: the runtime itself where there is no such place. */
void top_caller(struct look_native *n, uint64_t caller, char *out, size_t size);

#endif
