/* --keep-order: jobs that ended before their turn. Their output waits in one file, so that no descriptors are held by
 * them and others can run. */
#ifndef CLI_RUN_ORDER_H
#define CLI_RUN_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/list.h"

struct job;

struct order {
	size_t given, turn; /* the next number to give, and the one whose turn it is */
	struct link held;   /* jobs, by their order */
	size_t count;
	int spool; /* -1: none yet */
	off_t spool_end;
};

/* So many jobs may have ended before their turn; beyond that no more are started. */
enum { ORDER_HELD_MAX = 100000 };

void order_init(struct order *o);
void order_finish(struct order *o);

/* Holds a job back until its turn; its output is moved. 0 or a negative errno, and then it is held all the same, its
 * output lost. */
int order_hold(struct order *o, struct job *j);

/* The job whose turn it is, taken out; NULL: it has not ended yet. */
struct job *order_next(struct order *o);

#endif
