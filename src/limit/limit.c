/* How many jobs at once: the least of what the gate, the climb, the failures and memory say. */
#include "limit/limit.h"

#include <math.h>

#define MS ((int64_t)1000000)

enum {
	BLIND = 8, /* jobs that may wait for something unknown before the first comes back */
	NO_BOUND = 1000000,
	SHORT_MS = 20, /* jobs whose start is a good part of them */
	INTERVAL_MS = 20,
	INTERVAL_MAX_MS = 2000,
	FIRST_INTERVAL_MS = 5,
	FIRST_MS = 1000,
	ENOUGH_JOBS = 8, /* to remember what they settled at */
};

static const double MOSTLY_COMPUTE = 0.6;
static const double STALLED = 0.1; /* of the time waiting for memory: too much */
static const double LET_GO = 0.75; /* so many of the jobs stay then */

static unsigned within(const struct limit *l, double jobs)
{
	return (unsigned)fmax(l->min, fmin(l->max, fmax(1, jobs)));
}

static void set_bounds(struct limit *l, unsigned fixed, unsigned min, unsigned max)
{
	l->fixed = fixed > 0;
	l->min = fixed ? fixed : min ? min : 1;
	l->max = fixed ? fixed : max ? max : NO_BOUND;
	if (l->min > l->max)
		l->min = l->max;
}

void limit_init(struct limit *l, const struct limit_options *o)
{
	*l = (struct limit){ .options = *o, .room = UINT32_MAX };
	set_bounds(l, o->fixed, o->min, o->max);
	l->jobs = l->told = within(l, o->cores);
	l->reason = l->fixed ? LIMIT_FIXED : LIMIT_NONE;
	gate_init(&l->gate, o->cores, l->jobs);
	climb_init(&l->climb, o->known.by_knee ? o->known.jobs : fmax(fmax(BLIND, o->cores), o->known.jobs),
		   o->known.by_knee);
	failures_init(&l->failures, o->known.ceiling);
}

/* While it feels its way, not each step is worth a line. */
static bool worth_telling(const struct limit *l, const struct limit_note *note)
{
	bool steps = note->reason == LIMIT_BLIND || note->reason == LIMIT_FROZEN || note->reason == LIMIT_CORES;
	return !steps || note->reason != l->told_reason || l->jobs > 1.5 * l->told || l->told > 1.5 * l->jobs;
}

static void tell(struct limit *l, struct limit_note *note, int64_t now)
{
	if (!worth_telling(l, note))
		return;
	note->now = now;
	note->from = l->told;
	l->told = l->jobs;
	l->told_reason = note->reason;
	note->to = l->jobs;
	note->demand = gate_demand(&l->gate);
	note->cores = l->options.cores;
	if (l->options.note)
		l->options.note(l->options.arg, note);
}

static void count(struct limit *l, int64_t now)
{
	l->began = l->began ? l->began : now;
	if (l->last_change && now > l->last_change)
		l->area += (double)l->running * (double)(now - l->last_change);
	l->last_change = now;
}

void limit_set(struct limit *l, unsigned fixed, unsigned min, unsigned max, int64_t now)
{
	set_bounds(l, fixed, min, max);
	l->jobs = within(l, l->jobs);
	l->gate.jobs = l->jobs;
	struct limit_note note = { .reason = LIMIT_TOLD };
	tell(l, &note, now);
}

void limit_job_started(struct limit *l, struct limit_job *j, int64_t now)
{
	count(l, now);
	l->running++;
	l->most = l->running > l->most ? l->running : l->most;
	*j = (struct limit_job){ .start = now, .area = l->area, .level = l->running };
	j->place = climb_join(&l->climb, (double)now / 1e9, l->jobs, l->running);
	failures_job_started(&l->failures, j->level, now);
}

/* A job that fails for reasons of its own, after as long as others need, is as good as another to learn from. Not so
 * one that is refused. */
static bool slow_failure(const struct limit *l, double life)
{
	return !l->failures.ceiling && life > 0.8 * l->gate.life;
}

void limit_job_ended(struct limit *l, const struct limit_job *j, int64_t now, int64_t cpu_ns, bool failed)
{
	double life = (double)(now - j->start), computed = (double)cpu_ns * gate_stretch(&l->gate);
	count(l, now);
	l->running--;
	l->ended++;
	if (j->level <= l->options.cores) {
		l->alone_wait += fmax(0, life - computed);
		l->alone++;
	}
	gate_job_ended(&l->gate, j->start, now, cpu_ns);
	climb_leave(&l->climb, j->place,
		    &(struct climb_end){
			    .start = (double)j->start / 1e9,
			    .now = (double)now / 1e9,
			    .wait = (life - computed) / 1e9,
			    .level = life > 0 ? (l->area - j->area) / life : j->level,
			    .start_level = j->level,
			    .counts = life > 0 && (!failed || slow_failure(l, life)),
		    });
	unsigned ceiling = l->failures.ceiling;
	failures_job_ended(&l->failures, j->level, j->start, now, failed);
	if (ceiling && !l->failures.ceiling)
		climb_lift(&l->climb);
	if (l->failures.suspect)
		l->jobs = within(l, fmin(l->jobs, l->running));
}

