/* The command line of `hob why`. */
#ifndef CLI_WHY_OPTIONS_H
#define CLI_WHY_OPTIONS_H

#include <stdbool.h>
#include <sys/types.h>

struct why_options {
	char **command; /* NULL: a process that runs already, or a comparison */
	pid_t pid;
	double duration; /* s; 0: to its end */
	double hz;
	unsigned workers; /* how many at once the models are asked for; 0: as many as suit */
	const char *output, *html, *flame;
	const char *compare[2];
	const char *expect; /* "compute", "wait", "gil" or NULL */
	bool json, free_threading;
};

/* True where there is something to do; otherwise *status is what to exit with, and the reason has been printed. */
bool why_options_parse(struct why_options *o, int argc, char **argv, int *status);

#endif
