/* The command line of `hob run`. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "run/input/blocks.h"
#include "run/input/inputs.h"
#include "run/log/joblog.h"
#include "run/values.h"

/* A block is held in memory. */
enum { BLOCK_MAX = 1 << 30 };

enum when { AUTO, NEVER, ALWAYS }; /* AUTO: on a terminal */

/* Where inputs come from. */
struct source_text {
	char **words; /* NULL: a file */
	size_t count;
	const char *file; /* "-": standard input */
	bool linked;
};

struct options {
	char **command; /* COMMAND [ARG...] */
	int words;
	struct source_text *sources; /* none: standard input */
	size_t source_count;
	char separator[16]; /* what ends a record of a file */
	size_t separator_len;
	struct cut cut;
	bool pipe;
	struct records records; /* with pipe */
	char recstart[64], recend[64];
	bool recend_given;
	const char *replace; /* what stands for {}; NULL: that */
	bool header;         /* the first record of each source names its columns */
	bool pack, context;  /* -m and -X */
	unsigned max_chars;  /* of a command line; 0: what the system is sure to take */
	unsigned jobs;       /* 0: as many as pay, */
	unsigned min, max;   /* but never fewer or more than these; 0 where not given */
	bool explain;        /* say what the limit decides, and why */
	const char *steer;   /* --set: what to tell one that runs; NULL: run a pile */
	bool forget;         /* neither use nor keep what a run of the same command settled at */
	bool keep_order;
	enum grouping { GROUP, LINES, RAW } grouping; /* what is not mixed: outputs, lines, nothing */
	const char *results, *timeline;
	const char *json; /* NULL: no events; "-": to standard output */
	const char *tag;  /* NULL: none; "": the inputs */
	const char *joblog;
	enum log_sync joblog_sync;
	bool resume, resume_failed;
	unsigned tries;           /* 0: one */
	double timeout;           /* seconds; 0: none */
	unsigned timeout_percent; /* of the median; 0: none */
	struct halt halt;
	double delay; /* seconds */
	unsigned nice;
	bool shell, dry_run, quiet;
	enum when progress, summary;
};

/* True where there is something to run; otherwise *status is what to exit with, and the reason has been printed. */
bool options_parse(struct options *o, int argc, char **argv, int *status);

#endif
