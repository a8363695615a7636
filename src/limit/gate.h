/* The gate: how many jobs the cores can serve.
 *
 * What a job asks of the machine is its demand for cores: how many of its threads are runnable, on average. As many
 * jobs pay as together demand the cores there are; one that mostly waits demands little, so many of those run. */
#ifndef LIMIT_GATE_H
#define LIMIT_GATE_H

#include <stdbool.h>
#include <stdint.h>

struct gate {
	unsigned jobs; /* the answer */
	unsigned cores;

	/* sums over the past, each weighted by its length and fading (see gate.c) */
	double time, running, runnable, own, ended, idle;
	double all_running, all_runnable, all_ended; /* the same, never fading */
	int64_t first;                               /* sample */
	int64_t last;                                /* the latest sample; 0 before the first */
	int64_t stepped;                             /* the latest step beyond the cores */
	double ended_since;                          /* demand of jobs that ended since the last sample, times ns */
	double life;                                 /* of the jobs that ended lately, ns */
	unsigned samples;
};

struct gate_sample {
	int64_t now;
	unsigned running;
	double runnable, own, idle;
	bool held_back; /* by the gate itself */
	unsigned max;
	unsigned settled; /* what is known to pay: growth goes there at once */
};

void gate_init(struct gate *g, unsigned cores, unsigned jobs);

/* What the samples did not see of short jobs is known from their CPU time. */
void gate_job_ended(struct gate *g, int64_t start, int64_t end, int64_t cpu_ns);
void gate_update(struct gate *g, const struct gate_sample *s);

/* The cores that the jobs running lately would use if they had them. */
double gate_demand(const struct gate *g);

/* How much longer a job takes to compute than it would alone: 1 where cores are free. */
double gate_stretch(const struct gate *g);

/* The share of their time in which the jobs so far computed or queued for a core (above 1 for jobs of several threads);
 * negative where they were too short to be seen. */
double gate_computed(const struct gate *g);

/* The same, lately. */
double gate_computes(const struct gate *g);

#endif
