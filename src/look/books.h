/* The books of one thread: every nanosecond of its life goes to one state, once.
 *
 * The kernel counts the time on a core and in the run queue; what remains of a span was spent blocked, and a sample at
 * its end says on what. The counters are exact once a thread has blocked; while it runs they are late by up to a tick,
 * and while it queues by all of that, so that the end of a span in which it was seen to run, or to queue, stays open.
 * Pure. */
#ifndef LOOK_BOOKS_H
#define LOOK_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "look/state.h"

/* /proc/PID/task/TID/schedstat: ns on a core, ns in the queue, times it was put on a core. */
struct look_counters {
	uint64_t ran, queued, runs;
};

struct look_books {
	int64_t start, open;     /* closed from start up to open */
	struct look_counters at; /* those of `open` */
	bool running;            /* it was, at `open` */
	int64_t ns[LOOK_STATES]; /* their sum, and unknown, is open - start */
	int64_t unknown;         /* blocked, between looks */
};

/* What a span was found to be: its three parts add up to its length. */
struct look_span {
	int64_t from, to;
	int64_t compute, ready, wait;
};

void look_books_open(struct look_books *b, int64_t now, const struct look_counters *c, bool running);

/* The thread is blocked, in `state`, and was in nothing else. */
struct look_span look_books_blocked(struct look_books *b, int64_t now, const struct look_counters *c,
				    enum look_state state);

/* It is blocked, but has run since `open`: what it waited for by then is not known to be one thing. */
struct look_span look_books_between(struct look_books *b, int64_t now, const struct look_counters *c);

/* A wait that was open has ended, and these are the counters at `now`: when it was over at the latest. */
int64_t look_books_wait_end(const struct look_books *b, int64_t now, const struct look_counters *c);

/* It runs, or could. What may be a late counter stays open. */
struct look_span look_books_running(struct look_books *b, int64_t now, const struct look_counters *c);

/* It is gone; `state` is what it was last seen in: LOOK_COMPUTE or a wait. */
struct look_span look_books_close(struct look_books *b, int64_t now, enum look_state state);

enum {
	LOOK_TICK = 10000000,  /* ns: the longest tick of a kernel */
	LOOK_LATE = 100000000, /* how late counters may be: time in the queue counts once it has ended */
};

#endif
