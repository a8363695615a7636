/* How many jobs at once, decided from what they are seen to do. Pure: it is told the time and the measurements, and
 * reads nothing itself.
 *
 * Four parts each say how many may run, and the least of them counts:
 *  - the gate: the cores. As many jobs pay as together demand the cores there are (gate.h);
 *  - the climb: what the jobs wait for. More pay as long as they bring more (climb.h);
 *  - the failures: jobs that fail where more run, and not where fewer do, have found a ceiling (failures.h);
 *  - memory, and what the caller allows. */
#ifndef LIMIT_LIMIT_H
#define LIMIT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "limit/climb.h"
#include "limit/failures.h"
#include "limit/gate.h"
#include "limit/note.h"

/* What a run of the same kind of jobs has learnt; all zero: nothing. */
struct limit_known {
	unsigned jobs;    /* it settled at so many, */
	bool by_knee;     /* because more brought no more */
	unsigned ceiling; /* where they began to fail; 0: nowhere */
};

struct limit_options {
	unsigned cores;
	unsigned min, max; /* jobs; 0: no bound */
	unsigned fixed;    /* stays at so many; 0: decides */
	struct limit_known known;
	limit_note_fn *note; /* told of each decision, from limit_update and limit_set; may be NULL */
	void *arg;
};

struct limit {
	unsigned jobs;            /* the answer: run so many at once */
	enum limit_reason reason; /* why not more, when it last held a job back */

	struct limit_options options;
	unsigned min, max;
	bool fixed;
	unsigned room, settled, most, ended;
	unsigned told; /* the latest number that was told of, */
	enum limit_reason told_reason;

	struct gate gate;
	struct climb climb;
	struct failures failures;

	double alone_wait; /* ns, of jobs that started with no more than one a core, */
	unsigned alone;    /* so many */
	unsigned running;  /* jobs */
	double area;       /* how many ran, summed over time: ns */
	int64_t began, last_change, last_sample;
};

/* What the limit knows of one job while it runs; the caller keeps it. */
struct limit_job {
	int64_t start;
	double area;
	unsigned level; /* how many ran when it started, itself included */
	struct climb_place place;
};

/* What was seen at one instant, and since the sample before. */
struct limit_sample {
	int64_t now;     /* ns */
	double runnable; /* threads of the jobs that compute or queue for a core; negative where none could be seen */
	double own;      /* cores that the runner itself has used since the last sample */
	double idle;     /* cores that have idled since; negative where that is not known or says nothing */
	bool held_back;  /* a job was ready to start but the limit did not let it */
	unsigned room;   /* jobs that memory lets run at once */
	double pressure; /* the share of the time in which something waited for memory; 0 where that is not known */
};

/* Starts at one job a core, within the bounds. */
void limit_init(struct limit *l, const struct limit_options *o);

/* Other bounds, while it runs; as the options of the same names. */
void limit_set(struct limit *l, unsigned fixed, unsigned min, unsigned max, int64_t now);

void limit_job_started(struct limit *l, struct limit_job *j, int64_t now);

/* It used so much CPU time, its descendants included. */
void limit_job_ended(struct limit *l, const struct limit_job *j, int64_t now, int64_t cpu_ns, bool failed);

/* Takes a sample in and answers the new number of jobs. */
unsigned limit_update(struct limit *l, const struct limit_sample *s);

/* The machine has proved not to hold more than so many. */
void limit_lower(struct limit *l, unsigned jobs);

/* An estimate of how long `jobs` jobs that compute `cpu_s` each would have taken with a fixed number at once, seconds,
 * by what those waited that started alone; negative where none can be told from. */
double limit_estimate(const struct limit *l, double jobs, double cpu_s, unsigned fixed);

/* What is worth remembering for the next run of the same kind; false where that is nothing. */
bool limit_learnt(const struct limit *l, struct limit_known *known);

/* The time until the next sample, where the last one cost so much CPU time: at most 2% of a core goes into looking, and
 * in the first second 10%. `age`: ns since the first job. Drawn at random around its mean, or jobs in step with the
 * samples would be seen at the same point each time. */
int64_t limit_interval(int64_t cost_ns, int64_t age, uint64_t random);

#endif
