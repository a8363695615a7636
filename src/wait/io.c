/* Reading and writing descriptors of any kind. */
#include <errno.h>
#include <fcntl.h>
#include <hob/wait.h>
#include <liburing.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "wait/transfer.h"

struct span {
	int fd;
	size_t len;
	void *buf;
	const void *from;
	off_t at;
};

#define HERE ((off_t)-1) /* where the descriptor stands */

static void prep_read(struct io_uring_sqe *sqe, const void *arg)
{
	const struct span *s = arg;

	io_uring_prep_read(sqe, s->fd, s->buf, (unsigned)s->len, (uint64_t)s->at);
}

static void prep_write(struct io_uring_sqe *sqe, const void *arg)
{
	const struct span *s = arg;

	io_uring_prep_write(sqe, s->fd, s->from, (unsigned)s->len, (uint64_t)s->at);
}

/* A socket can be told not to block; all else answers ENOTSOCK, and is asked first whether it would. */
static ssize_t try_read(int fd, const void *arg)
{
	const struct span *s = arg;
	ssize_t n = s->len ? sys.recv(fd, s->buf, s->len, MSG_DONTWAIT) : 0;

	if (s->len && n != -ENOTSOCK)
		return n;
	n = s->len ? would_block(fd, POLLIN) : 0;
	return n ? n : sys.read(fd, s->buf, s->len);
}

/* How much of `len` can be written to what polls as writable: a pipe or terminal in blocking mode takes PIPE_BUF bytes
 * without blocking, and no more is sure. */
static size_t without_blocking(int fd, size_t len)
{
	int flags = len > PIPE_BUF ? sys.getfl(fd) : O_NONBLOCK;
	struct stat st;

	if (flags < 0 || flags & O_NONBLOCK || (sys.fstat(fd, &st) == 0 && S_ISREG(st.st_mode)))
		return len;
	return PIPE_BUF;
}

static ssize_t try_write(int fd, const void *arg)
{
	const struct span *s = arg;
	ssize_t n = s->len ? sys.send(fd, s->from, s->len, MSG_DONTWAIT) : 0;

	if (s->len && n != -ENOTSOCK)
		return n;
	n = s->len ? would_block(fd, POLLOUT) : 0;
	return n ? n : sys.write(fd, s->from, without_blocking(fd, s->len));
}

/* A file with positions is always ready, and what has none fails at once. */
static ssize_t try_pread(int fd, const void *arg)
{
	const struct span *s = arg;

	return sys.pread(fd, s->buf, s->len, s->at);
}

static ssize_t try_pwrite(int fd, const void *arg)
{
	const struct span *s = arg;

	return sys.pwrite(fd, s->from, s->len, s->at);
}

static const struct transfer reading = { POLLIN, WHY_READ, prep_read, try_read };
static const struct transfer writing = { POLLOUT, WHY_WRITE, prep_write, try_write };
static const struct transfer preading = { POLLIN, WHY_READ, prep_read, try_pread };
static const struct transfer pwriting = { POLLOUT, WHY_WRITE, prep_write, try_pwrite };

static size_t at_most(size_t len)
{
	return len < TRANSFER_MAX ? len : TRANSFER_MAX;
}

ssize_t hob_read(int fd, void *buf, size_t len, hob_time deadline)
{
	struct span s = { .fd = fd, .len = at_most(len), .buf = buf, .at = HERE };

	return transfer(&reading, fd, &s, deadline);
}

ssize_t hob_write(int fd, const void *buf, size_t len, hob_time deadline)
{
	struct span s = { .fd = fd, .len = at_most(len), .from = buf, .at = HERE };

	return transfer(&writing, fd, &s, deadline);
}

/* A transfer of nothing has the kernel look at the descriptor and the position: io_uring would take a pipe for a file,
 * and a negative position for where the file stands. */
