/* How a call that may have to wait is made over either backend, once for all of them. */
#include "wait/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "base/sys.h"

int would_block(int fd, short events)
{
	int r = poller_look(fd, events), mode;

	if (r != -ETIMEDOUT)
		return r < 0 && r != -EBADF ? r : 0;
	mode = sys.getfl(fd); /* what is open the other way only is never ready, and fails */
	return mode >= 0 && (mode & O_ACCMODE) == (events == POLLIN ? O_WRONLY : O_RDONLY) ? 0 : -EAGAIN;
}

/* With io_uring a descriptor in non-blocking mode may answer EAGAIN, with epoll every attempt may: then it is waited
 * for readiness, and tried again. */
ssize_t transfer(const struct transfer *t, int fd, const void *arg, hob_time deadline)
{
	const struct backend *b = backend_self();
	ssize_t n, ready;

	if (!b)
		return -EPERM;
	for (;;) {
		if (task_cancelled(task_self()))
			return -ECANCELED;
		n = b->perform ? b->perform(t->prep, arg, deadline, t->why) : t->attempt(fd, arg);
		if (n != -EAGAIN && n != -EINTR)
			return n;
		ready = b->poll_fd(fd, t->events, deadline, t->why);
		if (ready < 0)
			return ready;
	}
}
