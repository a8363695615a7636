/* The gate: how many jobs the cores can serve.
 *
 * The demand for cores is measured twice, and the larger counts. Samples count runnable threads: that sees queueing
 * too, so a busy machine does not look idle. The CPU time of ended jobs is exact, and sees also those so short that the
 * samples, which are taken while the runner itself computes, miss part of them.
 *
 * Three rules follow, with D the demand of the jobs that run now and of the runner, and a target: the cores, and up to
 * EXTRA times more for jobs that wait (see aim()).
 *  - D clearly below the target: more, in proportion, at most doubling at a sample. So jobs that wait reach hundreds in
 *    a few tenths of a second, and each doubling is seen to be harmless before the next.
 *  - D about the target, yet cores idle: one step more, up to a demand of cores + 2. Jobs that only compute leave no
 *    core idle, so they stay at one a core.
 *  - D above the target and no core idle: ended jobs are not replaced until it fits.
 */
#include "limit/gate.h"

#include <math.h>

#define MS ((int64_t)1000000)

enum {
	INTERVAL_MS = 20,
	INTERVAL_MAX_MS = 2000,
	MEMORY_MS = 100,      /* the past fades by e in so long, */
	FADE_SAMPLES = 4,     /* or in so many samples if that is longer, */
	MEMORY_MAX_MS = 1000, /* or in the life of a job up to this: jobs that started together compute together */
	FADE_JOBS = 16,
	WARM_MS = 20,     /* they may read their program from disk: no more than BEYOND the cores until then */
	WARM_SAMPLES = 2, /* the first one may find all jobs in their first page faults */
	BEYOND = 2,       /* so much demand above the cores may serve to fill gaps */
};

static const double EXTRA = 5;             /* times the cores, for jobs that only wait */
static const double SURELY_COMPUTES = 0.1; /* a job that waits less than that */
static const double CLEARLY_BELOW = 0.9;   /* of what we aim at */
static const double CLEARLY_ABOVE = 0.8;   /* cores more than there are */
static const double SLACK = 0.4;           /* what we aim at lies between the two */
static const double MOSTLY_WAIT = 0.4;     /* computes less than this share of its time */
static const double GAPS = 0.1;            /* of the cores idle: gaps worth filling */
static const double NO_GAPS = 0.02;

void gate_init(struct gate *g, unsigned cores, unsigned jobs)
{
	*g = (struct gate){ .cores = cores, .jobs = jobs };
}

void gate_job_ended(struct gate *g, int64_t start, int64_t end, int64_t cpu_ns)
{
	int64_t life = end - start, since = start > g->last ? start : g->last;
	if (life > 0)
		g->life += ((double)life - g->life) / (g->life > 0 ? FADE_JOBS : 1);
	if (life > 0 && end > since)
		g->ended_since += (double)cpu_ns / (double)life * (double)(end - since);
}

static void fade(struct gate *g, double dt)
{
	double memory = fmax((double)(MEMORY_MS * MS), fmin((double)(MEMORY_MAX_MS * MS), g->life));
	double keep = exp(-dt / fmax(memory, FADE_SAMPLES * dt));
	g->time *= keep;
	g->running *= keep;
	g->runnable *= keep;
	g->own *= keep;
	g->ended *= keep;
	g->idle *= keep;
}

static void take_in(struct gate *g, const struct gate_sample *s, double dt)
{
	fade(g, dt);
	g->time += dt;
	g->running += dt * s->running;
	g->runnable += dt * s->runnable;
	g->own += dt * s->own;
	g->idle += dt * s->idle;
	g->ended += g->ended_since;
	g->all_running += dt * s->running;
	g->all_runnable += dt * s->runnable;
	g->all_ended += g->ended_since;
	g->ended_since = 0;
}

double gate_demand(const struct gate *g)
{
	return g->time > 0 ? (fmax(g->runnable, g->ended) + g->own) / g->time : 0;
}

double gate_computed(const struct gate *g)
{
	return g->all_running > 0 ? fmax(g->all_runnable, g->all_ended) / g->all_running : -1;
}

/* The same as if `running` jobs ran all the time: right after a growth the past holds fewer. */
static double demand_of(const struct gate *g, unsigned running)
{
	if (g->running <= 0)
		return 0;
	return fmax(g->runnable, g->ended) / g->running * running + g->own / g->time;
}

static unsigned clamp(double jobs, double least, double most)
{
	return (unsigned)fmax(1, fmin(most, fmax(least, jobs)));
}

/* The demand to aim at. Computing jobs get what there is. Jobs that wait get more than that on average: they come in
 * bursts, and where others compete for the cores, our queue must not run dry whenever it is our turn. */
static double aim(const struct gate *g, double demand, double jobs)
{
	double waits = jobs > 0 ? fmax(0, 1 - demand / jobs - SURELY_COMPUTES) : 0;
	return g->cores * (1 + EXTRA * waits);
}

/* How many jobs demand `target`, where `jobs` demand so much. While cores are free the demand grows in proportion. Once
 * they are busy no more jobs come to wait for other things, so each one more only makes the queue for them longer: by
 * one, or by as many threads as a job has. */
static double fitting(const struct gate *g, double jobs, double demand, double target)
{
	if (demand <= 0)
		return 2 * jobs;
	if (demand > jobs)
		return jobs * target / demand;
	if (demand > target)
		return jobs - (demand - target);
	return fmin(jobs * target / demand, (jobs - demand) * g->cores / fmin(demand, g->cores) + target);
}

static unsigned decide(struct gate *g, const struct gate_sample *s)
{
	double demand = demand_of(g, s->running), jobs = s->running, target = aim(g, demand, jobs);

	/* Jobs that mostly wait come to the cores in bursts (those that start together compute together), so it takes
	 * some that queue to keep the cores busy in between. */
	if (demand < MOSTLY_WAIT * jobs)
		target += BEYOND;
	if (demand < CLEARLY_BELOW * target) {
		double fit = floor(fitting(g, jobs, demand, target + SLACK));
		if (s->now - g->first < WARM_MS * MS)
			fit = fmin(fit, fmax(g->jobs, g->cores + BEYOND));
		if (s->held_back && fit > g->jobs)
			return clamp(fit, g->jobs, fmin(fmax(2 * jobs, fmin(4 * jobs, s->settled)), s->max));
	}
	double idle = g->idle / g->time / g->cores;
	if (demand > target + CLEARLY_ABOVE && idle < NO_GAPS)
		return clamp(floor(fitting(g, jobs, demand, target + SLACK)), 1, g->jobs);

	double step = 1 + floor(jobs / 16);
	if (s->held_back && idle > GAPS && s->now - g->stepped > MEMORY_MS * MS &&
	    demand * (jobs + step) < (g->cores + BEYOND) * jobs) {
		g->stepped = s->now;
		return clamp(g->jobs + step, g->jobs, s->max);
	}
	return g->jobs;
}

void gate_update(struct gate *g, const struct gate_sample *s)
{
	double dt = g->last ? (double)(s->now - g->last) : (double)(INTERVAL_MS * MS);
	if (dt <= 0)
		return;
	g->first = g->first ? g->first : s->now;
	g->last = s->now;
	take_in(g, s, dt);
	if (s->running && ++g->samples >= WARM_SAMPLES)
		g->jobs = decide(g, s);
}

double gate_stretch(const struct gate *g)
{
	return fmax(1, gate_demand(g) / g->cores);
}

double gate_computes(const struct gate *g)
{
	return g->running > 0 ? fmax(g->runnable, g->ended) / g->running : 0;
}
