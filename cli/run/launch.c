/* Starting a process.
 *
 * posix_spawn(3) asks for the handler of each signal and sets it (120 system calls in the child), and maps and unmaps a
 * stack each time: with the page faults some 45 us of the 600 that /bin/true takes. We have no handlers and start one
 * process after the other, so a child here borrows our memory (our thread stands still until it has executed its
 * program, as with vfork) on a stack that stays, and sets back the two signals that we ignore. The pidfd comes with it.
 *
 * Where clone(2) does not take that (an emulator), and under sanitizers, who do not follow a thread on another's
 * memory, posix_spawn does it. */
#include "run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { PATH_TEXT = 32, STACK = 16384, EXIT_UNSEEN = 127 };

static void path_of(char text[PATH_TEXT], int fd)
{
	snprintf(text, PATH_TEXT, "/proc/self/fd/%d", fd);
}

/* By clone --------------------------------------------------------------------------------------------------------- */

struct child {
	const struct launch *launch;
	char paths[3][PATH_TEXT];
	volatile int error;
};

static bool take_descriptors(const struct child *c)
{
	const struct launch *l = c->launch;
	for (int i = 0; i < 3; i++) {
		if (l->afresh[i] < 0) {
			if (dup2(l->fd[i], i) < 0)
				return false;
			continue;
		}
		close(i);
		if (open(c->paths[i], l->afresh[i]) != i) /* the lowest free one */
			return false;
	}
	return true;
}

/* The child, in our memory: it changes nothing but `error`. */
static int child_main(void *arg)
{
	struct child *c = arg;
	const struct launch *l = c->launch;
	const struct sigaction normal = { .sa_handler = SIG_DFL };
	bool good = !setpgid(0, 0) && take_descriptors(c);
	for (int sig = 1; sig < _NSIG && good; sig++)
		if (sigismember(&l->resets, sig) == 1)
			good = !sigaction(sig, &normal, NULL);
	if (good && !sigprocmask(SIG_SETMASK, &l->mask, NULL))
		execve(l->path, l->argv, l->env);
	c->error = errno;
	_exit(EXIT_UNSEEN);
}

static int launch_by_clone(const struct launch *l, pid_t *pid, int *pidfd, bool *refused)
{
	static char stack[STACK] __attribute__((aligned(16)));
	struct child c = { .launch = l };
	for (int i = 0; i < 3; i++)
		if (l->afresh[i] >= 0)
			path_of(c.paths[i], l->fd[i]);
	*pid = clone(child_main, stack + STACK, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &c, pidfd);
	*refused = *pid < 0 && (errno == EINVAL || errno == ENOSYS || errno == EPERM);
	if (*pid < 0)
		return -errno;
	if (!c.error)
		return 0;
	waitpid(*pid, NULL, 0);
	close(*pidfd);
	return -c.error;
}

/* By posix_spawn --------------------------------------------------------------------------------------------------- */

static int describe(const struct launch *l, posix_spawn_file_actions_t *files, posix_spawnattr_t *how)
{
	int err = 0;
	for (int i = 0; i < 3 && !err; i++) {
		char path[PATH_TEXT];
		path_of(path, l->fd[i]);
		err = l->afresh[i] < 0 ? posix_spawn_file_actions_adddup2(files, l->fd[i], i)
				       : posix_spawn_file_actions_addopen(files, i, path, l->afresh[i], 0);
	}
	posix_spawnattr_setpgroup(how, 0);
	posix_spawnattr_setsigmask(how, &l->mask);
	posix_spawnattr_setsigdefault(how, &l->resets);
	posix_spawnattr_setflags(how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return err;
}

static int launch_by_spawn(const struct launch *l, pid_t *pid, int *pidfd)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t how;
	int err = posix_spawn_file_actions_init(&files);
	*pidfd = -1;
	if (err)
		return -err;
	err = posix_spawnattr_init(&how);
	if (!err) {
		err = describe(l, &files, &how);
		if (!err)
			err = posix_spawn(pid, l->path, &files, &how, l->argv, l->env);
		posix_spawnattr_destroy(&how);
	}
	if (!err)
		setpgid(*pid, *pid); /* where the emulator's vfork is a fork, the child may not have come to it yet */
	posix_spawn_file_actions_destroy(&files);
	return -err;
}

int launch(const struct launch *l, pid_t *pid, int *pidfd)
{
	static bool refused = SANITIZED;
	int err = refused ? 0 : launch_by_clone(l, pid, pidfd, &refused);
	return refused ? launch_by_spawn(l, pid, pidfd) : err;
}