ssize_t hob_pread(int fd, void *buf, size_t len, off_t at, hob_time deadline)
{
	struct span s = { .fd = fd, .len = at_most(len), .buf = buf, .at = at };
	ssize_t err = backend_self() ? sys.pread(fd, NULL, 0, at) : -EPERM;

	return err < 0 ? err : transfer(&preading, fd, &s, deadline);
}

ssize_t hob_pwrite(int fd, const void *buf, size_t len, off_t at, hob_time deadline)
{
	struct span s = { .fd = fd, .len = at_most(len), .from = buf, .at = at };
	ssize_t err = backend_self() ? sys.pwrite(fd, NULL, 0, at) : -EPERM;

	return err < 0 ? err : transfer(&pwriting, fd, &s, deadline);
}

/* Vectors */

struct vector {
	int fd, n;
	const struct iovec *iov;
};

static void prep_readv(struct io_uring_sqe *sqe, const void *arg)
{
	const struct vector *v = arg;

	io_uring_prep_readv(sqe, v->fd, v->iov, (unsigned)v->n, (uint64_t)HERE);
}

static void prep_writev(struct io_uring_sqe *sqe, const void *arg)
{
	const struct vector *v = arg;

	io_uring_prep_writev(sqe, v->fd, v->iov, (unsigned)v->n, (uint64_t)HERE);
}

/* How long the parts are together, or more than `enough`; and the first that is not empty. */
static size_t length(const struct vector *v, size_t enough, const struct iovec **first)
{
	size_t len = 0;

	*first = NULL;
	for (int i = 0; i < v->n && len <= enough; i++) {
		if (!*first && v->iov[i].iov_len)
			*first = &v->iov[i];
		len += v->iov[i].iov_len < TRANSFER_MAX ? v->iov[i].iov_len : TRANSFER_MAX;
	}
	return len;
}

static struct msghdr message_of(const struct vector *v)
{
	return (struct msghdr){ .msg_iov = (struct iovec *)v->iov, .msg_iovlen = (size_t)v->n };
}

static ssize_t try_readv(int fd, const void *arg)
{
	const struct vector *v = arg;
	const struct iovec *first;
	size_t len = length(v, 0, &first);
	struct msghdr msg = message_of(v);
	ssize_t n = len ? sys.recvmsg(fd, &msg, MSG_DONTWAIT) : 0;

	if (len && n != -ENOTSOCK)
		return n;
	n = len ? would_block(fd, POLLIN) : 0;
	return n ? n : sys.readv(fd, v->iov, v->n);
}

static ssize_t try_writev(int fd, const void *arg)
{
	const struct vector *v = arg;
	const struct iovec *first;
	size_t len = length(v, PIPE_BUF, &first);
	struct msghdr msg = message_of(v);
	ssize_t n = len ? sys.sendmsg(fd, &msg, MSG_DONTWAIT) : 0;

	if (len && n != -ENOTSOCK)
		return n;
	n = len ? would_block(fd, POLLOUT) : 0;
	if (n)
		return n;
	if (without_blocking(fd, len) == len)
		return sys.writev(fd, v->iov, v->n);
	return sys.write(fd, first->iov_base, first->iov_len < PIPE_BUF ? first->iov_len : PIPE_BUF);
}

static const struct transfer readving = { POLLIN, WHY_READ, prep_readv, try_readv };
static const struct transfer writving = { POLLOUT, WHY_WRITE, prep_writev, try_writev };

ssize_t hob_readv(int fd, const struct iovec *iov, int n, hob_time deadline)
{
	return n < 0 || n > IOV_MAX ? -EINVAL : transfer(&readving, fd, &(struct vector){ fd, n, iov }, deadline);
}

ssize_t hob_writev(int fd, const struct iovec *iov, int n, hob_time deadline)
{
	return n < 0 || n > IOV_MAX ? -EINVAL : transfer(&writving, fd, &(struct vector){ fd, n, iov }, deadline);
}
