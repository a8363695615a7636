/* The processes that descend from jobs, wherever they have gone: a job's group and children, what left that by
 * setsid(2), and what lost its parents, which comes to us as we are a subreaper. The latter say by their environment
 * whose they are. */
#ifndef CLI_RUN_TREE_H
#define CLI_RUN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* From now on orphans become our children. Without that (it cannot fail on Linux) trees would be seen in part. */
void tree_adopt(void);

/* Whose processes: of one job, or with pid 0 of all. */
struct tree_of {
	pid_t pid;
	size_t number;
};

/* Sends a signal to all that live; answers how many they were. */
size_t tree_signal(const struct tree_of *whose, int sig);

/* Sends SIGKILL until none is left, however fast they fork; gives up after a hundred rounds, on what does not die. */
void tree_kill(const struct tree_of *whose);

/* Reaps what we have adopted and has ended. `is_job`: what others wait for. */
void tree_reap(bool (*is_job)(void *arg, pid_t pid), void *arg);

#endif
