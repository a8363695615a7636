/* Reports of a runtime. */
#ifndef SCHED_REPORT_H
#define SCHED_REPORT_H

struct runtime;

/* Where the environment asks for it; after the workers have ended. */
void report_at_end(struct runtime *rt);

#endif
