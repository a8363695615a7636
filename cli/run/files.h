/* Where the output of a job goes until the job has ended: two files without names, used again by the next job. */
#ifndef CLI_RUN_FILES_H
#define CLI_RUN_FILES_H

#include <stdbool.h>
#include <sys/types.h>

struct files {
	int fd[2];    /* stdout, stderr; -1: none yet */
	int in;       /* --pipe: what the job is to read; -1: nothing */
	bool by_path; /* a job opens them afresh, by /proc/self/fd, and does not share our open file */
};

#define FILES_NONE ((struct files){ .fd = { -1, -1 }, .in = -1 })

/* A file without a name in $TMPDIR or /tmp, open for appending and reading: its descriptor or a negative errno. */
int files_unnamed(void);

/* Makes those that are missing, in $TMPDIR or /tmp. 0 or a negative errno. */
int files_open(struct files *f);

/* After the job's output has been copied: empties each file where nobody else has it open any more. Otherwise (a job
 * has left a descendant behind that may still write) it is given up, so that nothing reaches the next job's output. */
void files_reuse(struct files *f);
void files_reuse_input(struct files *f); /* once the job is not to be tried again */
void files_close(struct files *f);
void files_close_outputs(struct files *f);

/* Makes the file of what the job is to read. 0 or a negative errno. */
int files_give(struct files *f, const char *bytes, size_t len);

/* Is there no space left where they are? What was written may be less than was meant to be. */
bool files_full(const struct files *f);

/* The bytes in one of them. */
off_t files_bytes(const struct files *f, int which);

#endif
