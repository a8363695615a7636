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

/* After an attempt that did not wait where it had to: waits until another is worth making. False: *n is the answer. */
static bool again(const struct backend *b, ssize_t *n, int fd, short events, hob_time deadline, enum why why)
{
	int err;

	if (*n != -EAGAIN && *n != -EINTR)
		return false;
	err = b->poll_fd(fd, events, deadline, why);
	if (err < 0)
		*n = err;
	return err >= 0;
}

ssize_t hob_read(int fd, void *buf, size_t len, hob_time deadline)
{
	const struct backend *b = backend_self();
	ssize_t n;

	if (!b)
		return -EPERM;
	len = len < LEN_MAX ? len : LEN_MAX;
	do
		n = task_cancelled(task_self()) ? -ECANCELED : b->read(fd, buf, len, deadline);
	while (again(b, &n, fd, POLLIN, deadline, WHY_READ));
	return n;
}

ssize_t hob_write(int fd, const void *buf, size_t len, hob_time deadline)
{
	const struct backend *b = backend_self();
	ssize_t n;

	if (!b)
		return -EPERM;
	len = len < LEN_MAX ? len : LEN_MAX;
	do
		n = task_cancelled(task_self()) ? -ECANCELED : b->write(fd, buf, len, deadline);
	while (again(b, &n, fd, POLLOUT, deadline, WHY_WRITE));
	return n;
}
