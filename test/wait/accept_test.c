/* hob_accept and hob_connect over every backend, with sockets in either mode. */
#include <sys/un.h>

#include "wait/sockets.h"

static int modes[] = { 0, SOCK_NONBLOCK };

struct acceptor {
	int listener, flags;
	hob_time deadline;
	int answer;
};

static int take(void *arg)
{
	struct acceptor *a = arg;

	a->answer = hob_accept(a->listener, NULL, NULL, a->flags, a->deadline);
	return 0;
}

static int comes_before_and_after(void *arg)
{
	struct sockaddr_in addr, peer, own;
	char byte = 0;

	(void)arg;
	for (int i = 0; i < 8; i++) {
		struct hob_scope *s = scope_new();
		int listener = listener_new(modes[i % 2], &addr), client, fd;
		struct acceptor a = { .listener = listener, .flags = modes[i / 2 % 2], .deadline = HOB_NEVER };
		socklen_t len = sizeof own;

		if (i / 4) {
			spawn(s, take, &a);
			for (int n = 0; n < i; n++)
				hob_yield();
			client = client_new(&addr);
			scope_join(s);
			fd = a.answer;
		} else {
			client = client_new(&addr);
			len = sizeof peer;
			fd = hob_accept(listener, (struct sockaddr *)&peer, &len, a.flags, 0);
			CHECK_EQ(len, sizeof peer);
			CHECK_EQ(getsockname(client, (struct sockaddr *)&own, &len), 0);
			CHECK_EQ(peer.sin_port, own.sin_port);
			scope_join(s);
		}
		CHECK(fd >= 0);
		CHECK(closes_on_exec(fd));
		CHECK_EQ(!!(fcntl(fd, F_GETFL) & O_NONBLOCK), i / 2 % 2);
		CHECK_EQ(hob_send(client, "x", 1, 0, HOB_NEVER), 1);
		CHECK_EQ(hob_recv(fd, &byte, 1, 0, HOB_NEVER), 1);
		CHECK_EQ(byte, 'x');
		CHECK_EQ(fcntl(listener, F_GETFL) & O_NONBLOCK, modes[i % 2]); /* left as it was */
		close(fd);
		close(client);
		close(listener);
	}
	return 0;
}

static int accept_gives_up(void *arg)
{
	struct sockaddr_in addr;
	hob_time soon;

	(void)arg;
	for (int i = 0; i < 2; i++) {
		int listener = listener_new(modes[i], &addr), p[2];

		CHECK_EQ(hob_accept(listener, NULL, NULL, 0, 0), -ETIMEDOUT);
		soon = hob_after(300 * HOB_US);
		CHECK_EQ(hob_accept(listener, NULL, NULL, 0, soon), -ETIMEDOUT);
		CHECK(hob_now() >= soon);
		close(listener);
		CHECK_EQ(hob_accept(listener, NULL, NULL, 0, HOB_NEVER), -EBADF);
		CHECK_EQ(hob_accept(-1, NULL, NULL, 0, HOB_NEVER), -EBADF);
		sockets_new(SOCK_DGRAM | modes[i], p);
		CHECK_EQ(hob_send(p[0], "x", 1, 0, 0), 1);
		CHECK_EQ(hob_accept(p[1], NULL, NULL, 0, HOB_NEVER), -EOPNOTSUPP);
		pipe_close(p);
	}
	return 0;
}

/* Either the accept has the connection, or the queue of the listener. */
static int no_connection_is_lost(void *arg)
{
	struct sockaddr_in addr;
	unsigned taken = 0;

	(void)arg;
	for (int i = 0; i < (SLOW_BUILD ? 60 : 120); i++) {
		int listener = listener_new(modes[i % 2], &addr), client = -1, fd;
		struct acceptor a = { .listener = listener,
				      .deadline = i % 4 < 2 ? HOB_NEVER : hob_after(i % 50 * HOB_US) };
		struct hob_scope *s = scope_new();

		spawn(s, take, &a);
		for (int n = 0; n < i % 5; n++)
			hob_yield();
		client = client_new(&addr);
		for (int n = 0; n < i % 3; n++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		CHECK(a.answer >= 0 || a.answer == -ECANCELED || a.answer == -ETIMEDOUT);
		fd = hob_accept(listener, NULL, NULL, 0, 0);
		CHECK_EQ(fd >= 0, a.answer < 0);
		taken += a.answer >= 0;
		close(a.answer >= 0 ? a.answer : fd);
		close(client);
		close(listener);
	}
	CHECK(taken > 0);
	return 0;
}

/* Many tasks accept from one listener, many connect to it. */

enum { CLIENTS = 100 /* fewer than the queue holds */, ACCEPTORS = 4 };

static struct {
	int listener;
	struct sockaddr_in addr;
	atomic_of(uint32_t) accepted, ended;
} hall;

static int porter(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = hob_accept(hall.listener, NULL, NULL, 0, HOB_NEVER)) >= 0) {
		char byte = 0;

		CHECK_EQ(hob_recv(fd, &byte, 1, 0, HOB_NEVER), 1);
		CHECK_EQ(hob_send(fd, &byte, 1, 0, HOB_NEVER), 1);
		at_add(&hall.accepted, 1, RELAXED);
		close(fd);
	}
	CHECK_EQ(fd, -ECANCELED);
	return 0;
}

