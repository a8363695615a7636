/* The job log: a record for each job that has ended, before that is announced; and which jobs need not run again. */
#ifndef CLI_RUN_LOG_JOBLOG_H
#define CLI_RUN_LOG_JOBLOG_H

#include <hob.h>
#include <stdbool.h>

#include "run/log/finished.h"
#include "run/log/record.h"

/* What a record outlives. SIGKILL of the runner is survived by all. */
enum log_sync {
	SYNC_BATCH,  /* a crash of the machine, but for the last second */
	SYNC_ALWAYS, /* a crash of the machine */
	SYNC_NEVER,  /* nothing else */
};

struct joblog {
	int fd; /* -1: none */
	enum log_sync sync;
	int error; /* of the last record that could not be written */
	struct hob_mutex lock;
	struct hob_cond synced_more;
	uint64_t written, synced; /* records */
	bool syncing;
	struct finished finished;
	size_t damaged; /* lines that are no records */
};

#define JOBLOG_NONE ((struct joblog){ .fd = -1 })

/* Opens, locks and, with `resume`, reads it; otherwise it is begun afresh. 0 or a negative errno: -EWOULDBLOCK where
 * another runner has it, -EEXIST for a file that is no job log, which is left alone. */
int joblog_open(struct joblog *l, const char *path, bool resume, enum log_sync sync);

/* Writes a record, and answers 0 once it is as safe as asked for. Where it cannot be written nothing of it stays in the
 * file, and the answer is a negative errno. [parks] */
int joblog_append(struct joblog *l, const struct record *r, const char *command);

/* Syncs what was written: SYNC_BATCH, now and then and at the end. [parks] */
int joblog_sync(struct joblog *l);
void joblog_close(struct joblog *l);

#endif
