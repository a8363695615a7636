/* How many jobs at once, decided from what they are seen to do.
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
#include "limit/limit.h"

#include <math.h>

#define MS ((int64_t)1000000)

enum {
	INTERVAL_MS = 20,
	INTERVAL_MAX_MS = 2000,
	MEMORY_MS = 100,      /* the past fades by e in so long, */
	FADE_SAMPLES = 4,     /* or in so many samples if that is longer, */
	MEMORY_MAX_MS = 1000, /* or in the life of a job up to this: jobs that started together compute together */
	FADE_JOBS = 16,
	WARM_SAMPLES = 2, /* the first one may find all jobs in their first page faults */
	BEYOND = 2,       /* so much demand above the cores may serve to fill gaps */
};

static const double EXTRA = 3;             /* times the cores, for jobs that only wait */
static const double SURELY_COMPUTES = 0.1; /* a job that waits less than that */
static const double CLEARLY_BELOW = 0.9;   /* of what we aim at */
static const double CLEARLY_ABOVE = 0.8;   /* cores more than there are */
static const double SLACK = 0.4;           /* what we aim at lies between the two */
static const double MOSTLY_WAIT = 0.4;     /* computes less than this share of its time */
static const double GAPS = 0.1;            /* of the cores idle: gaps worth filling */
static const double NO_GAPS = 0.02;

void limit_init(struct limit *l, unsigned cores, unsigned min, unsigned max)
{
	*l = (struct limit){ .cores = cores, .min = min ? min : 1, .max = max ? max : 1 };
	if (l->min > l->max)
		l->min = l->max;
	l->jobs = cores < l->max ? cores : l->max;
	if (l->jobs < l->min)
		l->jobs = l->min;
}

void limit_init_fixed(struct limit *l, unsigned jobs)
{
	*l = (struct limit){ .jobs = jobs, .max = jobs, .cores = jobs, .fixed = true, .reason = LIMIT_FIXED };
}

void limit_job_ended(struct limit *l, int64_t start, int64_t end, int64_t cpu_ns)
{
	int64_t life = end - start, since = start > l->last ? start : l->last;
	if (life > 0)
		l->life += ((double)life - l->life) / (l->life > 0 ? FADE_JOBS : 1);
	if (life > 0 && end > since)
		l->ended_since += (double)cpu_ns / (double)life * (double)(end - since);
}

static void fade(struct limit *l, double dt)
{
	double memory = fmax((double)(MEMORY_MS * MS), fmin((double)(MEMORY_MAX_MS * MS), l->life));
	double keep = exp(-dt / fmax(memory, FADE_SAMPLES * dt));
	l->time *= keep;
	l->running *= keep;
	l->runnable *= keep;
	l->own *= keep;
	l->ended *= keep;
	l->idle *= keep;
}

static void take_in(struct limit *l, const struct limit_sample *s, double dt)
{
	fade(l, dt);
	l->time += dt;
	l->running += dt * s->running;
	l->runnable += dt * s->runnable;
	l->own += dt * s->own;
	l->idle += dt * s->idle;
	l->ended += l->ended_since;
	l->all_running += dt * s->running;
	l->all_runnable += dt * s->runnable;
	l->all_ended += l->ended_since;
	l->ended_since = 0;
}

double limit_demand(const struct limit *l)
{
	return l->time > 0 ? (fmax(l->runnable, l->ended) + l->own) / l->time : 0;
}

double limit_computed(const struct limit *l)
{
	return l->all_running > 0 ? fmax(l->all_runnable, l->all_ended) / l->all_running : -1;
}

/* The same as if `running` jobs ran all the time: right after a growth the past holds fewer. */
static double demand_of(const struct limit *l, unsigned running)
{
	if (l->running <= 0)
		return 0;
	return fmax(l->runnable, l->ended) / l->running * running + l->own / l->time;
}

static unsigned clamp(double jobs, double least, double most)
{
	return (unsigned)fmax(1, fmin(most, fmax(least, jobs)));
}

/* The demand to aim at. Computing jobs get what there is. Jobs that wait get more than that on average: they come in
 * bursts, and where others compete for the cores, our queue must not run dry whenever it is our turn. */
static double aim(const struct limit *l, double demand, double jobs)
{
	double waits = jobs > 0 ? fmax(0, 1 - demand / jobs - SURELY_COMPUTES) : 0;
	return l->cores * (1 + EXTRA * waits);
}

static unsigned decide(struct limit *l, const struct limit_sample *s)
{
	double demand = demand_of(l, s->running), jobs = s->running, target = aim(l, demand, jobs);

	/* Jobs that mostly wait come to the cores in bursts (those that start together compute together), so it takes
	 * some that queue to keep the cores busy in between. */
	if (demand < MOSTLY_WAIT * jobs)
		target += BEYOND;
	if (demand < CLEARLY_BELOW * target) {
		double fit = demand > 0 ? floor(jobs * (target + SLACK) / demand) : 2 * jobs;
		if (s->held_back && fit > l->jobs)
			return clamp(fit, l->jobs, fmin(2 * jobs, l->max));
	}
	double idle = l->idle / l->time / l->cores;
	if (demand > target + CLEARLY_ABOVE && idle < NO_GAPS)
		return clamp(floor(jobs * (target + SLACK) / demand), 1, l->jobs);

	double step = 1 + floor(jobs / 16);
	if (s->held_back && idle > GAPS && s->now - l->stepped > MEMORY_MS * MS &&
	    demand * (jobs + step) < (l->cores + BEYOND) * jobs) {
		l->stepped = s->now;
		return clamp(l->jobs + step, l->jobs, l->max);
	}
	return l->jobs;
}

static enum limit_reason reason(const struct limit *l, const struct limit_sample *s, bool grown)
{
	if (l->fixed)
		return LIMIT_FIXED;
	if (l->jobs >= s->room)
		return LIMIT_MEMORY;
	if (l->jobs >= l->max)
		return LIMIT_MAX;
	return grown ? LIMIT_GROWTH : LIMIT_CORES;
}

unsigned limit_update(struct limit *l, const struct limit_sample *s)
{
	double dt = l->last ? (double)(s->now - l->last) : (double)(INTERVAL_MS * MS);
	unsigned before = l->jobs;
	l->last = s->now;
	if (dt <= 0)
		return l->jobs;
	take_in(l, s, dt);
	if (!l->fixed && s->running && ++l->samples >= WARM_SAMPLES)
		l->jobs = decide(l, s);
	if (!l->fixed && l->jobs > s->room)
		l->jobs = s->room ? s->room : 1;
	if (l->jobs < l->min)
		l->jobs = l->min;
	if (s->held_back)
		l->reason = reason(l, s, l->jobs > before);
	return l->jobs;
}

int64_t limit_interval(int64_t cost_ns, uint64_t random)
{
	double mean = fmin(fmax((double)cost_ns * 50, INTERVAL_MS * MS), INTERVAL_MAX_MS * MS);
	return (int64_t)(mean * (0.75 + 0.5 * (double)(random >> 11) / 9007199254740992.0));
}
