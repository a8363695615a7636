/* Every call about sockets may fail: the Nth of a kind, once or from then on, for every N until a run needs fewer. Each
 * step answers with that error or does its work, a signal is no error, and no descriptor is left. */
#include <netdb.h>

#include "wait/sockets.h"

enum kind {
	SOCKET,
	PAIR,
	BIND,
	LISTEN,
	ACCEPT,
	CONNECT,
	SETOPT,
	GETOPT,
	GETFL,
	SETFL,
	RECV,
	SEND,
	RECVMSG,
	SENDMSG,
	READV,
	WRITEV,
	PREAD,
	PWRITE,
	POLL,
	EPOLL,
	CTL,
	NUMERIC,
	KINDS
};

static struct {
	enum kind kind;
	int error;
	uint32_t nth;
	bool for_good, active;
	atomic_of(uint32_t) asked, failed;
} plan;

static bool fails(enum kind kind)
{
	uint32_t n;

	if (kind != plan.kind || !at_load(&plan.active, RELAXED))
		return false;
	n = at_add(&plan.asked, 1, RELAXED);
	if (n != plan.nth && !(plan.for_good && n > plan.nth))
		return false;
	at_add(&plan.failed, 1, RELAXED);
	return true;
}

/* A stand-in for each: what it answers, its name, what it takes, and how that is passed on. */
#define STAND_IN(KIND, type, name, takes, passes)                                                                      \
	static type try_##name takes                                                                                   \
	{                                                                                                              \
		return fails(KIND) ? -plan.error : sys_real.name passes;                                               \
	}

STAND_IN(SOCKET, int, socket, (int family, int type, int protocol), (family, type, protocol))
STAND_IN(PAIR, int, socketpair, (int family, int type, int protocol, int fds[2]), (family, type, protocol, fds))
STAND_IN(BIND, int, bind, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len))
STAND_IN(LISTEN, int, listen, (int fd, int backlog), (fd, backlog))
STAND_IN(ACCEPT, int, accept, (int fd, struct sockaddr *addr, socklen_t *len, int flags), (fd, addr, len, flags))
STAND_IN(SETOPT, int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len),
	 (fd, level, name, value, len))
STAND_IN(GETOPT, int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len),
	 (fd, level, name, value, len))
STAND_IN(GETFL, int, getfl, (int fd), (fd))
STAND_IN(SETFL, int, setfl, (int fd, int flags), (fd, flags))
STAND_IN(RECV, ssize_t, recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags))
STAND_IN(SEND, ssize_t, send, (int fd, const void *buf, size_t len, int flags), (fd, buf, len, flags))
STAND_IN(RECVMSG, ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags))
STAND_IN(SENDMSG, ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), (fd, msg, flags))
STAND_IN(READV, ssize_t, readv, (int fd, const struct iovec *iov, int n), (fd, iov, n))
STAND_IN(WRITEV, ssize_t, writev, (int fd, const struct iovec *iov, int n), (fd, iov, n))
STAND_IN(PREAD, ssize_t, pread, (int fd, void *buf, size_t len, off_t at), (fd, buf, len, at))
STAND_IN(PWRITE, ssize_t, pwrite, (int fd, const void *buf, size_t len, off_t at), (fd, buf, len, at))
STAND_IN(POLL, int, poll, (struct pollfd * fds, unsigned n, int timeout_ms), (fds, n, timeout_ms))
STAND_IN(EPOLL, int, epoll_create, (void), ())
STAND_IN(NUMERIC, int, getaddrinfo,
	 (const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out),
	 (host, service, hints, out))

static int try_epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	/* to remove never fails for want of anything */
	return op != EPOLL_CTL_DEL && fails(CTL) ? -plan.error : sys_real.epoll_ctl(ep, op, fd, ev);
}

