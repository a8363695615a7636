/* What a sampler has seen, summed up: all that the model argues from. Times in seconds. */
#ifndef LOOK_FACTS_H
#define LOOK_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "look/label.h"
#include "look/sampler.h"

enum { LOOK_CAUSES = 8 };

/* What was waited for, over all threads. */
struct look_cause {
	enum look_state state;
	enum look_sort sort;
	char text[sizeof(((struct look_label *)0)->text)];
	char where[sizeof(((struct look_label *)0)->text)]; /* the frame of most of it, or "" */
	double seconds;
};

struct look_facts {
	double wall, cores; /* cores: as many as affinity and quota leave it */
	bool ended;         /* it was seen to its end */

	double machine, others; /* the machine's cores, and how many of them other programs kept busy; 0: not known */

	/* over all threads */
	double life, compute, ready, user, kernel;
	double waits[LOOK_STATES]; /* all of them, by state */
	double real, own, callers; /* the same by enum look_sort; gil is none of them */
	double gil;
	double unseen;  /* CPU time of what was too short to be seen: a part of compute */
	double cpu;     /* by the kernel's books of all processes; 0: not known */
	double serial;  /* before the first and after the last real wait, where there are such */
	double longest; /* of the waits that count */
	double spells;  /* how often a thread went to sleep: the most pieces the waiting can be divided into */

	unsigned threads, processes, brief; /* that ever were; brief: threads too short to be told apart */
	unsigned workers, most_workers;     /* threads that compute or really wait: those that matter */
	uint64_t rss_bytes;
	char busiest[32]; /* the process that computed most, and how long */
	double busiest_seconds;

	bool python, free_threaded, gil_enabled;
	unsigned python_major, python_minor;
	double gil_held, gil_blocked; /* shares of the looks */
	double gil_switches;          /* a second */
	double gil_free;              /* the share of its computing that is done without the GIL */

	struct look_cause causes[LOOK_CAUSES]; /* real ones and callers before own ones, the largest first */
	unsigned cause_count;
	char computes_in[sizeof(((struct look_label *)0)->text)]; /* the frame of most of the computing, or "" */
};

/* What wait4(2) said of the root and all it waited for; negative where that is not known. */
struct look_usage {
	double user, kernel, sleeps;
};

/* Sums up a sampler that has stopped. */
void look_facts(struct look_facts *f, const struct look_sampler *s, double cores, const struct look_usage *usage,
		bool ended);

#endif
