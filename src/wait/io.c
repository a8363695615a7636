/* The waits of hob/wait.h, over whichever backend the runtime has. */
#include <errno.h>
#include <hob/wait.h>
#include <poll.h>

#include "base/sys.h"
#include "wait/backend.h"

/* The most read(2) and write(2) move at once. */
#define LEN_MAX ((size_t)0x7ffff000)

int hob_sleep(hob_time until)
{
	int err;

	if (!task_self())
		return -EPERM;
	do
		err = task_park(WHY_SLEEP, until, PARK_CANCELLABLE);
	while (!err);
	return err == -ETIMEDOUT ? 0 : err;
}

int hob_poll(int fd, short events, hob_time deadline)
{
	const struct backend *b = backend_self();

	if (!b)
		return -EPERM;
	if (task_cancelled(task_self()))
		return -ECANCELED;
	if (deadline <= 0)
		return poller_look(fd, events);
	return b->poll_fd(fd, events, deadline, WHY_POLL);
}

ssize_t hob_read(int fd, void *buf, size_t len, hob_time deadline)
{
	const struct backend *b = backend_self();
	ssize_t n;
	int err;

	if (!b)
		return -EPERM;
	for (;;) {
		if (task_cancelled(task_self()))
			return -ECANCELED;
		n = b->read(fd, buf, len < LEN_MAX ? len : LEN_MAX, deadline);
		if (n != -EAGAIN && n != -EINTR)
			return n;
		err = b->poll_fd(fd, POLLIN, deadline, WHY_READ);
		if (err < 0)
			return err;
	}
}

ssize_t hob_write(int fd, const void *buf, size_t len, hob_time deadline)
{
	const struct backend *b = backend_self();
	ssize_t n;
	int err;

	if (!b)
		return -EPERM;
	for (;;) {
		if (task_cancelled(task_self()))
			return -ECANCELED;
		n = b->write(fd, buf, len < LEN_MAX ? len : LEN_MAX, deadline);
		if (n != -EAGAIN && n != -EINTR)
			return n;
		err = b->poll_fd(fd, POLLOUT, deadline, WHY_WRITE);
		if (err < 0)
			return err;
	}
}
