/* Waiting for signals, by a signalfd for each wait: it holds nothing itself, so none is lost between two waits. */
#include <errno.h>
#include <hob/process.h>
#include <poll.h>
#include <sys/signalfd.h>

#include "base/sys.h"
#include "wait/backend.h"

static int take(int fd, struct signalfd_siginfo *info)
{
	ssize_t n;

	do
		n = sys.read(fd, info, sizeof *info);
	while (n == -EINTR);
	return n < 0 ? (int)n : 0;
}

int hob_signal_wait(const sigset_t *set, struct signalfd_siginfo *info, hob_time deadline)
{
	const struct backend *b = backend_self();
	struct signalfd_siginfo taken;
	int fd, err;

	if (!b)
		return -EPERM;
	if (task_cancelled(task_self()))
		return -ECANCELED;
	fd = sys.signalfd(set);
	if (fd < 0)
		return fd;
	/* Several may wait for the same signal: whoever is late for it waits on. */
	while ((err = take(fd, &taken)) == -EAGAIN) {
		err = b->poll_fd(fd, POLLIN, deadline, WHY_SIGNAL, NULL);
		if (err < 0)
			break;
	}
	sys.close(fd);
	if (!err && info)
		*info = taken;
	return err;
}
