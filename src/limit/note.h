/* Why the limit decided what it did: for people and programs to read. */
#ifndef LIMIT_NOTE_H
#define LIMIT_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum limit_reason {
	LIMIT_NONE,     /* it never held a job back */
	LIMIT_CORES,    /* the jobs keep the cores busy */
	LIMIT_GROWTH,   /* more will run a moment later */
	LIMIT_BLIND,    /* no job has ended yet, so nothing is known of what they wait for */
	LIMIT_KNEE,     /* what the jobs wait for brings no more to more of them */
	LIMIT_FROZEN,   /* those under way wait longer than those before: it is seen how long */
	LIMIT_PROBE,    /* fewer are tried: they may bring as much */
	LIMIT_FAILURES, /* more of them fail where more run */
	LIMIT_MEMORY,   /* so many fit */
	LIMIT_PRESSURE, /* the machine waits for memory */
	LIMIT_MAX,
	LIMIT_MIN,
	LIMIT_FIXED,
	LIMIT_TOLD, /* while it runs */
};

/* A decision. The figures depend on the reason; those that say nothing are 0. */
struct limit_note {
	int64_t now;
	unsigned from, to; /* jobs */
	enum limit_reason reason;
	double demand, cores;           /* cores that the jobs want, and that there are */
	double low_level, low_wait;     /* with so many jobs at once, one waited so many seconds; */
	double high_level, high_wait;   /* with more, so many */
	unsigned failed, runs, ceiling; /* so many jobs of so many failed where `ceiling` or more ran */
};

typedef void limit_note_fn(void *arg, const struct limit_note *note);

/* One line without its newline, "2 -> 4 at once: ...": its length, as snprintf. */
int limit_note_text(const struct limit_note *note, char *text, size_t size);

/* One word for each reason, for programs. */
const char *limit_reason_name(enum limit_reason reason);

#endif
