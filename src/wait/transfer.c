/* How a call that may have to wait is made over either backend, once for all of them. */
#include "wait/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <hob/wait.h>
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

/* A Unix datagram socket polls as writable though the queue of the peer it sends to is full, and nothing can be waited
 * for. Whoever finds readiness to be wrong so often in a row looks again after a while. */
#define WRONG_MAX 3
#define PAUSE (HOB_MS / 4)

static int take_a_rest(hob_time deadline)
{
	hob_time until = sys.now() + PAUSE;
	int err = hob_sleep(until < deadline ? until : deadline);

	return err ? err : deadline <= until ? -ETIMEDOUT : 0;
}

/* With io_uring a descriptor in non-blocking mode may answer EAGAIN, with epoll every attempt may: then it is waited
 * for readiness, and tried again. */
ssize_t transfer(const struct transfer *t, int fd, const void *arg, hob_time deadline)
{
	const struct backend *b = backend_self();
	ssize_t n, ready;

	if (!b)
		return -EPERM;
	for (unsigned wrong = 0;; wrong++) {
		if (task_cancelled(task_self()))
			return -ECANCELED;
		n = b->perform ? b->perform(t->prep, arg, deadline, t->why) : t->attempt(fd, arg);
		if (lacked_thread(n))
			n = t->attempt(fd, arg); /* as over epoll */
		if (n != -EAGAIN && n != -EINTR)
			return n;
		if (wrong < WRONG_MAX || t->events != POLLOUT)
			ready = b->poll_fd(fd, t->events, deadline, t->why, NULL);
		else
			ready = take_a_rest(deadline);
		if (ready < 0)
			return ready;
	}
}