/* What holds a job back now: the reason that belongs to the least of the bounds. */
static enum limit_reason binding(const struct limit *l, bool grown)
{
	if (l->fixed)
		return LIMIT_FIXED;
	if (l->jobs >= l->room)
		return LIMIT_MEMORY;
	if (l->jobs >= l->max)
		return LIMIT_MAX;
	if (l->jobs >= l->failures.cap)
		return LIMIT_FAILURES;
	if (grown)
		return LIMIT_GROWTH;
	if (l->climb.frozen > 0)
		return LIMIT_FROZEN;
	if (l->jobs >= (unsigned)round(l->climb.cap))
		return l->climb.phase == CLIMB_BLIND ? LIMIT_BLIND : l->climb.knee ? LIMIT_KNEE : LIMIT_GROWTH;
	return l->jobs <= l->min && l->min > 1 ? LIMIT_MIN : LIMIT_CORES;
}

static void decide(struct limit *l, const struct limit_sample *s, struct limit_note *note)
{
	unsigned cap = (unsigned)round(l->climb.cap), others = l->failures.cap;
	others = l->room < others ? l->room : others;
	others = l->max < others ? l->max : others;
	bool by_gate = s->held_back && l->jobs >= l->gate.jobs,
	     by_climb = s->held_back && l->jobs >= cap && l->running <= cap;

	gate_update(&l->gate, &(struct gate_sample){
				      .now = s->now,
				      .running = s->runnable < 0 ? 0 : l->running,
				      .runnable = fmax(0, s->runnable),
				      .own = s->own,
				      .idle = s->idle,
				      .held_back = by_gate,
				      .max = l->max,
				      .settled = l->options.known.jobs,
			      });
	note->reason = LIMIT_CORES;
	climb_update(&l->climb,
		     &(struct climb_now){
			     .now = (double)s->now / 1e9,
			     .held_back = by_climb,
			     .running = l->running,
			     .reachable = fmin(l->gate.jobs, others),
			     .computes = gate_computes(&l->gate),
		     },
		     note);
	if (failures_update(&l->failures, s->now, note))
		climb_cut(&l->climb, (double)s->now / 1e9, l->failures.cap);
	others = l->failures.cap;
	others = l->room < others ? l->room : others;
	double climb = round(l->climb.cap);
	if (l->climb.frozen > 0)
		climb = fmin(climb, fmax(l->climb.frozen, l->running));
	if (gate_computes(&l->gate) >
	    MOSTLY_COMPUTE) /* then the cores decide, and what others waited for says nothing */
		climb = fmax(climb, l->options.cores);
	l->jobs = within(l, fmin(fmin(l->gate.jobs, climb), others));
}

unsigned limit_update(struct limit *l, const struct limit_sample *s)
{
	unsigned before = l->jobs;
	struct limit_note note = { 0 };
	if (l->last_sample && s->now <= l->last_sample)
		return l->jobs;
	l->last_sample = s->now;
	count(l, s->now);
	l->room = s->room ? s->room : 1;
	if (s->pressure > STALLED && l->running)
		l->room = (unsigned)fmin(l->room, fmax(1, l->running * LET_GO));
	decide(l, s, &note);
	if (s->held_back)
		l->reason = binding(l, l->jobs > before);
	if (s->held_back)
		l->settled = l->climb.phase == CLIMB_DOWN ? (unsigned)round(l->climb.home) : l->jobs;
	if (l->jobs != before) {
		enum limit_reason bound = binding(l, false);
		if (note.reason == LIMIT_CORES)
			note.reason = bound;
		if (bound == LIMIT_FAILURES && l->jobs > before)
			note = (struct limit_note){ .reason = bound, .ceiling = l->failures.ceiling };
		if (bound == LIMIT_MEMORY)
			note.reason = s->pressure > STALLED ? LIMIT_PRESSURE : LIMIT_MEMORY;
		tell(l, &note, s->now);
	}
	return l->jobs;
}

void limit_lower(struct limit *l, unsigned jobs)
{
	if (!l->fixed && l->jobs > jobs)
		l->jobs = l->gate.jobs = within(l, jobs);
}

bool limit_learnt(const struct limit *l, struct limit_known *known)
{
	bool knee = l->reason == LIMIT_KNEE || l->reason == LIMIT_PROBE || l->reason == LIMIT_FROZEN;
	bool bound = knee || l->reason == LIMIT_CORES || l->reason == LIMIT_FAILURES || l->reason == LIMIT_MEMORY;
	*known = (struct limit_known){
		.jobs = bound ? l->settled : l->most,
		.by_knee = knee,
		.ceiling = l->failures.ceiling,
	};
	return !l->fixed && known->jobs > 0 && l->ended >= ENOUGH_JOBS;
}

/* What a job waits where it is not kept waiting by others: ns. Those that started alone were not; but the first ones
 * start cold, and while the runner starts others, which says too much where jobs are short. What all of them were not
 * seen to compute or to queue for a core is a better bound then. */
static double waits(const struct limit *l)
{
	double alone = l->alone_wait / l->alone, computed = gate_computed(&l->gate);
	if (l->gate.life > SHORT_MS * MS || computed < 0)
		return alone;
	return fmin(alone, l->area / l->ended * fmax(0, 1 - computed));
}

double limit_estimate(const struct limit *l, double jobs, double cpu_s, unsigned fixed)
{
	if (!l->alone || !fixed)
		return -1;
	double one = cpu_s + waits(l) / 1e9, cores = fmin(fixed, l->options.cores);
	return jobs * fmax(one / fixed, cpu_s / cores);
}

int64_t limit_interval(int64_t cost_ns, int64_t age, uint64_t random)
{
	bool first = age < FIRST_MS * MS;
	double least = (first ? FIRST_INTERVAL_MS : INTERVAL_MS) * MS;
	double mean = fmin(fmax((double)cost_ns * (first ? 10 : 50), least), INTERVAL_MAX_MS * MS);
	return (int64_t)(mean * (0.75 + 0.5 * (double)(random >> 11) / 9007199254740992.0));
}
