/* Files: each call is an entry of the ring, or the plain system call on a thread.
 *
 * Which opcodes a kernel has need not be known: one that it lacks answers EINVAL with nothing done, and so does a call
 * that is wrong. In both cases the thread finds out. ECANCELED without a cancellation: the kernel can have no thread,
 * but one of ours may be idle.
 */
#include <errno.h>
#include <fcntl.h>
#include <hob/file.h>
#include <hob/wait.h>
#include <liburing.h>
#include <poll.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "wait/backend.h"
#include "wait/blocking.h"

#define LEN_MAX ((size_t)1 << 20)

struct call {
	ssize_t (*plain)(const struct call *c);
	int fd, to_fd, flags;
	unsigned mode;
	const char *path, *to;
	off_t *at, *to_at, length;
	size_t len;
	struct statx *stat;
	ssize_t result; /* of plain() */
	bool done;
};

static int on_thread(void *arg)
{
	struct call *c = arg;

	do
		c->result = c->plain(c);
	while (c->result == -EINTR);
	c->done = true;
	return 0;
}

static ssize_t by_ring(const struct backend *b, ring_prep *prep, struct call *c, hob_time deadline)
{
	ssize_t r;

	do {
		r = b->perform(prep, c, deadline, WHY_FILE);
		if (r != -EINTR)
			return r;
		if (task_cancelled(task_self()))
			return -ECANCELED;
	} while (deadline == HOB_NEVER || deadline > sys.now());
	return -ETIMEDOUT;
}

/* `prep` NULL: the ring has no such thing. */
static ssize_t perform(ring_prep *prep, struct call *c, hob_time deadline)
{
	const struct backend *b = backend_self();
	ssize_t r = -EINVAL;
	int err;

	if (!b)
		return -EPERM;
	if (task_cancelled(task_self()))
		return -ECANCELED;
	if (prep && b->perform)
		r = by_ring(b, prep, c, deadline);
	if (r != -EINVAL && !lacked_thread(r))
		return r;
	err = blocking_call(on_thread, c, deadline, PARK_CANCELLABLE);
	return err ? err : c->result;
}

static void prep_open(struct io_uring_sqe *sqe, const void *arg)
{
	const struct call *c = arg;

	io_uring_prep_openat(sqe, AT_FDCWD, c->path, c->flags | O_CLOEXEC, c->mode);
	/* At its first attempt, within the submission, the kernel adds O_NONBLOCK, and so opens a FIFO that nobody
	 * writes to, or refuses one that nobody reads, where open(2) waits. */
	if (!(c->flags & O_NONBLOCK))
		io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
}

static ssize_t plain_open(const struct call *c)
{
	return sys.open_mode(c->path, c->flags, c->mode);
}

int hob_open(const char *path, int flags, mode_t mode, hob_time deadline)
{
	struct call c = { .plain = plain_open, .path = path, .flags = flags, .mode = mode };

	return (int)perform(prep_open, &c, deadline);
}

static ssize_t plain_close(const struct call *c)
{
	return sys.close(c->fd);
}

