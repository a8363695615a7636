/* How many jobs at once, decided from what they are seen to do. Pure: it is told the time and the measurements, and
 * reads nothing itself.
 *
 * What a job asks of the machine is its demand for cores: how many of its threads are runnable, on average. As many
 * jobs pay as together demand the cores there are; one that mostly waits demands little, so many of those run. */
#ifndef LIMIT_LIMIT_H
#define LIMIT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

enum limit_reason {
	LIMIT_NONE,   /* it never held a job back */
	LIMIT_CORES,  /* the jobs kept the cores busy */
	LIMIT_GROWTH, /* more would have run a moment later */
	LIMIT_MAX,
	LIMIT_MEMORY,
	LIMIT_FIXED,
};

struct limit {
	unsigned jobs;            /* the answer: run so many at once */
	enum limit_reason reason; /* why not more, when it last held a job back */

	unsigned cores, min, max;
	bool fixed;

	/* sums over the past, each weighted by its length and fading (see limit.c) */
	double time, running, runnable, own, ended, idle;
	double all_running, all_runnable, all_ended; /* the same, never fading */
	int64_t last;                                /* the latest sample; 0 before the first */
	int64_t stepped;                             /* the latest step beyond the cores */
	double ended_since;                          /* demand of jobs that ended since the last sample, times ns */
	double life;                                 /* of the jobs that ended lately, ns */
	unsigned samples;
};

/* What was seen at one instant, and since the sample before. */
struct limit_sample {
	int64_t now;      /* ns */
	unsigned running; /* jobs */
	double runnable;  /* threads of theirs that compute or queue for a core */
	double own;       /* cores that the runner itself has used since the last sample */
	double idle;      /* cores that have idled since; negative where that is not known or says nothing */
	bool held_back;   /* a job was ready to start but the limit did not let it */
	unsigned room;    /* jobs that memory lets run at once */
};

/* Starts at one job a core, never below `min` or above `max`. */
void limit_init(struct limit *l, unsigned cores, unsigned min, unsigned max);

/* Stays at `jobs`. */
void limit_init_fixed(struct limit *l, unsigned jobs);

/* A job has ended: it lived from `start` to `end` and used so much CPU time. What the samples did not see of short jobs
 * is known from this. */
void limit_job_ended(struct limit *l, int64_t start, int64_t end, int64_t cpu_ns);

/* Takes a sample in and answers the new number of jobs. */
unsigned limit_update(struct limit *l, const struct limit_sample *s);

/* The cores that the jobs running lately would use if they had them, and that number of jobs. */
double limit_demand(const struct limit *l);

/* The share of their time in which the jobs so far computed or queued for a core (above 1 for jobs of several threads);
 * negative where they were too short to be seen. */
double limit_computed(const struct limit *l);

/* The time until the next sample, where the last one cost so much CPU time: at most 2% of a core goes into looking.
 * Drawn at random around its mean, or jobs in step with the samples would be seen at the same point each time. */
int64_t limit_interval(int64_t cost_ns, uint64_t random);

#endif
