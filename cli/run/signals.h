/* Signals are read by a task, as everything else is. */
#ifndef CLI_RUN_SIGNALS_H
#define CLI_RUN_SIGNALS_H

#include <signal.h>

struct signals {
	int fd;
	sigset_t mask;     /* of the process when it started: what jobs get back */
	sigset_t defaults; /* dispositions that jobs get back */
};

/* Before any thread is started. 0 or a negative errno. */
int signals_init(struct signals *s);

#endif
