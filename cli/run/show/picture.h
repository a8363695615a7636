/* The picture of --timeline: rows of bars over time. */
#ifndef CLI_RUN_SHOW_PICTURE_H
#define CLI_RUN_SHOW_PICTURE_H

#include <stdint.h>
#include <stdio.h>

enum span_mark { SPAN_PART, SPAN_JOB, SPAN_FAILED, SPAN_KILLED };

/* A stretch of time of one slot: a part of a job in which it did one thing, or, behind its parts, the whole job. */
struct span {
	uint32_t slot; /* from 1 */
	uint32_t text; /* bytes of it, which follow: the command */
	double begin, end;
	float share; /* of the time in which it computed */
	enum span_mark mark;
	uint64_t number; /* of the job */
};

struct picture {
	const char *title, *subtitle;
	unsigned slots;
	double end;
};

/* Draws the spans of a file; those of one slot come in the order of time. 0 or a negative errno. */
int picture_draw(FILE *out, const struct picture *p, FILE *spans);

#endif
