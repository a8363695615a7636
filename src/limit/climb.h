/* The climb: how many jobs pay, judged by what they bring.
 *
 * What the jobs wait for (a server, a disk) is unknown, but Little's law shows how it takes more of them: with n at
 * once that wait w each, n / w come back in a time. How that grows from a level to a higher one is its slope: 1 where
 * twice as many bring twice as much, 0 where they bring nothing more and only wait longer, below 0 where they hinder
 * each other. */
#ifndef LIMIT_CLIMB_H
#define LIMIT_CLIMB_H

#include <stdbool.h>
#include <stdint.h>

#include "limit/note.h"

enum { COHORTS = 32, COHORT_MAX = 32 };

/* Jobs that started one after the other under the same limit. Sums over those that have ended, in seconds. */
struct cohort {
	uint32_t serial;
	unsigned wanted;                 /* it is full with so many, */
	bool closed;                     /* or because the limit has moved */
	unsigned joined, started, ended; /* all; without those that failed; of these */
	double limit;                    /* when it began */
	double level, start_level;
	double wait, life;
	double open_since;       /* the sum of the starts of those that run */
	float waits[COHORT_MAX]; /* of each, in the order of their start; 0 while it runs */
};

/* How long jobs wait where so many run at once. */
struct level {
	double jobs;  /* judged by so many; 0: nothing is known */
	double level; /* average number at once while they lived */
	double start; /* and when they started */
	double wait;  /* s */
	double life;
};

enum climb_phase {
	CLIMB_BLIND,   /* no job has come back that would tell anything */
	CLIMB_UP,      /* more are tried than `before` */
	CLIMB_DOWN,    /* fewer are */
	CLIMB_SETTLED, /* until the next try */
};

struct climb {
	double cap; /* the answer */
	enum climb_phase phase;
	struct cohort cohorts[COHORTS];
	uint32_t serial, since; /* of the cohort that jobs join now; of the first one under this cap */
	struct level before;
	struct level below;                 /* the lower level that a cut was judged by; jobs 0: none */
	uint32_t before_first, before_last; /* the cohorts that `before` is of: what is known of them may grow */
	double home;                        /* the cap to go back to */
	unsigned patience;
	bool down_next, restless;
	bool frozen; /* they seem to wait longer already: none takes the place of one that ends */
	double flat; /* a level that brought no more than a lower one; 0: none known */
	double lost; /* the cap before it was cut */
	double peak; /* the highest level at which a job has started */
	double zero; /* s: when the first job started; negative before */
	bool wary;   /* jobs fail where more run: fewer are tried first */
	bool knee;   /* a level beyond which nothing was gained has been seen */
};

/* How a job went. */
struct climb_end {
	double start, now; /* s */
	double wait;       /* s, not on a core and not queueing for one */
	double level, start_level;
	bool counts; /* a job that failed says nothing about how long they wait */
};

/* `cap`: how many may run before anything is known; `settled`: that was learnt before. */
void climb_init(struct climb *c, double cap, bool settled);

/* The place of a job. */
struct climb_place {
	uint32_t cohort;
	unsigned index;
};

struct climb_place climb_join(struct climb *c, double now, double limit, unsigned level);
void climb_leave(struct climb *c, struct climb_place at, const struct climb_end *e);

/* Fewer, because jobs fail; and as many as before, because they do so however many run. */
void climb_cut(struct climb *c, double now, double cap);
void climb_lift(struct climb *c);

struct climb_now {
	double now;
	bool held_back; /* by the cap */
	double running;
	double reachable; /* how many may run but for the cap */
	double computes;  /* share of their time in which the jobs compute */
};

/* Decides; true where the cap has moved, with the figures and the reason in *note. */
bool climb_update(struct climb *c, const struct climb_now *n, struct limit_note *note);

#endif
