/* How many at once: what the limit is told and what becomes of its decisions. */
#ifndef CLI_RUN_AT_ONCE_H
#define CLI_RUN_AT_ONCE_H

#include "limit/limit.h"

struct run;

/* Decisions that have not been said yet. */
struct decisions {
	struct limit_note notes[32];
	unsigned count;
};

/* The most that may run, by the options and by what descriptors and processes we may have. */
unsigned at_once_most(const struct run *r);

/* Sets the limit up, by the options and by what an earlier run of the same command has learnt. */
void at_once_init(struct run *r);

/* --explain: says what has been decided. [parks] */
void at_once_explain(struct run *r);

/* Keeps what was learnt for the next run. */
void at_once_finish(struct run *r);

#endif
