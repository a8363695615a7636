/* --line-buffer: the output of running jobs, a line at a time. A line is written once it is whole, however long. */
#ifndef CLI_RUN_LINES_H
#define CLI_RUN_LINES_H

#include <hob.h>
#include <stdbool.h>
#include <sys/types.h>

#include "run/files.h"

struct job;

struct lines {
	struct stream {
		struct job *job;
		int which, fd; /* fd: of the pipe, to read */
		off_t taken;   /* bytes in all */
		off_t put_off; /* bytes of a line without its end, in the job's file */
		int lost;      /* why the rest of it cannot be read, or 0 */
	} streams[2];
	struct hob_scope *scope;
};

/* Makes the pipes; `ends` is what the job gets. 0 or a negative errno. */
int lines_open(struct lines *l, struct job *j, struct files *ends);

/* Once the job has started, or has not: lets go of its ends, and reads. 0 or a negative errno. [parks] */
int lines_start(struct lines *l, struct files *ends, bool started);

/* The job has ended: passes on the rest. What a descendant of it writes later is lost. 0, or why some of the job's own
 * is. [parks] */
int lines_end(struct lines *l);

#endif
