/* A machine of so many cores that runs a pile of jobs under a limit, in steps of one millisecond. Jobs compute and wait
 * in turns. The cores are shared fairly by all that is runnable, as the kernel does; what jobs wait for may be a server
 * that slows down beyond a knee and refuses beyond some more. */
#ifndef TEST_LIMIT_SIMULATE_H
#define TEST_LIMIT_SIMULATE_H

#include <math.h>
#include <stdbool.h>

#include "limit/limit.h"
#include "limit/room.h"
#include "test.h"

#define MS ((int64_t)1000000)

struct pile {
	unsigned jobs, cores;
	double turns;         /* how often a job computes and waits */
	double compute, wait; /* ms, of one turn */
	unsigned threads;     /* that compute side by side; 0 counts as 1 */
	double change;        /* jobs that start after so many ms only compute, for as long as they waited before; */
	unsigned phase;       /* or: the jobs take turns, so many that compute and so many that wait */
	double hogs;          /* threads of others that always compute */
	double spawn;         /* ms that the runner needs to start a job */
	bool random;          /* turns are exponentially distributed instead of all alike */
	bool idle_unknown;
	unsigned fixed; /* so many at once, instead of what the limit says */
	unsigned room;  /* jobs that memory holds; 0: any number */
	unsigned min, max, settled;
	bool by_knee;

	double knee;      /* the server is as fast as this for so many at once; 0: any number */
	double power;     /* and with n then slower by (n / knee) ^ power */
	bool on_arrival;  /* by those that were there when it came; else by those that are there now */
	unsigned refuse;  /* jobs that come when so many are there fail at once; 0: none */
	double fails;     /* share of the jobs that fail, whatever runs */
	bool fails_fast;  /* before they wait */
	double memory;    /* GB that each takes, growing through its life */
	double memory_of; /* GB of the machine */
	unsigned burst;   /* inputs come by so many, */
	double pause;     /* every so many ms */
};

struct outcome {
	double ms;          /* the whole pile */
	unsigned most;      /* at once */
	unsigned late_most; /* the same, after the first second */
	unsigned most_computing;
	double settled;           /* average number at once in the second half of the time */
	double half_time;         /* ms until half of `settled` ran at once */
	double job;               /* ms that one took on average */
	unsigned failures, tries; /* how many ends were failures; how often the unluckiest job was tried */
	double memory;            /* GB at most */
	enum limit_reason reason;
	unsigned jobs;       /* the limit at the end */
	double estimated[2]; /* ms that it would have taken with 1 at once, and with one a core */
};

struct sim_job {
	double compute, wait; /* left of this turn */
	double turns;
	double cpu;
	unsigned id;
	bool only_computes, only_waits, served, doomed;
	double slow; /* on_arrival: how much slower it is served */
	double life, age;
	uint64_t dice;
	struct limit_job mark;
};

enum { SIM_JOBS = 4096, SIM_QUEUE = 1 << 16 };

struct sim {
	const struct pile *pile;
	struct limit limit;
	struct sim_job job[SIM_JOBS];
	unsigned running, queued, started, served;
	unsigned short tries[SIM_QUEUE];
	unsigned queue[SIM_QUEUE]; /* ids; those from `started` to `queued` have still to run */
	double now, spawning, own, idle, next_sample, last_sample, lives, peak;
	unsigned ends;
	bool held_back;
	struct outcome *outcome;
};

static bool sim_explain; /* print what the limit decides */

static inline void sim_note(void *arg, const struct limit_note *note)
{
	char text[300];
	(void)arg;
	if (!sim_explain)
		return;
	limit_note_text(note, text, sizeof text);
	printf("#   %5.0f ms  %s\n", (double)note->now / MS - 1000, text);
}

static inline double sim_dice(struct sim_job *j)
{
	j->dice = (j->dice ^ j->dice >> 31) * 0x9e3779b97f4a7c15u + 1;
	return ((double)(j->dice >> 11) + 1) / 9007199254740993.0;
}

/* Each job has its own dice, so that it is the same job whoever runs it when. */
static inline double sim_length(const struct pile *p, struct sim_job *j, double mean)
{
	return !p->random || mean <= 0 ? mean : -mean * log(sim_dice(j));
}

static inline void sim_turn(struct sim *s, struct sim_job *j)
{
	j->compute = sim_length(s->pile, j, s->pile->compute);
	j->wait = sim_length(s->pile, j, s->pile->wait);
	if (j->only_computes) {
		j->compute += j->wait;
		j->wait = 0;
	}
	if (j->only_waits) {
		j->wait += j->compute;
		j->compute = 1;
	}
	j->turns--;
}

