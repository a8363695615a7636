/* Models: small programs over the runtime's own sources, run in every order of their steps. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/atomic.h"

enum { MODEL_THREADS = 4 };

struct model {
	const char *name;
	unsigned threads;
	void (*start)(void);       /* before each execution, alone: plain memory */
	void (*run)(unsigned who); /* each thread */
	void (*end)(void);         /* after it, alone; may be NULL */
};

/* Runs every schedule with at most `bound` preemptions, or as many as `most`; answers NULL, or what failed first, whose
 * schedule is printed (EXPLORE_MODEL=... EXPLORE_SCHEDULE=... run that one again). */
const char *model_explore(const struct model *m, unsigned bound, uint64_t most);

/* A test: `broken` models must fail, others must not. Prints a line of TAP. */
void model_test(const struct model *m, unsigned bound, bool broken);
int model_done(void);

/* By a thread of the model, or by its end. */
#define MODEL_CHECK(cond) ((cond) ? (void)0 : model_fail(#cond))
void model_fail(const char *what);

/* One of n things that may happen: each is tried. */
unsigned model_choose(unsigned n);

/* An access to plain data, which must not race with another's. What is built with -fsanitize=thread says so of all of
 * its own; tests do so of what they keep, and write what they would free. */
void model_read(const volatile void *p, unsigned long size);
void model_write(volatile void *p, unsigned long size);

/* The running thread ends here. */
_Noreturn void model_end_thread(void);

/* The running thread. */
unsigned model_self(void);

/* membarrier(2): every thread passes a full barrier. */
void model_barrier(void);

#endif
