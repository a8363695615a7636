/* The waits of hob/wait.h, over whichever backend the runtime has. */
#include <errno.h>
#include <fcntl.h>
#include <hob/wait.h>
#include <liburing.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>

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

/* 0 where a read or write will not block: it is ready, or fails at once. */
static int would_block(int fd, short events)
{
	int r = poller_look(fd, events), mode;

	if (r != -ETIMEDOUT)
		return r < 0 && r != -EBADF ? r : 0;
	mode = sys.getfl(fd); /* what is open the other way only is never ready, and fails */
	return mode >= 0 && (mode & O_ACCMODE) == (events == POLLIN ? O_WRONLY : O_RDONLY) ? 0 : -EAGAIN;
}

struct transfer {
	int fd;
	size_t len;
	void *buf;
	const void *from;
};

static void prep_read(struct io_uring_sqe *sqe, const void *arg)
{
	const struct transfer *x = arg;

	io_uring_prep_read(sqe, x->fd, x->buf, (unsigned)x->len, (uint64_t)-1);
}

static void prep_write(struct io_uring_sqe *sqe, const void *arg)
{
	const struct transfer *x = arg;

	io_uring_prep_write(sqe, x->fd, x->from, (unsigned)x->len, (uint64_t)-1);
}

/* One attempt. -EAGAIN: it did not wait where it would have had to. */
static ssize_t try_read(const struct backend *b, int fd, void *buf, size_t len, hob_time deadline)
{
	int err;

	if (task_cancelled(task_self()))
		return -ECANCELED;
	if (b->perform)
		return b->perform(prep_read, &(struct transfer){ .fd = fd, .len = len, .buf = buf }, deadline,
				  WHY_READ);
	err = len ? would_block(fd, POLLIN) : 0;
	return err ? err : sys.read(fd, buf, len);
}

/* A pipe or terminal in blocking mode that polls as writable takes PIPE_BUF bytes without blocking; no more is sure. */
static size_t without_blocking(int fd, size_t len)
{
	int flags = len > PIPE_BUF ? sys.getfl(fd) : O_NONBLOCK;
	struct stat st;

	if (flags < 0 || flags & O_NONBLOCK || (sys.fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return len;
	return PIPE_BUF;
}

static ssize_t try_write(const struct backend *b, int fd, const void *buf, size_t len, hob_time deadline)
{
	int err;

	if (task_cancelled(task_self()))
		return -ECANCELED;
	if (b->perform)
		return b->perform(prep_write, &(struct transfer){ .fd = fd, .len = len, .from = buf }, deadline,
				  WHY_WRITE);
	err = len ? would_block(fd, POLLOUT) : 0;
	return err ? err : sys.write(fd, buf, without_blocking(fd, len));
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
		n = try_read(b, fd, buf, len, deadline);
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
		n = try_write(b, fd, buf, len, deadline);
	while (again(b, &n, fd, POLLOUT, deadline, WHY_WRITE));
	return n;
}
