/* Starting a process: what posix_spawn(3) does, in fewer system calls, and with a pidfd. */
#ifndef CLI_RUN_LAUNCH_H
#define CLI_RUN_LAUNCH_H

#include <signal.h>
#include <sys/types.h>

struct launch {
	const char *path;
	char **argv, **env;
	int fd[3];       /* what becomes its 0, 1 and 2; all above 2, or in their places already */
	int afresh[3];   /* flags of open(2): it opens the file of that descriptor for itself; -1: it shares ours */
	sigset_t mask;   /* the signals that it starts with blocked, */
	sigset_t resets; /* and those set back to their default */
};

/* Starts it, in a process group of its own. 0 with *pid, and with *pidfd or -1 where the kernel gives none; or the
 * negative errno of what has failed, and then nothing runs. Blocks until the program has been executed. One thread at
 * a time, and one that no signal handler interrupts. */
int launch(const struct launch *l, pid_t *pid, int *pidfd);

#endif