/* A signal leaves the connection under way. */
static int try_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (!fails(CONNECT))
		return sys_real.connect(fd, addr, len);
	if (plan.error == EINTR)
		sys_real.connect(fd, addr, len);
	return -plan.error;
}

static void stand_between(void)
{
	sys.socket = try_socket, sys.socketpair = try_socketpair, sys.bind = try_bind, sys.listen = try_listen;
	sys.accept = try_accept, sys.connect = try_connect, sys.setsockopt = try_setsockopt;
	sys.getsockopt = try_getsockopt, sys.getfl = try_getfl, sys.setfl = try_setfl, sys.recv = try_recv;
	sys.send = try_send, sys.recvmsg = try_recvmsg, sys.sendmsg = try_sendmsg, sys.readv = try_readv;
	sys.writev = try_writev, sys.pread = try_pread, sys.pwrite = try_pwrite, sys.poll = try_poll;
	sys.epoll_create = try_epoll_create, sys.epoll_ctl = try_epoll_ctl, sys.getaddrinfo = try_getaddrinfo;
}

/* The program. Each step is done, or fails as planned. */

static bool done(ssize_t r)
{
	if (r >= 0)
		return true;
	CHECK(plan.error != EINTR && plan.error != ECONNABORTED); /* which are no errors of ours */
	CHECK_EQ(r, -plan.error);
	CHECK(at_load(&plan.failed, RELAXED));
	return false;
}

