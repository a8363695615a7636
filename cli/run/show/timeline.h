/* --timeline: who ran when, a row a slot, as a picture. What is seen goes into a file without a name, so that a pile of
 * any length may be drawn. All calls do nothing where it is not asked for. */
#ifndef CLI_RUN_SHOW_TIMELINE_H
#define CLI_RUN_SHOW_TIMELINE_H

#include <hob.h>
#include <stdbool.h>
#include <stdio.h>

struct job;
struct run;

struct timeline {
	FILE *seen; /* NULL: not asked for */
	unsigned slots;
	hob_time end;
	bool broken;
};

/* What a job is doing, as far as was looked. */
struct doing {
	hob_time since;
	bool looked, computes;
};

int timeline_init(struct timeline *t);
void timeline_look(struct job *j, bool computes, hob_time now);
void timeline_end(struct job *j, bool failed, bool killed);

/* Draws the picture into a file. 0 or a negative errno. */
int timeline_draw(struct run *r, const char *path);

#endif