int hob_close(int fd)
{
	struct call c = { .plain = plain_close, .fd = fd };
	struct stat st;

	/* Not by the ring: there a cancelled task might leave it open. */
	if (task_self() && sys.fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		blocking_call(on_thread, &c, HOB_NEVER, PARK_SHIELDED);
	return c.done ? (int)c.result : sys.close(fd);
}

static void prep_fsync(struct io_uring_sqe *sqe, const void *arg)
{
	const struct call *c = arg;

	io_uring_prep_fsync(sqe, c->fd, (unsigned)c->flags);
}

static ssize_t plain_fsync(const struct call *c)
{
	return c->flags ? sys.fdatasync(c->fd) : sys.fsync(c->fd);
}

int hob_fsync(int fd, hob_time deadline)
{
	struct call c = { .plain = plain_fsync, .fd = fd };

	return (int)perform(prep_fsync, &c, deadline);
}

int hob_fdatasync(int fd, hob_time deadline)
{
	struct call c = { .plain = plain_fsync, .fd = fd, .flags = IORING_FSYNC_DATASYNC };

	return (int)perform(prep_fsync, &c, deadline);
}

static ssize_t plain_ftruncate(const struct call *c)
{
	return sys.ftruncate(c->fd, c->length);
}

int hob_ftruncate(int fd, off_t length, hob_time deadline)
{
	struct call c = { .plain = plain_ftruncate, .fd = fd, .length = length };

	return (int)perform(NULL, &c, deadline);
}

static void prep_statx(struct io_uring_sqe *sqe, const void *arg)
{
	const struct call *c = arg;

	io_uring_prep_statx(sqe, c->fd, c->path, c->flags, c->mode, c->stat);
}

static ssize_t plain_statx(const struct call *c)
{
	return sys.statx(c->fd, c->path, c->flags, c->mode, c->stat);
}

int hob_statx(int dir, const char *path, int flags, unsigned mask, struct statx *out, hob_time deadline)
{
	struct call c = { .plain = plain_statx, .fd = dir, .path = path, .flags = flags, .mode = mask, .stat = out };

	return (int)perform(prep_statx, &c, deadline);
}

static void prep_rename(struct io_uring_sqe *sqe, const void *arg)
{
	const struct call *c = arg;

	io_uring_prep_renameat(sqe, AT_FDCWD, c->path, AT_FDCWD, c->to, 0);
}

static ssize_t plain_rename(const struct call *c)
{
	return sys.rename(c->path, c->to);
}

int hob_rename(const char *from, const char *to, hob_time deadline)
{
	struct call c = { .plain = plain_rename, .path = from, .to = to };

	return (int)perform(prep_rename, &c, deadline);
}

static void prep_unlink(struct io_uring_sqe *sqe, const void *arg)
{
	const struct call *c = arg;

	io_uring_prep_unlinkat(sqe, AT_FDCWD, c->path, c->flags);
}

static ssize_t plain_unlink(const struct call *c)
{
	return c->flags ? sys.rmdir(c->path) : sys.unlink(c->path);
}

int hob_unlink(const char *path, hob_time deadline)
{
	struct call c = { .plain = plain_unlink, .path = path };

	return (int)perform(prep_unlink, &c, deadline);
}

int hob_rmdir(const char *path, hob_time deadline)
{
	struct call c = { .plain = plain_unlink, .path = path, .flags = AT_REMOVEDIR };

	return (int)perform(prep_unlink, &c, deadline);
}

static void prep_mkdir(struct io_uring_sqe *sqe, const void *arg)
{
	const struct call *c = arg;

	io_uring_prep_mkdirat(sqe, AT_FDCWD, c->path, c->mode);
}

static ssize_t plain_mkdir(const struct call *c)
{
	return sys.mkdir(c->path, c->mode);
}

int hob_mkdir(const char *path, mode_t mode, hob_time deadline)
{
	struct call c = { .plain = plain_mkdir, .path = path, .mode = mode };

	return (int)perform(prep_mkdir, &c, deadline);
}

/* Moving bytes. The ring has splice alone, and does it on a thread of the kernel's: no better than one of ours. */

static ssize_t plain_copy(const struct call *c)
{
	return sys.copy_file_range(c->fd, c->at, c->to_fd, c->to_at, c->len);
}

ssize_t hob_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len, hob_time deadline)
{
	struct call c = { .plain = plain_copy, .fd = from, .at = from_at, .to_fd = to, .to_at = to_at };

	c.len = len < LEN_MAX ? len : LEN_MAX;
	return perform(NULL, &c, deadline);
}

/* Waits until the descriptor is ready: 0, or why not. */
static int await_ready(int fd, short events, hob_time deadline)
{
	int r = task_cancelled(task_self()) ? -ECANCELED : poller_look(fd, events);

	if (r == -ETIMEDOUT)
		r = hob_poll(fd, events, deadline);
	return r < 0 ? r : 0;
}

static bool is_file(int fd)
{
	struct stat st;

	return sys.fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* What is ready may be taken by another before we come: then again. */
static ssize_t move_when_ready(struct call *c, bool thread, hob_time deadline)
{
	ssize_t n;

	if (!task_self())
		return -EPERM;
	c->len = c->len < LEN_MAX ? c->len : LEN_MAX;
	do {
		n = await_ready(c->fd, POLLIN, deadline);
		if (!n)
			n = await_ready(c->to_fd, POLLOUT, deadline);
		if (!n)
			n = thread ? perform(NULL, c, deadline) : c->plain(c);
	} while (n == -EINTR || (n == -EAGAIN && (!thread || c->done)));
	return n;
}

static ssize_t plain_splice(const struct call *c)
{
	return sys.splice(c->fd, c->at, c->to_fd, c->to_at, c->len);
}

ssize_t hob_splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, hob_time deadline)
{
	struct call c = { .plain = plain_splice, .fd = from, .at = from_at, .to_fd = to, .to_at = to_at, .len = len };

	return move_when_ready(&c, is_file(from) || is_file(to), deadline);
}

static ssize_t plain_sendfile(const struct call *c)
{
	return sys.sendfile(c->to_fd, c->fd, c->at, c->len);
}

ssize_t hob_sendfile(int to, int from, off_t *from_at, size_t len, hob_time deadline)
{
	struct call c = { .plain = plain_sendfile, .fd = from, .at = from_at, .to_fd = to, .len = len };

	return move_when_ready(&c, true, deadline);
}