static void exchange(int a, int b)
{
	struct iovec parts[2] = { { (char[2]){ 'v', 'w' }, 2 }, { (char[1]){ 'x' }, 1 } };
	struct pollfd fds[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	char buf[8];

	if (done(hob_send(a, "hello", 5, 0, HOB_NEVER)) && done(hob_poll_many(fds, 2, HOB_NEVER)))
		done(hob_recv(b, buf, 5, 0, HOB_NEVER));
	else
		(void)!recv(b, buf, 5, MSG_DONTWAIT);
	if (done(hob_sendto(b, "hello", 5, 0, NULL, 0, HOB_NEVER)))
		done(hob_recvfrom(a, buf, 5, 0, NULL, NULL, HOB_NEVER));
	(void)!recv(a, buf, 5, MSG_DONTWAIT);
	(void)!recv(b, buf, 5, MSG_DONTWAIT);
	if (done(hob_writev(a, parts, 2, HOB_NEVER)))
		done(hob_readv(b, parts, 2, HOB_NEVER));
	(void)!recv(b, buf, 5, MSG_DONTWAIT);
	if (plan.error != EINTR || !plan.failed)
		return;
	CHECK_EQ(hob_recv(a, buf, 1, 0, 0), -ETIMEDOUT); /* nothing came twice */
	CHECK_EQ(hob_recv(b, buf, 1, 0, 0), -ETIMEDOUT);
}

static void by_tcp(void)
{
	struct sockaddr_in addr = own_address();
	socklen_t len = sizeof addr;
	char host[INET_ADDRSTRLEN], port[8];
	int listener, client, fd;

	inet_ntop(AF_INET, &addr.sin_addr, host, sizeof host);
	listener = hob_tcp_listen(host, "0", HOB_LISTEN_SHARED, HOB_NEVER);
	if (!done(listener))
		return;
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	snprintf(port, sizeof port, "%d", ntohs(addr.sin_port));
	client = hob_tcp_connect(host, port, HOB_NEVER);
	if (done(client)) {
		fd = hob_accept(listener, NULL, NULL, 0, HOB_NEVER);
		if (done(fd)) {
			exchange(client, fd);
			close(fd);
		}
		close(client);
	}
	close(listener);
}

static void by_unix(void)
{
	int listener, client, fd, pair[2];
	char name[40];

	snprintf(name, sizeof name, "@hob-fault-%d", (int)getpid());
	listener = hob_unix_listen(name);
	if (done(listener)) {
		client = hob_unix_connect(name, HOB_NEVER);
		if (done(client)) {
			fd = hob_accept(listener, NULL, NULL, SOCK_NONBLOCK, HOB_NEVER);
			if (done(fd)) {
				exchange(client, fd);
				close(fd);
			}
			close(client);
		}
		close(listener);
	}
	if (done(hob_unix_pair(pair))) {
		exchange(pair[0], pair[1]);
		pipe_close(pair);
	}
}

static int program(void *arg)
{
	FILE *f = tmpfile();
	struct pollfd none[2];
	char buf[4];
	int p[2], r;

	(void)arg;
	at_store(&plan.active, true, RELAXED);
	by_tcp();
	by_unix();
	if (done(hob_pwrite(fileno(f), "abc", 3, 0, HOB_NEVER)))
		done(hob_pread(fileno(f), buf, 3, 0, HOB_NEVER));
	fclose(f);
	pipe_new(p, 0);
	if (done(hob_writev(p[1], &(struct iovec){ buf, 2 }, 1, HOB_NEVER)))
		done(hob_readv(p[0], &(struct iovec){ buf, 2 }, 1, HOB_NEVER));
	if (readable(p[0]))
		CHECK_EQ(read(p[0], buf, 2), 2);
	none[0] = none[1] = (struct pollfd){ p[0], POLLIN, 0 };
	r = hob_poll_many(none, 2, hob_after(50 * HOB_US));
	if (r != -ETIMEDOUT)
		done(r);
	pipe_close(p);
	at_store(&plan.active, false, RELAXED);
	return 0;
}

/* One run; true where the plan came to pass. */
static bool run(enum hob_backend backend, unsigned workers)
{
	static char name[100];
	int before = fds_open();

	snprintf(name, sizeof name, "backend %d, %u workers, kind %d, no. %" PRIu32 " fails with %d, %s", (int)backend,
		 workers, (int)plan.kind, plan.nth, plan.error, plan.for_good ? "and all after it" : "once");
	test_name = name;
	plan.asked = plan.failed = 0;
	CHECK_EQ(each_run(backend, workers, program, NULL), 0);
	CHECK_EQ(fds_open(), before);
	return plan.failed;
}

/* What a signal may interrupt. */
static bool sleeps(enum kind kind)
{
	return kind == ACCEPT || kind == CONNECT || kind == RECV || kind == SEND || kind == RECVMSG ||
	       kind == SENDMSG || kind == READV || kind == WRITEV || kind == POLL;
}

static void fail_each(enum hob_backend backend, enum kind kind)
{
	unsigned failed = 0;

	plan.kind = kind;
	for (int way = 0; way < (kind == ACCEPT ? 4 : sleeps(kind) ? 3 : 2); way++) {
		plan.error = way == 3 ? ECONNABORTED : way == 2 ? EINTR : ENOMEM;
		plan.for_good = way == 1;
		for (plan.nth = 0; run(backend, way == 1 ? 1 : BUSY_WORKERS); plan.nth++) {
			watchdog(100);
			failed++;
			CHECK(plan.nth < 300);
		}
	}
	/* with io_uring the kernel does by itself what epoll has us call */
	CHECK(failed || (backend == HOB_BACKEND_IO_URING && (kind == ACCEPT || kind == CONNECT || kind == GETOPT ||
							     (kind >= RECV && kind <= WRITEV) || kind == GETFL)));
}

static void every_call_fails_over_epoll(void)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		fail_each(HOB_BACKEND_EPOLL, kind);
}

static void every_call_fails_over_io_uring(void)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		fail_each(HOB_BACKEND_IO_URING, kind);
}

int main(void)
{
	test_start();
	watchdog(100);
	stand_between();
	TEST(every_call_fails_over_epoll);
	if (each_has_ring())
		TEST(every_call_fails_over_io_uring);
	else
		TEST_SKIP(every_call_fails_over_io_uring, "io_uring is refused here");
	return test_done();
}
