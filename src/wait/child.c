/* Waiting for a child process, by a pidfd: no SIGCHLD handler, which a library has no right to. */
#include <errno.h>
#include <hob/wait.h>
#include <poll.h>
#include <sys/wait.h>

#include "base/sys.h"
#include "wait/backend.h"

static int reap(pid_t pid, int *status, struct rusage *usage)
{
	int got, st;

	do
		got = sys.wait4(pid, &st, WNOHANG, usage);
	while (got == -EINTR);
	if (got <= 0)
		return got < 0 ? got : -EAGAIN;
	if (status)
		*status = st;
	return 0;
}

int hob_child_wait(pid_t pid, int *status, struct rusage *usage, hob_time deadline)
{
	const struct backend *b = backend_self();
	int pidfd, err;

	if (!b)
		return -EPERM;
	if (pid <= 0)
		return -ECHILD;
	if (task_cancelled(task_self()))
		return -ECANCELED;
	err = reap(pid, status, usage);
	if (err != -EAGAIN) /* it has ended, or is none of ours */
		return err;
	pidfd = sys.pidfd_open(pid);
	if (pidfd < 0)
		return pidfd == -ESRCH || pidfd == -EINVAL ? -ECHILD : pidfd;
	do {
		err = b->poll_fd(pidfd, POLLIN, deadline, WHY_CHILD, NULL);
		if (err >= 0)
			err = reap(pid, status, usage);
	} while (err == -EAGAIN);
	sys.close(pidfd);
	return err;
}
