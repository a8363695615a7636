/* Everything that hob run prints: the output of jobs, as one piece each, its own lines, and the progress line that
 * gives way to both. One writes at a time. */
#ifndef CLI_RUN_OUTPUT_H
#define CLI_RUN_OUTPUT_H

#include <hob.h>
#include <stdbool.h>
#include <sys/types.h>

struct output {
	struct hob_mutex lock;
	char *buf;
	bool closed_stdout;  /* there was none when we were started */
	bool terminal[3];    /* stdout and stderr, by descriptor */
	bool midline;        /* what stderr saw last was not a newline */
	bool shows_progress; /* a progress line stands on the terminal */
	int error;           /* the first error of stdout; nothing is written to it after that */
};

/* Opens /dev/null in the place of standard descriptors that are closed, so that no file of ours lands there; answers
 * whether stdout was. Before anything else is opened. */
bool output_claim_standard(void);

int output_init(struct output *o, bool closed_stdout);
void output_finish(struct output *o);

/* Where the output of a job is: stdout and stderr, each a piece of a file. */
struct pieces {
	int fd[2];
	off_t from[2], bytes[2];
};

/* Copies the output of a job, first its stdout, then its stderr; `tag`, where it is not NULL, and a tab come before
 * each line. 0, or the negative errno of a stdout that cannot be written or a file that cannot be read. [parks] */
int output_job(struct output *o, const struct pieces *p, const char *tag);

/* Whole lines of a job to stdout or stderr: first those bytes of a file that `put_off` counts, then `bytes`. [parks] */
int output_lines(struct output *o, int to, const char *tag, int file, off_t put_off, const char *bytes, size_t len);

/* An event, whole, to a descriptor. [parks] */
int output_event(struct output *o, int to, const char *bytes, size_t len);

/* A line of our own on stderr, "hob run: " before it. [parks] */
void output_say(struct output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replaces the progress line; NULL takes it away. [parks] */
void output_progress(struct output *o, const char *line);

#endif
