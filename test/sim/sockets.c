/* Pairs of sockets: streams that are read and written, and packets that may carry descriptors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"
#include "kernel.h"

static void drop_passed(struct message *m)
{
	for (unsigned i = 0; i < m->nfiles; i++)
		file_release(m->files[i]);
	m->nfiles = 0;
}

/* Who closes with something unread has the peer's next call fail once. */
void socket_closed(struct file *f)
{
	if (f->kind == PACKET)
		for (size_t i = 0; i < f->n; i++)
			drop_passed(&f->messages[i]);
	if (f->peer) {
		f->peer->peer = NULL;
		f->peer->reset = f->n > 0;
	}
	free(f->messages);
}

static int sys_socketpair(int family, int type, int protocol, int fds[2])
{
	enum kind kind = type == SOCK_STREAM ? STREAM : PACKET;
	struct file *a, *b;

	(void)family, (void)protocol;
	sim_point();
	if (sim_fault(FAULT_FILES))
		return -EMFILE;
	a = file_new(kind);
	b = file_new(kind);
	a->peer = b;
	b->peer = a;
	if (kind == PACKET) {
		a->messages = calloc(MESSAGES, sizeof(struct message));
		b->messages = calloc(MESSAGES, sizeof(struct message));
	}
	fds[0] = kernel_install(a);
	if (fds[0] < 0) {
		file_release(b);
		return fds[0];
	}
	fds[1] = kernel_install(b);
	if (fds[1] >= 0)
		return 0;
	kernel_process()->fds[fds[0]] = NULL;
	file_release(a);
	return fds[1];
}

static unsigned passed_by(const struct msghdr *msg, int *fds)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	unsigned n;

	if (!c || c->cmsg_type != SCM_RIGHTS)
		return 0;
	n = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	memcpy(fds, CMSG_DATA(c), n * sizeof(int));
	return n;
}

ssize_t message_send(struct process *p, struct file *f, const struct msghdr *msg)
{
	int fds[PASSED];
	struct message *m;
	unsigned n = passed_by(msg, fds);

	if (!f->peer)
		return -EPIPE;
	if (f->peer->n == MESSAGES)
		return -EAGAIN;
	m = &f->peer->messages[f->peer->n++];
	m->n = msg->msg_iov->iov_len;
	SIM_CHECK(m->n <= MESSAGE && msg->msg_iovlen == 1);
	memcpy(m->bytes, msg->msg_iov->iov_base, m->n);
	m->nfiles = n;
	for (unsigned i = 0; i < n; i++) {
		m->files[i] = p->fds[fds[i]];
		m->files[i]->refs++;
	}
	kernel_changed();
	return (ssize_t)m->n;
}

/* Descriptors that there is no room for are closed, and the message says less. */
static void pass(struct process *p, struct message *m, struct msghdr *msg)
{
	struct cmsghdr *c = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL;
	unsigned n = 0;

	for (int fd = 0; fd < FDS && c && n < m->nfiles; fd++) {
		if (p->fds[fd])
			continue;
		if (sim_fault(FAULT_FILES))
			break;
		p->fds[fd] = m->files[n];
		memcpy(CMSG_DATA(c) + n++ * sizeof(int), &fd, sizeof fd);
	}
	for (unsigned i = n; i < m->nfiles; i++)
		file_release(m->files[i]);
	m->nfiles = 0;
	msg->msg_controllen = n ? CMSG_SPACE(n * sizeof(int)) : 0;
	if (!n)
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
}

ssize_t message_receive(struct process *p, struct file *f, struct msghdr *msg)
{
	struct message m;
	size_t n;

	if (f->reset) {
		f->reset = false;
		return -ECONNRESET;
	}
	if (!f->n) {
		msg->msg_controllen = 0;
		return f->peer ? -EAGAIN : 0;
	}
	m = f->messages[0];
	f->n--;
	memmove(f->messages, f->messages + 1, f->n * sizeof m);
	n = m.n < msg->msg_iov->iov_len ? m.n : msg->msg_iov->iov_len;
	memcpy(msg->msg_iov->iov_base, m.bytes, n);
	pass(p, &m, msg);
	kernel_changed();
	return (ssize_t)n;
}

static ssize_t send_once(struct file *f, const void *buf, size_t len, const struct msghdr *msg)
{
	return f->kind == STREAM ? file_write(f, buf, len) : message_send(kernel_process(), f, msg);
}

static ssize_t receive_once(struct file *f, void *buf, size_t len, struct msghdr *msg)
{
	return f->kind == STREAM ? file_read(f, buf, len) : message_receive(kernel_process(), f, msg);
}

static int begin(int fd, struct file **f)
{
	sim_point();
	*f = kernel_file(fd);
	if (!*f)
		return -EBADF;
	if ((*f)->kind != STREAM && (*f)->kind != PACKET)
		return -ENOTSOCK;
	return 0;
}

/* A signal ends a wait alone. */
static bool may_wait(struct file *f, int flags, ssize_t *n)
{
	if (f->nonblock || flags & MSG_DONTWAIT)
		return false;
	if (!sim_fault(FAULT_SIGNAL))
		return true;
	*n = -EINTR;
	return false;
}

static ssize_t sys_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const struct iovec *v = msg->msg_iov;
	struct file *f;
	ssize_t n = begin(fd, &f);

	if (n)
		return n;
	f->refs++;
	while ((n = send_once(f, v->iov_base, v->iov_len, msg)) == -EAGAIN && may_wait(f, flags, &n))
		kernel_wait(INT64_MAX);
	file_release(f);
	return n;
}

static ssize_t sys_recvmsg(int fd, struct msghdr *msg, int flags)
{
	const struct iovec *v = msg->msg_iov;
	struct file *f;
	ssize_t n = begin(fd, &f);

	if (n)
		return n;
	f->refs++;
	while ((n = receive_once(f, v->iov_base, v->iov_len, msg)) == -EAGAIN && may_wait(f, flags, &n))
		kernel_wait(INT64_MAX);
	file_release(f);
	return n;
}

static ssize_t sys_send(int fd, const void *buf, size_t len, int flags)
{
	struct iovec v = { (void *)(uintptr_t)buf, len };

	return sys_sendmsg(fd, &(struct msghdr){ .msg_iov = &v, .msg_iovlen = 1 }, flags);
}

static ssize_t sys_recv(int fd, void *buf, size_t len, int flags)
{
	struct iovec v = { buf, len };

	return sys_recvmsg(fd, &(struct msghdr){ .msg_iov = &v, .msg_iovlen = 1 }, flags);
}

void sockets_table(struct sys *s)
{
	s->socketpair = sys_socketpair;
	s->sendmsg = sys_sendmsg;
	s->recvmsg = sys_recvmsg;
	s->send = sys_send;
	s->recv = sys_recv;
}
