/* The command line of `hob run`. */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include <stdbool.h>

enum when { AUTO, NEVER, ALWAYS }; /* AUTO: on a terminal */

struct options {
	char **command; /* COMMAND [ARG...] */
	int words;
	char **inputs; /* those behind :::; NULL where they are read */
	int input_count;
	const char *arg_file; /* NULL: standard input */
	char separator;       /* newline or NUL */
	unsigned jobs;        /* 0: as many as pay, */
	unsigned min, max;    /* but never fewer or more than these; 0 where not given */
	bool explain;         /* say what the limit decides, and why */
	bool forget;          /* neither use nor keep what a run of the same command settled at */
	bool shell, dry_run, quiet;
	enum when progress, summary;
};

/* True where there is something to run; otherwise *status is what to exit with, and the reason has been printed. */
bool options_parse(struct options *o, int argc, char **argv, int *status);

#endif
