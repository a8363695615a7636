/* Starting a job: where its command is, and everything set that it must not inherit from us. */
#ifndef CLI_RUN_SPAWN_H
#define CLI_RUN_SPAWN_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include "run/files.h"

struct spawner {
	sigset_t mask, defaults;
	pid_t pid;         /* ours */
	int null;          /* /dev/null, the stdin of every job */
	const char *found; /* where the command was found; NULL: each job's own name is looked up */
	char path[PATH_MAX];
	char **env; /* of the next job: ours, and what tells it who it is */
	char told[3][48];
};

/* What to start. */
struct spawn_job {
	char **argv;
	size_t number;
	unsigned slot;
};

/* Where the command is, by PATH unless it has a slash: 0, or the exit status EXIT_NOT_FOUND or EXIT_CANNOT. */
int spawn_find(const char *command, char path[PATH_MAX]);

/* `mask` and `defaults`: the signals that jobs start with blocked, and those set back to their default. */
int spawner_init(struct spawner *s, const char *found, const sigset_t *mask, const sigset_t *defaults);
void spawner_finish(struct spawner *s);

/* Starts a job in a process group of its own, output into the files. 0, *pid, and *pidfd (or -1 where there is none);
 * or a negative errno. */
int spawn(struct spawner *s, const struct spawn_job *job, const struct files *f, pid_t *pid, int *pidfd);

#endif
