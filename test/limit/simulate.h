/* A machine of so many cores that runs a pile of jobs under a limit, in steps of one millisecond. Jobs compute and wait
 * in turns; the cores are shared fairly by all that is runnable, as the kernel does. */
#ifndef TEST_LIMIT_SIMULATE_H
#define TEST_LIMIT_SIMULATE_H

#include <math.h>
#include <stdbool.h>

#include "limit/limit.h"
#include "test.h"

#define MS ((int64_t)1000000)

struct pile {
	unsigned jobs, cores;
	double turns;         /* how often a job computes and waits */
	double compute, wait; /* ms, of one turn */
	unsigned threads;     /* that compute side by side; 0 counts as 1 */
	double change;        /* jobs that start after so many ms only compute, for as long as they waited before */
	double hogs;          /* threads of others that always compute */
	double spawn;         /* ms that the runner needs to start a job */
	bool random;          /* turns are exponentially distributed instead of all alike */
	bool idle_unknown;
	unsigned fixed; /* so many at once, instead of what the limit says */
	unsigned room;  /* jobs that memory holds; 0: any number */
};

struct outcome {
	double ms;        /* the whole pile */
	unsigned most;    /* at once */
	double settled;   /* average number at once in the second half of the time */
	double half_time; /* ms until half of `settled` ran at once */
};

struct sim_job {
	double compute, wait; /* left of this turn */
	double turns;
	double cpu, start;
	bool only_computes;
	uint64_t dice;
};

enum { SIM_JOBS = 4096 };

struct sim {
	const struct pile *pile;
	struct limit limit;
	struct sim_job job[SIM_JOBS];
	unsigned running, started;
	double now, spawning, own, idle, next_sample, last_sample;
	bool held_back;
};

/* Each job has its own dice, so that it is the same job whoever runs it when. */
static inline double sim_length(const struct pile *p, struct sim_job *j, double mean)
{
	if (!p->random || mean <= 0)
		return mean;
	j->dice = (j->dice ^ j->dice >> 31) * 0x9e3779b97f4a7c15u + 1;
	return -mean * log(((double)(j->dice >> 11) + 1) / 9007199254740993.0);
}

static inline void sim_turn(struct sim *s, struct sim_job *j)
{
	j->compute = sim_length(s->pile, j, s->pile->compute);
	j->wait = sim_length(s->pile, j, s->pile->wait);
	if (j->only_computes) {
		j->compute += j->wait;
		j->wait = 0;
	}
	j->turns--;
}

/* Starts what the limit allows; the runner is one thread, and each start takes its time. */
static inline void sim_start(struct sim *s, double share)
{
	const struct pile *p = s->pile;
	double time = share;
	s->held_back |= s->started < p->jobs && s->running >= s->limit.jobs;
	while (s->started < p->jobs && s->running < s->limit.jobs && time > 0) {
		if (s->spawning <= 0)
			s->spawning = p->spawn;
		double spent = fmin(time, s->spawning);
		s->spawning -= spent;
		s->own += spent;
		time -= p->spawn > 0 ? spent : 0;
		if (s->spawning > 0)
			break;
		struct sim_job *j = &s->job[s->running++];
		*j = (struct sim_job){ .turns = p->turns,
				       .start = s->now,
				       .only_computes = p->change && s->now - 1000 > p->change,
				       .dice = (test_seed + s->started) * 0xbf58476d1ce4e5b9u };
		s->started++;
		sim_turn(s, j);
	}
}

static inline double sim_runnable(const struct sim *s)
{
	double n = 0;
	for (unsigned i = 0; i < s->running; i++)
		n += s->job[i].compute > 0 ? (s->pile->threads ? s->pile->threads : 1) : 0;
	return n;
}

static inline void sim_step_jobs(struct sim *s, double share)
{
	unsigned threads = s->pile->threads ? s->pile->threads : 1;
	for (unsigned i = 0; i < s->running;) {
		struct sim_job *j = &s->job[i];
		if (j->compute > 0) {
			j->compute -= share;
			j->cpu += share * threads;
		} else {
			j->wait -= 1;
		}
		if (j->compute <= 0 && j->wait <= 0) {
			if (j->turns >= 1) {
				sim_turn(s, j);
			} else {
				limit_job_ended(&s->limit, (int64_t)(j->start * MS), (int64_t)((s->now + 1) * MS),
						(int64_t)(j->cpu * MS));
				*j = s->job[--s->running];
				continue;
			}
		}
		i++;
	}
}

static inline void sim_sample(struct sim *s)
{
	double dt = s->now - s->last_sample;
	struct limit_sample sample = {
		.now = (int64_t)(s->now * MS),
		.running = s->running,
		.runnable = sim_runnable(s),
		.own = s->own / dt,
		.idle = s->pile->idle_unknown ? -1 : s->idle / dt,
		.held_back = s->held_back,
		.room = s->pile->room ? s->pile->room : 1000000,
	};
	limit_update(&s->limit, &sample);
	unsigned looked_at = s->running < 64 ? s->running : 64;
	s->next_sample = s->now + (double)limit_interval(30000 + 15000 * looked_at, test_random()) / MS;
	s->last_sample = s->now;
	s->own = s->idle = 0;
	s->held_back = false;
}

static inline struct outcome simulate(const struct pile *p)
{
	static struct sim s;
	struct outcome o = { 0 };
	s = (struct sim){ .pile = p, .now = 1000, .last_sample = 1000, .next_sample = 1020 };
	CHECK(p->jobs < 1000000);
	if (p->fixed)
		limit_init_fixed(&s.limit, p->fixed);
	else
		limit_init(&s.limit, p->cores, 1, SIM_JOBS);

	static double running_at[1 << 20];
	unsigned steps = 0;
	while (s.running || s.started < p->jobs) {
		double runnable = sim_runnable(&s) + p->hogs + (s.spawning > 0);
		double share = runnable > p->cores ? p->cores / runnable : 1;
		s.idle += fmax(0, p->cores - runnable);
		sim_start(&s, share);
		sim_step_jobs(&s, share);
		s.now += 1;
		if (s.now >= s.next_sample)
			sim_sample(&s);
		o.most = s.running > o.most ? s.running : o.most;
		CHECK(steps < 1 << 20);
		running_at[steps++] = s.running;
	}
	o.ms = steps;
	for (unsigned i = steps / 2; i < steps * 9 / 10; i++)
		o.settled += running_at[i] / (steps * 9 / 10 - steps / 2);
	while (o.half_time < steps && running_at[(unsigned)o.half_time] < o.settled / 2)
		o.half_time++;
	return o;
}

/* The least time that any fixed number at once needs. */
static inline double best_fixed(const struct pile *p)
{
	static const unsigned tried[] = { 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256, 512 };
	double best = INFINITY;
	for (unsigned i = 0; i < sizeof tried / sizeof *tried; i++) {
		struct pile q = *p;
		q.fixed = tried[i];
		best = fmin(best, simulate(&q).ms);
	}
	return best;
}

#endif
