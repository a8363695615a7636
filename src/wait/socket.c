/* Sockets: accept, connect, and the transfers that are theirs alone. */
#include <errno.h>
#include <fcntl.h>
#include <hob/net.h>
#include <hob/wait.h>
#include <liburing.h>
#include <poll.h>

#include "base/sys.h"
#include "wait/socket.h"
#include "wait/transfer.h"

/* Accept */

struct acceptance {
	int fd, flags;
	struct sockaddr *addr;
	socklen_t *len;
};

static void prep_accept(struct io_uring_sqe *sqe, const void *arg)
{
	const struct acceptance *a = arg;

	io_uring_prep_accept(sqe, a->fd, a->addr, a->len, a->flags | SOCK_CLOEXEC);
}

static ssize_t try_accept(int fd, const void *arg)
{
	const struct acceptance *a = arg;
	int err = would_block(fd, POLLIN);

	return err ? err : sys.accept(fd, a->addr, a->len, a->flags);
}

static const struct transfer accepting = { POLLIN, WHY_ACCEPT, prep_accept, try_accept };

int hob_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags, hob_time deadline)
{
	struct acceptance a = { fd, flags, addr, len };
	int r;

	do
		r = (int)transfer(&accepting, fd, &a, deadline);
	while (r == -ECONNABORTED); /* who is gone before we came is no error of the listener's */
	return r;
}

/* Connect */

struct connection {
	int fd;
	socklen_t len;
	const struct sockaddr *addr;
};

static void prep_connect(struct io_uring_sqe *sqe, const void *arg)
{
	const struct connection *c = arg;

	io_uring_prep_connect(sqe, c->fd, c->addr, c->len);
}

/* In non-blocking mode for as long as the call takes. */
static int connect_unblocked(const struct connection *c)
{
	int flags = sys.getfl(c->fd), err;

	if (flags < 0)
		return flags;
	if (flags & O_NONBLOCK)
		return sys.connect(c->fd, c->addr, c->len);
	err = sys.setfl(c->fd, flags | O_NONBLOCK);
	if (err)
		return err;
	err = sys.connect(c->fd, c->addr, c->len);
	sys.setfl(c->fd, flags);
	return err;
}

static int await_connected(const struct backend *b, int fd, hob_time deadline)
{
	int err = b->poll_fd(fd, POLLOUT, deadline, WHY_CONNECT, NULL);

	return err < 0 ? err : socket_error(fd);
}

int socket_error(int fd)
{
	socklen_t len = sizeof(int);
	int err = 0, r = sys.getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);

	return r < 0 ? r : -err;
}

/* A queue of a Unix listener that is full cannot be polled for: look again, less and less often. */
#define FULL_MIN (HOB_MS / 4)
#define FULL_MAX (16 * HOB_MS)

static int pause_for_room(hob_time *pause, hob_time deadline)
{
	hob_time until = sys.now() + *pause;
	int err;

	if (until >= deadline) { /* one more attempt is not worth a shorter pause */
		err = hob_sleep(deadline);
		return err ? err : -ETIMEDOUT;
	}
	*pause = *pause < FULL_MAX ? *pause * 2 : FULL_MAX;
	return hob_sleep(until);
}

int hob_connect(int fd, const struct sockaddr *addr, socklen_t len, hob_time deadline)
{
	const struct connection c = { fd, len, addr };
	const struct backend *b = backend_self();
	hob_time pause = FULL_MIN;
	int err;

	if (!b)
		return -EPERM;
	for (;;) {
		if (task_cancelled(task_self()))
			return -ECANCELED;
		err = b->perform ? (int)b->perform(prep_connect, &c, deadline, WHY_CONNECT) : connect_unblocked(&c);
		if (lacked_thread(err))
			err = connect_unblocked(&c);
		if (err == -EINPROGRESS || err == -EINTR || err == -EALREADY)
			return await_connected(b, fd, deadline);
		if (err != -EAGAIN || len < sizeof addr->sa_family || addr->sa_family != AF_UNIX)
			return err;
		err = pause_for_room(&pause, deadline);
		if (err)
			return err;
	}
}

/* Transfers. The deadline says how long, so flags that say it otherwise are refused. */

#define FLAGS_REFUSED (MSG_DONTWAIT | MSG_WAITALL)

struct packet {
	int fd, flags;
	void *buf;
	const void *from;
	size_t len;
};

static void prep_recv(struct io_uring_sqe *sqe, const void *arg)
{
	const struct packet *p = arg;

	io_uring_prep_recv(sqe, p->fd, p->buf, p->len, p->flags);
}

/* Sends do not wait in the kernel: where a datagram found the queue of its peer full, Linux 6.18 tries again behind the
 * end of the data, and sends an empty one. */
