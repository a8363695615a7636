/* What other models of running the same work would give. */
#include "look/model.h"

#include <math.h>
#include <stddef.h>

/* What the models cost, measured on the machines of docs/design/why.md. */
#define THREAD_START 100e-6  /* s, each */
#define TASK_START 30e-6     /* s, of computing, each */
#define FORK_START 1e-3      /* s, each, and as much a 30 MiB of memory */
#define PYTHON_POOL 0.04     /* s, once: the modules of a pool, its pipes and its end */
#define PYTHON_FORK 3e-3     /* s, each worker of such a pool */
#define GIL_SWITCHES 0.1     /* more computing where threads pass the GIL to and fro all the time */
#define FREE_THREADED_13 0.4 /* more computing without the GIL, up to CPython 3.13: 0.2 to 1.6 */
#define FREE_THREADED_14 0.1 /* and since, when its interpreter specialises again */
#define WORTH 1.15           /* a gain below this is not worth a change */

const char *look_model_name(enum look_model m)
{
	static const char *const names[] = {
		[LOOK_AS_IS] = "as it is",
		[LOOK_CONCURRENCY] = "concurrency",
		[LOOK_THREADS] = "threads",
		[LOOK_PROCESSES] = "processes",
		[LOOK_FREE_THREADED] = "free-threaded",
		[LOOK_MORE_CORES] = "more cores",
	};
	return names[m];
}

const char *look_kind_name(enum look_kind k)
{
	static const char *const names[] = { "compute", "wait", "gil" };
	return names[k];
}