static int guest(void *arg)
{
	int mode = modes[(uintptr_t)arg % 2], fd = tcp_new(mode);
	char byte = (char)(uintptr_t)arg;

	CHECK_EQ(hob_connect(fd, (struct sockaddr *)&hall.addr, sizeof hall.addr, HOB_NEVER), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, mode);
	CHECK_EQ(hob_send(fd, &byte, 1, 0, HOB_NEVER), 1);
	byte = 0;
	CHECK_EQ(hob_recv(fd, &byte, 1, 0, HOB_NEVER), 1);
	CHECK_EQ(byte, (char)(uintptr_t)arg);
	CHECK_EQ(hob_recv(fd, &byte, 1, 0, HOB_NEVER), 0);
	close(fd);
	return 0;
}

static int many_and_many(void *arg)
{
	struct hob_scope *porters = scope_new(), *guests = scope_new();

	(void)arg;
	hall.listener = listener_new(SOCK_NONBLOCK, &hall.addr);
	hall.accepted = 0;
	for (int i = 0; i < ACCEPTORS; i++)
		spawn(porters, porter, NULL);
	for (uintptr_t i = 0; i < CLIENTS; i++)
		spawn(guests, guest, (void *)i);
	scope_join(guests);
	hob_scope_cancel(porters);
	scope_join(porters);
	CHECK_EQ(hall.accepted, CLIENTS);
	close(hall.listener);
	return 0;
}

/* Connect */

static int nobody_listens(void *arg)
{
	struct sockaddr_in addr;

	(void)arg;
	for (int i = 0; i < 2; i++) {
		int fd = tcp_new(modes[i]), gone = refusing_new(&addr), p[2];

		CHECK_EQ(hob_connect(fd, (struct sockaddr *)&addr, sizeof addr, HOB_NEVER), -ECONNREFUSED);
		CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, modes[i]);
		CHECK_EQ(hob_connect(fd, (struct sockaddr *)&addr, 1, HOB_NEVER), -EINVAL);
		close(fd);
		CHECK_EQ(hob_connect(fd, (struct sockaddr *)&addr, sizeof addr, HOB_NEVER), -EBADF);
		close(gone);
		pipe_new(p, 0);
		CHECK_EQ(hob_connect(p[0], (struct sockaddr *)&addr, sizeof addr, HOB_NEVER), -ENOTSOCK);
		pipe_close(p);
	}
	return 0;
}

/* A queue that is full: a TCP listener drops what comes, so the connection waits for ever; a Unix listener refuses for
 * now, and takes the connection when there is room. */

struct caller {
	int fd;
	const void *addr;
	socklen_t len;
	hob_time deadline;
	int answer;
	bool calls;
};

static int call(void *arg)
{
	struct caller *c = arg;

	at_store(&c->calls, true, RELEASE);
	c->answer = hob_connect(c->fd, c->addr, c->len, c->deadline);
	return 0;
}

static int a_full_queue(void *arg)
{
	struct deaf deaf;

	(void)arg;
	deaf_new(&deaf);
	for (int i = 0; i < 6; i++) {
		struct caller c = { tcp_new(modes[i % 2]), &deaf.addr, sizeof deaf.addr, HOB_NEVER, 1, false };
		struct hob_scope *s = scope_new();

		if (i / 2 == 0)
			c.deadline = hob_after(300 * HOB_US);
		if (i / 2 == 1)
			c.deadline = 0;
		spawn(s, call, &c);
		while (!at_load(&c.calls, ACQUIRE))
			hob_yield();
		if (i / 2 == 2)
			hob_scope_cancel(s);
		scope_join(s);
		CHECK_EQ(c.answer, i / 2 == 2 ? -ECANCELED : -ETIMEDOUT);
		CHECK_EQ(fcntl(c.fd, F_GETFL) & O_NONBLOCK, modes[i % 2]);
		close(c.fd);
	}
	deaf_close(&deaf);
	return 0;
}

static int a_full_unix_queue(void *arg)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	socklen_t len = sizeof addr.sun_family; /* the kernel finds an abstract name */
	char byte;

	(void)arg;
	for (int i = 0; i < 6; i++) {
		int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), first;
		struct hob_scope *s = scope_new();
		struct caller c = { .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | modes[i % 2], 0),
				    .addr = &addr,
				    .deadline = i / 2 == 1 ? hob_after(300 * HOB_US) : HOB_NEVER };

		len = sizeof addr.sun_family;
		CHECK_EQ(bind(listener, (struct sockaddr *)&addr, len), 0);
		CHECK_EQ(listen(listener, 0), 0);
		len = sizeof addr;
		CHECK_EQ(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
		c.len = len;
		first = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		CHECK_EQ(hob_connect(first, (struct sockaddr *)&addr, len, HOB_NEVER), 0);
		spawn(s, call, &c);
		while (!at_load(&c.calls, ACQUIRE))
			hob_yield();
		hob_yield();
		if (i / 2 == 0) {
			int fds[2] = { hob_accept(listener, NULL, NULL, 0, HOB_NEVER),
				       hob_accept(listener, NULL, NULL, 0, HOB_NEVER) };

			CHECK_EQ(hob_send(fds[1], "x", 1, 0, HOB_NEVER), 1);
			scope_join(s);
			CHECK_EQ(c.answer, 0);
			CHECK_EQ(hob_recv(c.fd, &byte, 1, 0, HOB_NEVER), 1);
			pipe_close(fds);
		} else {
			if (i / 2 == 2)
				hob_scope_cancel(s);
			scope_join(s);
			CHECK_EQ(c.answer, i / 2 == 2 ? -ECANCELED : -ETIMEDOUT);
		}
		close(c.fd);
		close(first);
		close(listener);
		addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	}
	return 0;
}

int main(void)
{
	test_start();
	EACH(comes_before_and_after);
	EACH(accept_gives_up);
	EACH(no_connection_is_lost);
	EACH(many_and_many);
	EACH(nobody_listens);
	EACH(a_full_queue);
	EACH(a_full_unix_queue);
	return test_done();
}
