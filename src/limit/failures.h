/* The ceiling that failures find: jobs that fail where more run, and not where fewer do.
 *
 * A pile may fail for reasons of its own, at any level: that is its baseline, and no reason to run fewer. So the runs
 * are counted by how many ran when a job started, and a ceiling is where the counts split best into a part below that
 * fails less and one above that fails more. */
#ifndef LIMIT_FAILURES_H
#define LIMIT_FAILURES_H

#include <stdbool.h>
#include <stdint.h>

#include "limit/note.h"

enum { FAILURE_LEVELS = 84 }; /* four to each doubling */

struct failures {
	unsigned cap;     /* the answer; UINT32_MAX where there is no ceiling */
	unsigned ceiling; /* fewer than so many; 0: none */
	struct failure_level {
		double ended, failed;
		unsigned running, lowest; /* of those that failed, the lowest level at the start */
		double since;             /* the sum of the starts of those that run */
	} levels[FAILURE_LEVELS];
	bool suspect;  /* until the next update no job should take the place of one that ends */
	double life;   /* ns, of those that failed lately */
	int64_t cut;   /* when it was lowered */
	int64_t cool;  /* ns until it is tried again */
	unsigned fine; /* jobs that started since, and succeeded */
};

void failures_init(struct failures *f, unsigned ceiling);
void failures_job_started(struct failures *f, unsigned level, int64_t now);

void failures_job_ended(struct failures *f, unsigned level, int64_t start, int64_t now, bool failed);

/* Decides: true where the cap has been lowered, with the figures in *note. */
bool failures_update(struct failures *f, int64_t now, struct limit_note *note);

#endif
