/* --json: what happens, as JSON lines; hob-run(1) has the schema. All calls do nothing where it is not asked for. */
#ifndef CLI_RUN_SHOW_EVENTS_H
#define CLI_RUN_SHOW_EVENTS_H

#include <stdbool.h>

struct job;
struct run;

/* How a job's end is told. */
enum event_end { EVENT_END, EVENT_RETRY, EVENT_KILLED };

/* [parks], all of them; an error of standard output is met as that of a job's output is. */
void event_begin(struct run *r);
void event_start(const struct job *j);
void event_end(const struct job *j, enum event_end how);
void event_done(struct run *r, int status);

/* Tells the output of a job instead of copying it: where the events themselves go to standard output. */
void event_output(const struct job *j);

#endif
