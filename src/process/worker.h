/* A worker process, from inside. */
#ifndef PROCESS_WORKER_H
#define PROCESS_WORKER_H

#include <sys/types.h>

#include "process/mailbox.h"
#include "process/order.h"

/* What a worker does from its fork to its end. `parent` is the helper. */
_Noreturn void worker_main(const struct order *order, pid_t parent, int memory, int socket);

/* The steps of a worker, in order; told to worker_step where that is set, before the helper is forked, so that tests
 * can have it die at each. */
enum step {
	STEP_BEGUN,    /* ready to work */
	STEP_IDLE,     /* about to look for a request */
	STEP_SLEEPS,   /* has said so, does not yet */
	STEP_SEEN,     /* a request is there */
	STEP_TAKEN,    /* it is ours */
	STEP_RUNS,     /* what it needs is mapped */
	STEP_RAN,      /* fn has returned */
	STEP_WRITTEN,  /* the result is there, nobody is told */
	STEP_FREE,     /* the request is off the table */
	STEP_ANSWERED, /* the answer is published, the bell not yet rung */
	STEP_RUNG,
	STEPS
};

extern void (*worker_step)(enum step step);

/* In the place of the loop over requests, in tests: a worker that does as it likes. */
extern void (*worker_instead)(struct mailbox *box, size_t bytes, int socket);

/* confine.c: from here on no new privileges, or only the system calls of a pure computation. */
int confine(enum hob_confine how);

#endif