static void prep_send(struct io_uring_sqe *sqe, const void *arg)
{
	const struct packet *p = arg;

	io_uring_prep_send(sqe, p->fd, p->from, p->len, p->flags | MSG_DONTWAIT);
}

static ssize_t try_recv(int fd, const void *arg)
{
	const struct packet *p = arg;

	return sys.recv(fd, p->buf, p->len, p->flags | MSG_DONTWAIT);
}

static ssize_t try_send(int fd, const void *arg)
{
	const struct packet *p = arg;

	return sys.send(fd, p->from, p->len, p->flags | MSG_DONTWAIT);
}

static const struct transfer receiving = { POLLIN, WHY_READ, prep_recv, try_recv };
static const struct transfer sending = { POLLOUT, WHY_WRITE, prep_send, try_send };

ssize_t hob_recv(int fd, void *buf, size_t len, int flags, hob_time deadline)
{
	struct packet p = { .fd = fd, .flags = flags, .buf = buf, .len = len < TRANSFER_MAX ? len : TRANSFER_MAX };

	return flags & (FLAGS_REFUSED | MSG_ERRQUEUE) ? -EINVAL : transfer(&receiving, fd, &p, deadline);
}

ssize_t hob_send(int fd, const void *buf, size_t len, int flags, hob_time deadline)
{
	struct packet p = {
		.fd = fd, .flags = flags | MSG_NOSIGNAL, .from = buf, .len = len < TRANSFER_MAX ? len : TRANSFER_MAX
	};

	return flags & FLAGS_REFUSED ? -EINVAL : transfer(&sending, fd, &p, deadline);
}

struct message {
	int fd, flags;
	struct msghdr *msg;
	const struct msghdr *from;
};

static void prep_recvmsg(struct io_uring_sqe *sqe, const void *arg)
{
	const struct message *m = arg;

	io_uring_prep_recvmsg(sqe, m->fd, m->msg, (unsigned)m->flags);
}

static void prep_sendmsg(struct io_uring_sqe *sqe, const void *arg)
{
	const struct message *m = arg;

	io_uring_prep_sendmsg(sqe, m->fd, m->from, (unsigned)m->flags | MSG_DONTWAIT);
}

static ssize_t try_recvmsg(int fd, const void *arg)
{
	const struct message *m = arg;

	return sys.recvmsg(fd, m->msg, m->flags | MSG_DONTWAIT);
}

static ssize_t try_sendmsg(int fd, const void *arg)
{
	const struct message *m = arg;

	return sys.sendmsg(fd, m->from, m->flags | MSG_DONTWAIT);
}

static const struct transfer receiving_msg = { POLLIN, WHY_READ, prep_recvmsg, try_recvmsg };
static const struct transfer receiving_error = { 0, WHY_READ, prep_recvmsg, try_recvmsg }; /* POLLERR always */
static const struct transfer sending_msg = { POLLOUT, WHY_WRITE, prep_sendmsg, try_sendmsg };

ssize_t hob_recvmsg(int fd, struct msghdr *msg, int flags, hob_time deadline)
{
	struct message m = { .fd = fd, .flags = flags | MSG_CMSG_CLOEXEC, .msg = msg };

	if (flags & FLAGS_REFUSED)
		return -EINVAL;
	return transfer(flags & MSG_ERRQUEUE ? &receiving_error : &receiving_msg, fd, &m, deadline);
}

ssize_t hob_sendmsg(int fd, const struct msghdr *msg, int flags, hob_time deadline)
{
	struct message m = { .fd = fd, .flags = flags | MSG_NOSIGNAL, .from = msg };

	return flags & FLAGS_REFUSED ? -EINVAL : transfer(&sending_msg, fd, &m, deadline);
}

ssize_t hob_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addr_len,
		     hob_time deadline)
{
	struct iovec part = { buf, len };
	struct msghdr msg = {
		.msg_name = addr, .msg_namelen = addr && addr_len ? *addr_len : 0, .msg_iov = &part, .msg_iovlen = 1
	};
	ssize_t n = flags & MSG_ERRQUEUE ? -EINVAL : hob_recvmsg(fd, &msg, flags, deadline);

	if (n >= 0 && addr && addr_len)
		*addr_len = msg.msg_namelen;
	return n;
}

ssize_t hob_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr, socklen_t addr_len,
		   hob_time deadline)
{
	struct iovec part = { (void *)buf, len };
	const struct msghdr msg = {
		.msg_name = (void *)addr, .msg_namelen = addr ? addr_len : 0, .msg_iov = &part, .msg_iovlen = 1
	};

	return hob_sendmsg(fd, &msg, flags, deadline);
}
