/* What other models of running the same work would give, at best: pure functions over measured facts.
 *
 * Three laws bound them. Utilisation: a resource that is busy for C seconds needs C seconds, however many ask for it
 * (the cores, and the GIL is a core of its own). Little: w at once finish w times as many a second, until that bound.
 * Amdahl: what runs alone stays. Then what the model itself costs: threads and processes have to be started. */
#ifndef LOOK_MODEL_H
#define LOOK_MODEL_H

#include "look/facts.h"

enum look_model {
	LOOK_AS_IS,
	LOOK_CONCURRENCY, /* tasks, asyncio: many waits on one core */
	LOOK_THREADS,
	LOOK_PROCESSES,
	LOOK_FREE_THREADED, /* a Python without the GIL, and threads */
	LOOK_MORE_CORES,
	LOOK_MODELS /* how many there are */
};

enum look_bound {
	BOUND_NONE,
	BOUND_CPU,     /* one core's worth of computing (utilisation) */
	BOUND_CORES,   /* the cores there are */
	BOUND_GIL,     /* the computing takes turns */
	BOUND_WORKERS, /* so many at once (Little) */
	BOUND_PIECES,  /* the work has no more pieces than it has waits */
	BOUND_SERIAL,  /* start and end (Amdahl) */
	BOUND_START,   /* starting the workers */
	BOUND_DEMAND,  /* no more threads want a core */
};

struct look_estimate {
	enum look_model model;
	unsigned workers; /* at once */
	double seconds;   /* expected, with what the model costs */
	double at_most;   /* the speed-up at best, without such costs */
	double speedup;   /* wall / seconds */
	enum look_bound bound;
};

enum look_kind { LOOK_KIND_COMPUTE, LOOK_KIND_WAIT, LOOK_KIND_GIL };

struct look_verdict {
	enum look_kind kind;
	bool idle;                     /* it waits for callers: nothing makes it faster */
	const struct look_cause *main; /* of a wait, in the facts; NULL where none is known */
	double share;                  /* of the time of its working threads that the verdict is about */
	struct look_estimate best;     /* the model that would help most, LOOK_AS_IS where none is worth it */
	struct look_estimate models[LOOK_MODELS]; /* each with the workers that suit it */
};

const char *look_model_name(enum look_model m); /* "concurrency", ... */
const char *look_kind_name(enum look_kind k);   /* "compute", "wait", "gil" */

/* What `workers` at once would give under this model. */
struct look_estimate look_predict(const struct look_facts *f, enum look_model m, unsigned workers);

void look_judge(const struct look_facts *f, struct look_verdict *v);

/* The memory that one more worker takes, bytes. */
double look_worker_bytes(const struct look_facts *f, enum look_model m);

#endif