double look_worker_bytes(const struct look_facts *f, enum look_model m)
{
	double own = f->processes ? (double)f->rss_bytes / f->processes : 0;
	switch (m) {
	case LOOK_CONCURRENCY:
		return 8e3;
	case LOOK_THREADS:
	case LOOK_FREE_THREADED:
		return 100e3; /* of its stack, what it touches */
	case LOOK_PROCESSES:
		return own / 2 + 1e6; /* what it does not share */
	default:
		return 0;
	}
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* The cores that computing may use at once under a model. */
static double lanes(const struct look_facts *f, enum look_model m)
{
	bool gil = f->python && f->gil_enabled;
	double cores = larger(f->cores, 1);
	if (m == LOOK_CONCURRENCY)
		return 1;
	if (m == LOOK_THREADS && gil) /* the GIL is busy for what needs it (utilisation) */
		return f->gil_free < 1 ? smaller(cores, 1 / (1 - f->gil_free)) : cores;
	return cores;
}

/* How many times faster than its one thread did `wide` computing ones go, beside what other programs run: they have
 * what those leave, or their part of all cores, which the scheduler divides fairly. */
static double beside_others(const struct look_facts *f, double wide)
{
	double mine = smaller(wide, f->cores), left = f->machine * mine / (mine + f->others);
	left = larger(left, f->machine - f->others);
	double one = f->workers == 1 && f->compute > 0 ? f->compute / (f->compute + f->ready) : 1;
	return f->others > 0 ? larger(left / one, 1) : INFINITY;
}

/* What starting the workers takes, and what they make computing dearer by. */
static double start_cost(const struct look_facts *f, enum look_model m, unsigned workers)
{
	switch (m) {
	case LOOK_CONCURRENCY:
		return workers * TASK_START;
	case LOOK_THREADS:
	case LOOK_FREE_THREADED:
		return workers * THREAD_START;
	case LOOK_PROCESSES:
		return f->python ? PYTHON_POOL + workers * PYTHON_FORK
				 : workers * FORK_START * (1 + look_worker_bytes(f, m) / 30e6);
	default:
		return 0;
	}
}

static double dearer(const struct look_facts *f, enum look_model m, double compute, double ideal)
{
	if (m == LOOK_THREADS && f->python && f->gil_enabled)
		return 1 + GIL_SWITCHES * (1 - f->gil_free) * smaller(1, ideal > 0 ? compute / ideal : 0);
	if (m == LOOK_FREE_THREADED && f->python && !f->free_threaded)
		return 1 + (f->python_minor < 14 ? FREE_THREADED_13 : FREE_THREADED_14);
	return 1;
}

/* More cores for a program as it is: they serve those who queue, and no others. */
static struct look_estimate more_cores(const struct look_facts *f, unsigned cores)
{
	struct look_estimate e = { .model = LOOK_MORE_CORES, .workers = cores, .bound = BOUND_DEMAND };
	double used = f->wall > 0 ? f->compute / f->wall : 0;
	double wanted = f->wall > 0 ? (f->compute + f->ready) / f->wall : 0;
	double gain = used > 0 ? smaller(wanted, cores) / used : 1;
	bool full = used > 0.5 * f->cores; /* with idle cores, a queue is a matter of moments */
	gain = larger(1, full ? gain : 1);
	e.at_most = larger(gain, full ? wanted / used : 1);
	e.seconds = f->wall / gain;
	e.speedup = gain;
	return e;
}

/* What its one working thread would have taken without other programs that were given its core: they would slow down
 * any model as they did this one. */
static double undisturbed(const struct look_facts *f)
{
	return f->wall - (f->workers == 1 ? smaller(f->ready, 0.95 * f->wall) : 0);
}

/* The bounds are reached where no piece of work gets into the way of another. Where they come at random times they
 * queue for the cores though on the average there is room: the machine repairman's problem (Palm 1947), with `wide`
 * pieces that compute and wait, and as many cores as `lane` says. Real work lies between the two. */
static double with_queues(double bound, double compute, double waits, double wide, double lane)
{
	double p = 1, sum = 1, busy = 0; /* of k pieces computing or queueing: its likelihood, not normalised */
	if (!(compute > 0) || !(waits > 0) || wide > 1000)
		return bound;
	for (double k = 1; k <= wide; k++) {
		p *= (wide - k + 1) * compute / waits / smaller(k, lane);
		sum += p;
		busy += p * smaller(k, lane);
		if (sum > 1e200) {
			p /= 1e200;
			sum /= 1e200;
			busy /= 1e200;
		}
	}
	return (bound + larger(bound, compute * sum / busy)) / 2;
}

struct look_estimate look_predict(const struct look_facts *f, enum look_model m, unsigned workers)
{
	struct look_estimate e = { .model = m, .workers = workers, .seconds = f->wall, .at_most = 1, .speedup = 1 };
	if (m == LOOK_AS_IS || !(f->wall > 0) || !workers)
		return e;
	if (m == LOOK_MORE_CORES)
		return more_cores(f, workers);
	double wall = undisturbed(f), serial = smaller(f->serial, wall), compute = larger(f->compute - serial, 0),
	       waits = f->real;
	double pieces = waits > 0.02 * wall ? larger(f->spells, 1) : INFINITY;
	double wide = smaller(workers, pieces), free = smaller(lanes(f, m), beside_others(f, wide));
	double lane = smaller(free, wide);
	double rounds = isinf(pieces) ? 1.0 / wide : ceil(pieces / wide) / pieces;
	double by_lane = compute / lane, by_workers = larger((compute + waits) * rounds, f->longest);
	double ideal = serial + larger(by_lane, by_workers);
	double cost = start_cost(f, m, workers), factor = dearer(f, m, compute, larger(by_lane, by_workers));
	double real_lane = compute * factor / lane,
	       real_workers = larger((compute * factor + waits) * rounds, f->longest);
	e.seconds = serial + cost +
		    with_queues(larger(real_lane, real_workers), compute * factor, waits, floor(wide), lane);
	double best = serial +
		      larger(compute / smaller(lanes(f, m), pieces), isinf(pieces) ? 0 : (compute + waits) / pieces);
	e.at_most = wall / larger(best, 1e-9);
	e.speedup = wall / larger(e.seconds, 1e-9);
	if (cost > 0.5 * e.seconds)
		e.bound = BOUND_START;
	else if (serial > 0.5 * ideal)
		e.bound = BOUND_SERIAL;
	else if (by_lane >= 0.98 * by_workers)
		e.bound = m == LOOK_CONCURRENCY ? BOUND_CPU : lanes(f, m) < f->cores ? BOUND_GIL : BOUND_CORES;
	else
		e.bound = pieces <= workers || by_workers == f->longest ? BOUND_PIECES : BOUND_WORKERS;
	e.seconds *= f->wall / wall;
	return e;
}

/* The number of workers that suits a model: more as long as it pays. */
static struct look_estimate suit(const struct look_facts *f, enum look_model m)
{
	static const unsigned tries[] = { 2, 4, 8, 10, 16, 32, 50, 64, 100, 128, 200, 256, 500, 1000 };
	unsigned most = m == LOOK_CONCURRENCY ? 1000 : m == LOOK_PROCESSES ? 64 : 500;
	struct look_estimate best = look_predict(f, m, 1);
	if (m == LOOK_MORE_CORES)
		return more_cores(f, (unsigned)ceil(larger(2 * f->cores, 2)));
	if (f->cores >= 2 && m != LOOK_CONCURRENCY)
		best = look_predict(f, m, (unsigned)f->cores);
	for (unsigned i = 0; i < sizeof tries / sizeof *tries && tries[i] <= most; i++) {
		struct look_estimate e = look_predict(f, m, tries[i]);
		if (e.seconds < 0.95 * best.seconds)
			best = e;
	}
	return best;
}

/* The verdict ------------------------------------------------------------------------------------------------------ */

static const struct look_cause *largest_cause(const struct look_facts *f, const struct look_verdict *v)
{
	for (unsigned i = 0; i < f->cause_count; i++)
		if ((f->causes[i].sort == LOOK_CALLERS) == v->idle && f->causes[i].sort != LOOK_OWN)
			return &f->causes[i];
	for (unsigned i = 0; i < f->cause_count; i++)
		if (f->causes[i].sort != LOOK_CALLERS)
			return &f->causes[i];
	return f->cause_count ? &f->causes[0] : NULL;
}

static void decide_kind(const struct look_facts *f, struct look_verdict *v)
{
	double ready = f->workers == 1 ? 0 : f->ready; /* one alone queues behind other programs: not its own doing */
	double active = f->compute + ready + f->real + f->gil;
	bool mostly_own = active < 0.05 * f->wall; /* all of it waits for itself: that is then the news */
	double waits = f->real + (mostly_own ? f->own : 0);
	double all = f->compute + ready + waits + f->gil;
	v->idle = f->callers > 0.5 * f->wall && f->callers > all - f->own * mostly_own;
	if (v->idle) {
		waits = f->callers;
		all -= mostly_own ? f->own : 0; /* what serves the one that waits */
	}
	double total = v->idle ? f->callers + all : all;
	if (f->gil > 0.15 * total && f->gil + f->compute > waits) {
		v->kind = LOOK_KIND_GIL;
		v->share = f->gil / total;
	} else if (f->compute + ready > waits) {
		v->kind = LOOK_KIND_COMPUTE;
		v->share = total > 0 ? (f->compute + ready) / total : 0;
	} else {
		v->kind = LOOK_KIND_WAIT;
		v->share = total > 0 ? waits / total : 0;
		v->main = largest_cause(f, v);
	}
}

/* The simplest of those that come near to the best. */
static void choose(struct look_verdict *v)
{
	static const enum look_model wait_order[] = { LOOK_CONCURRENCY, LOOK_THREADS, LOOK_FREE_THREADED,
						      LOOK_PROCESSES, LOOK_MORE_CORES };
	static const enum look_model compute_order[] = { LOOK_THREADS, LOOK_PROCESSES, LOOK_FREE_THREADED,
							 LOOK_MORE_CORES, LOOK_CONCURRENCY };
	const enum look_model *order = v->kind == LOOK_KIND_WAIT ? wait_order : compute_order;
	double best = 0;
	bool locked = v->main && v->main->state == LOOK_LOCK && v->main->sort != LOOK_CALLERS;
	v->best = v->models[LOOK_AS_IS];
	if (v->idle || (v->kind == LOOK_KIND_WAIT && locked))
		return;
	for (int i = 0; i < 5; i++)
		best = larger(best, v->models[order[i]].speedup);
	if (best < WORTH)
		return;
	for (int i = 0; i < 5; i++)
		if (v->models[order[i]].speedup > 0.85 * best) {
			v->best = v->models[order[i]];
			return;
		}
}

void look_judge(const struct look_facts *f, struct look_verdict *v)
{
	*v = (struct look_verdict){ 0 };
	decide_kind(f, v);
	for (enum look_model m = 0; m < LOOK_MODELS; m++) {
		bool pointless = m == LOOK_FREE_THREADED && (!f->python || (f->free_threaded && !f->gil_enabled));
		v->models[m] = pointless ? look_predict(f, LOOK_AS_IS, 1) : suit(f, m);
		v->models[m].model = m;
	}
	choose(v);
}
