/* A trace: what happened, stretch by stretch, in Chrome's JSON, which Perfetto and Chrome's own viewer open.
 *
 * Who has something to tell puts it into a ring of its own, which costs it some stores; a thread of the trace's takes
 * it out, and makes text of it. A ring that is full when the thread does not keep up has no place for more: that is
 * counted, and said at the end. So memory is bounded, and nobody waits.
 *
 * Each event stands for itself, from a stamp to a stamp: nothing has to be sorted or matched, and what is lost leaves a
 * gap, no more. After each write the file is whole, so one of a program that ended in any way is good until the last
 * write before, PERIOD_NS ago at most; exit(3) writes what is left. */
#ifndef METER_TRACE_H
#define METER_TRACE_H

#include "meter/site.h"
#include "meter/stamp.h"

enum trace_kind {
	TRACE_COMPUTE, /* a task was on a core; the last `more` ticks of it, held */
	TRACE_BORN,    /* it was spawned, and ready until its first run */
	TRACE_READY,   /* it could have been; it waited for `more` ticks before, and `by` woke it */
	TRACE_STEAL,   /* at `from`: tasks were taken from the thread `by` */
	TRACE_STANDS,  /* the thread ran tasks in the place of the thread `by` */
};

struct trace_event {
	int64_t from, to, more; /* stamps, and their differences */
	uint32_t task, by;      /* numbers; 0: none */
	uint8_t kind, why, site;
};

#define TRACE_RING 16384u /* events; a power of two */

struct trace_ring {
	struct trace *trace;
	struct trace_ring *next;
	uint32_t thread; /* its number: from 1 on */
	char name[40];
	bool named;                            /* in the file */
	_Alignas(64) atomic_of(uint32_t) head; /* by the trace */
	_Alignas(64) atomic_of(uint32_t) tail; /* by whose ring it is, as what follows */
	atomic_of(uint64_t) dropped;
	struct trace_event at[TRACE_RING];
};

/* Begins one, in a file that is made or overwritten. `sites` has to outlast it. 0, or a negative errno. */
int trace_create(struct trace **out, const char *file, struct sites *sites, struct stamp_origin origin);

/* A ring for a thread, which the viewers show by the name; freed with the trace. NULL: there is no memory. */
struct trace_ring *trace_ring(struct trace *t, uint32_t thread, const char *name);

/* A number for a task: from 1 on. Any thread. */
uint32_t trace_number(struct trace *t);

/* By whose ring it is. */
void trace_put(struct trace_ring *r, const struct trace_event *e);

/* How many events were written, and how many were not. */
struct trace_count {
	uint64_t written, dropped;
};

/* After the last trace_put. Frees it; what became of it, and 0 or the negative errno of the first write that failed. */
int trace_finish(struct trace *t, struct trace_count *out);

#endif