static inline unsigned sim_there(const struct sim *s)
{
	const struct pile *p = s->pile;
	unsigned there = p->jobs;
	if (p->burst)
		there = p->burst * (1 + (unsigned)((s->now - 1000) / p->pause));
	there = there < p->jobs ? there : p->jobs;
	return there + (s->queued - p->jobs); /* those that are tried again */
}

/* Starts what the limit allows; the runner is one thread, and each start takes its time. */
static inline void sim_start(struct sim *s, double share)
{
	const struct pile *p = s->pile;
	double time = share;
	s->held_back |= s->started < sim_there(s) && s->running >= s->limit.jobs;
	while (s->started < sim_there(s) && s->running < s->limit.jobs && time > 0) {
		if (s->spawning <= 0)
			s->spawning = p->spawn;
		double spent = fmin(time, s->spawning);
		s->spawning -= spent;
		s->own += spent;
		time -= p->spawn > 0 ? spent : 0;
		if (s->spawning > 0)
			break;
		struct sim_job *j = &s->job[s->running++];
		unsigned id = s->queue[s->started++];
		bool computes = p->phase && id / p->phase % 2 == 0;
		*j = (struct sim_job){ .turns = p->turns,
				       .id = id,
				       .only_computes = computes || (p->change && s->now - 1000 > p->change),
				       .only_waits = p->phase && !computes,
				       .slow = 1,
				       .dice = (test_seed + id) * 0xbf58476d1ce4e5b9u };
		s->tries[id]++;
		limit_job_started(&s->limit, &j->mark, (int64_t)(s->now * MS));
		j->doomed = p->fails && sim_dice(j) < p->fails;
		sim_turn(s, j);
		j->life = p->turns * (p->compute + p->wait);
	}
}

static inline double sim_runnable(const struct sim *s)
{
	double n = 0;
	for (unsigned i = 0; i < s->running; i++)
		n += s->job[i].compute > 0 ? (s->pile->threads ? s->pile->threads : 1) : 0;
	return n;
}

static inline double sim_slow(const struct pile *p, double there)
{
	return p->knee && there > p->knee ? pow(there / p->knee, p->power) : 1;
}

static inline void sim_end(struct sim *s, unsigned i, bool failed)
{
	struct sim_job *j = &s->job[i];
	s->served -= j->served;
	s->lives += s->now + 1 - (double)j->mark.start / MS;
	s->ends++;
	limit_job_ended(&s->limit, &j->mark, (int64_t)((s->now + 1) * MS), (int64_t)(j->cpu * MS), failed);
	if (failed) {
		s->outcome->failures++;
		if (!s->pile->fails) {
			CHECK(s->queued < SIM_QUEUE);
			s->queue[s->queued++] = j->id;
		}
	}
	*j = s->job[--s->running];
}

static inline void sim_step_jobs(struct sim *s, double share)
{
	const struct pile *p = s->pile;
	unsigned threads = p->threads ? p->threads : 1;
	double slow = sim_slow(p, s->served);
	for (unsigned i = 0; i < s->running;) {
		struct sim_job *j = &s->job[i];
		j->age++;
		if (j->compute > 0) {
			j->compute -= share;
			j->cpu += share * threads;
		} else {
			if (!j->served && p->refuse && s->served >= p->refuse) {
				sim_end(s, i, true);
				continue;
			}
			if (!j->served) {
				s->served++;
				j->served = true;
				j->slow = sim_slow(p, s->served);
			}
			j->wait -= 1 / (p->on_arrival ? j->slow : slow);
		}
		if (j->doomed && p->fails_fast && j->compute <= 0) {
			sim_end(s, i, true);
			continue;
		}
		if (j->compute <= 0 && j->wait <= 0) {
			s->served -= j->served;
			j->served = false;
			if (j->turns >= 1) {
				sim_turn(s, j);
			} else {
				sim_end(s, i, j->doomed);
				continue;
			}
		}
		i++;
	}
}

static inline double sim_memory(const struct sim *s)
{
	double held = 0;
	for (unsigned i = 0; i < s->running; i++)
		held += s->pile->memory * fmin(1, 2 * s->job[i].age / s->job[i].life);
	return held;
}

