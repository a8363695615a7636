/* Starting a process: posix_spawn, with everything set that jobs must not inherit from us. */
#ifndef CLI_RUN_SPAWN_H
#define CLI_RUN_SPAWN_H

#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>

#include "run/files.h"

struct spawner {
	posix_spawnattr_t attr;
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

/* How a job's descriptors are set up; made once for its files, and again where those change. All zero at first. */
struct plumbing {
	bool made;
	struct files files;
	posix_spawn_file_actions_t actions;
};

void plumbing_finish(struct plumbing *p);

/* Starts a job in a process group of its own, output into the files. 0 and *pid, or a negative errno. */
int spawn(struct spawner *s, const struct spawn_job *job, const struct files *f, struct plumbing *p, pid_t *pid);

#endif