static inline unsigned sim_room(struct sim *s)
{
	const struct pile *p = s->pile;
	if (!p->memory)
		return p->room ? p->room : 1000000;
	double held = sim_memory(s), largest = 0;
	for (unsigned i = 0; i < s->running; i++)
		largest = fmax(largest, p->memory * fmin(1, 2 * s->job[i].age / s->job[i].life));
	s->peak = fmax(s->peak, largest);
	return limit_room((uint64_t)fmax(0, 1e9 * (p->memory_of - held)), (uint64_t)(1e9 * s->peak), 1e9 * held,
			  s->running);
}

static inline void sim_sample(struct sim *s)
{
	double dt = s->now - s->last_sample;
	struct limit_sample sample = {
		.now = (int64_t)(s->now * MS),
		.runnable = s->running ? sim_runnable(s) : -1,
		.own = s->own / dt,
		.idle = s->pile->idle_unknown ? -1 : s->idle / dt,
		.held_back = s->held_back,
		.room = sim_room(s),
	};
	limit_update(&s->limit, &sample);
	unsigned looked_at = s->running < 64 ? s->running : 64;
	int64_t age = (int64_t)((s->now - 1000) * MS);
	s->next_sample = s->now + (double)limit_interval(30000 + 15000 * looked_at, age, test_random()) / MS;
	s->last_sample = s->now;
	s->own = s->idle = 0;
	s->held_back = false;
}

static inline struct outcome simulate(const struct pile *p)
{
	static struct sim s;
	struct outcome o = { 0 };
	memset(&s, 0, sizeof s);
	s.pile = p;
	s.now = s.last_sample = 1000;
	s.next_sample = 1005;
	s.outcome = &o;
	CHECK(p->jobs < SIM_QUEUE);
	for (unsigned i = 0; i < p->jobs; i++)
		s.queue[s.queued++] = i;
	limit_init(&s.limit, &(struct limit_options){ .cores = p->cores,
						      .min = p->min,
						      .max = p->max ? p->max : SIM_JOBS,
						      .fixed = p->fixed,
						      .known = { p->settled, p->by_knee, 0 },
						      .note = p->fixed ? NULL : sim_note });

	static double running_at[1 << 20];
	unsigned steps = 0;
	while (s.running || s.started < p->jobs + (s.queued - p->jobs)) {
		double jobs = sim_runnable(&s), runnable = jobs + p->hogs + (s.spawning > 0);
		double share = runnable > p->cores ? p->cores / runnable : 1;
		s.idle += fmax(0, p->cores - runnable);
		sim_start(&s, share);
		sim_step_jobs(&s, share);
		s.now += 1;
		if (s.now >= s.next_sample)
			sim_sample(&s);
		o.most = s.running > o.most ? s.running : o.most;
		if (steps >= 1000)
			o.late_most = s.running > o.late_most ? s.running : o.late_most;
		o.most_computing = jobs > o.most_computing ? (unsigned)jobs : o.most_computing;
		if (p->memory)
			o.memory = fmax(o.memory, sim_memory(&s));
		CHECK(steps < 1 << 20);
		running_at[steps++] = s.running;
	}
	o.ms = steps;
	o.job = s.lives / s.ends;
	o.reason = s.limit.reason;
	o.jobs = s.limit.jobs;
	for (int i = 0; i < 2; i++)
		o.estimated[i] = 1000 *
				 limit_estimate(&s.limit, p->jobs, p->turns * p->compute / 1000, i ? p->cores : 1);
	for (unsigned i = 0; i < p->jobs; i++)
		o.tries = s.tries[i] > o.tries ? s.tries[i] : o.tries;
	for (unsigned i = steps / 2; i < steps * 9 / 10; i++)
		o.settled += running_at[i] / (steps * 9 / 10 - steps / 2);
	while (o.half_time < steps && running_at[(unsigned)o.half_time] < o.settled / 2)
		o.half_time++;
	return o;
}

/* The fixed number at once that needs the least time. */
static inline struct outcome best_fixed(const struct pile *p)
{
	static const unsigned tried[] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 256, 512, 1024 };
	struct outcome best = { .ms = INFINITY };
	for (unsigned i = 0; i < sizeof tried / sizeof *tried; i++) {
		struct pile q = *p;
		if (i && tried[i - 1] >= p->jobs)
			break;
		if (p->memory && tried[i] * p->memory > p->memory_of)
			break;
		q.fixed = tried[i];
		struct outcome o = simulate(&q);
		if (o.ms < best.ms)
			best = o, best.jobs = tried[i];
	}
	return best;
}

#endif
