/* hob_recv and hob_send and their like over every backend: streams, datagrams, descriptors passed, errors, deadlines,
 * cancellation. */
#include "wait/sockets.h"

static int modes[] = { 0, SOCK_NONBLOCK };

static int streams(void *arg)
{
	char buf[16] = { 0 };
	hob_time soon;
	int s[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		sockets_new(SOCK_STREAM | modes[i], s);
		CHECK_EQ(hob_recv(s[0], buf, 1, 0, 0), -ETIMEDOUT);
		soon = hob_after(200 * HOB_US);
		CHECK_EQ(hob_recv(s[0], buf, 1, 0, soon), -ETIMEDOUT);
		CHECK(hob_now() >= soon);
		CHECK_EQ(hob_send(s[1], "hello", 5, 0, 0), 5);
		CHECK_EQ(hob_recv(s[0], buf, sizeof buf, MSG_PEEK, HOB_NEVER), 5);
		CHECK_EQ(hob_recv(s[0], buf, sizeof buf, 0, HOB_NEVER), 5);
		CHECK_EQ(memcmp(buf, "hello", 5), 0);
		CHECK_EQ(hob_recv(s[0], buf, 1, MSG_DONTWAIT, HOB_NEVER), -EINVAL);
		CHECK_EQ(hob_recv(s[0], buf, 1, MSG_WAITALL, HOB_NEVER), -EINVAL);
		CHECK_EQ(hob_send(s[0], buf, 1, MSG_DONTWAIT, HOB_NEVER), -EINVAL);
		CHECK_EQ(hob_send(s[1], "x", 1, 0, 0), 1);
		CHECK_EQ(hob_recv(s[0], (char *)8, 1, 0, HOB_NEVER), -EFAULT);
		CHECK_EQ(hob_recv(s[0], buf, 2, 0, HOB_NEVER), 1);
		CHECK_EQ(hob_send(s[0], (char *)8, 1, 0, HOB_NEVER), -EFAULT);
		close(s[1]);
		CHECK_EQ(hob_recv(s[0], buf, sizeof buf, 0, HOB_NEVER), 0);
		CHECK_EQ(hob_recv(s[0], buf, sizeof buf, 0, 0), 0);
		CHECK_EQ(hob_send(s[0], buf, 1, 0, HOB_NEVER),
			 -EPIPE); /* and no signal, whose handler is the default */
		CHECK_EQ(hob_sendto(s[0], buf, 1, 0, NULL, 0, HOB_NEVER), -EPIPE);
		close(s[0]);
		CHECK_EQ(hob_recv(s[0], buf, 1, 0, HOB_NEVER), -EBADF);
		CHECK_EQ(hob_send(-1, buf, 1, 0, HOB_NEVER), -EBADF);
		pipe_new(s, 0);
		CHECK_EQ(hob_recv(s[0], buf, 1, 0, HOB_NEVER), -ENOTSOCK);
		CHECK_EQ(hob_send(s[1], buf, 1, 0, HOB_NEVER), -ENOTSOCK);
		pipe_close(s);
	}
	return 0;
}

static int datagrams(void *arg)
{
	static char big[9000], got[10000];
	struct sockaddr_in addr[2], from;
	int fd[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		for (int n = 0; n < 2; n++) {
			socklen_t len = sizeof addr[n];

			addr[n] = own_address();
			fd[n] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | modes[i], 0);
			CHECK_EQ(bind(fd[n], (struct sockaddr *)&addr[n], len), 0);
			CHECK_EQ(getsockname(fd[n], (struct sockaddr *)&addr[n], &len), 0);
		}
		for (int n = 0; n < 3; n++) {
			socklen_t len = sizeof from;
			size_t size = n == 0 ? 0 : n == 1 ? 1 : sizeof big;

			memset(big, 'a' + n, sizeof big);
			CHECK_EQ(
				hob_sendto(fd[0], big, size, 0, (struct sockaddr *)&addr[1], sizeof addr[1], HOB_NEVER),
				size);
			CHECK_EQ(hob_recvfrom(fd[1], got, sizeof got, 0, (struct sockaddr *)&from, &len, HOB_NEVER),
				 size);
			CHECK_EQ(memcmp(big, got, size), 0);
			CHECK_EQ(len, sizeof from);
			CHECK_EQ(from.sin_port, addr[0].sin_port);
		}
		CHECK_EQ(hob_recvfrom(fd[1], got, sizeof got, 0, NULL, NULL, 0), -ETIMEDOUT);
		/* the calls for any descriptor do not cut a datagram either */
		CHECK_EQ(connect(fd[0], (struct sockaddr *)&addr[1], sizeof addr[1]), 0);
		CHECK_EQ(hob_write(fd[0], big, sizeof big, HOB_NEVER), sizeof big);
		CHECK_EQ(hob_read(fd[1], got, sizeof got, HOB_NEVER), sizeof big);
		CHECK_EQ(hob_writev(fd[0], (struct iovec[]){ { big, 4500 }, { big, 4500 } }, 2, HOB_NEVER), 9000);
		CHECK_EQ(hob_read(fd[1], got, sizeof got, HOB_NEVER), 9000);
		pipe_close(fd);
	}
	return 0;
}

static int descriptors_passed(void *arg)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} ctl = { 0 };
	char byte = 'd';
	struct iovec part = { &byte, 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &ctl, .msg_controllen = sizeof ctl };
	int s[2], p[2], got;

	(void)arg;
	sockets_new(SOCK_STREAM, s);
	pipe_new(p, 0);
	ctl.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
				     .cmsg_level = SOL_SOCKET,
				     .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(&ctl.head), &p[1], sizeof(int));
	CHECK_EQ(hob_sendmsg(s[0], &m, 0, HOB_NEVER), 1);
	memset(&ctl, 0, sizeof ctl);
	CHECK_EQ(hob_recvmsg(s[1], &m, 0, HOB_NEVER), 1);
	memcpy(&got, CMSG_DATA(&ctl.head), sizeof(int));
	CHECK(closes_on_exec(got));
	CHECK_EQ(hob_write(got, "x", 1, HOB_NEVER), 1);
	CHECK(readable(p[0]));
	close(got);
	pipe_close(s);
	pipe_close(p);
	return 0;
}

/* The queue of errors of a socket is waited for by itself, also where there is data to receive. */
static int errors_queued(void *arg)
{
	struct sockaddr_in own = own_address(), nobody = own_address();
	struct iovec part = { &(char){ 0 }, 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	socklen_t len = sizeof own;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)arg;
	CHECK_EQ(setsockopt(fd, IPPROTO_IP, IP_RECVERR, &(int){ 1 }, sizeof(int)), 0);
	CHECK_EQ(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)&own, &len), 0);
	CHECK_EQ(hob_sendto(fd, "x", 1, 0, (struct sockaddr *)&own, sizeof own, HOB_NEVER), 1);
	CHECK_EQ(hob_recv(fd, NULL, 0, MSG_ERRQUEUE, HOB_NEVER), -EINVAL);
	CHECK_EQ(hob_recvmsg(fd, &m, MSG_ERRQUEUE, hob_after(200 * HOB_US)), -ETIMEDOUT);
	nobody.sin_port = htons(1);
	CHECK_EQ(hob_sendto(fd, "y", 1, 0, (struct sockaddr *)&nobody, sizeof nobody, HOB_NEVER), 1);
	CHECK_EQ(hob_recvmsg(fd, &m, MSG_ERRQUEUE, HOB_NEVER), 1);
	CHECK_EQ(*(char *)part.iov_base, 'y'); /* what nobody received */
	CHECK(m.msg_flags & MSG_ERRQUEUE);
	close(fd);
	return 0;
}

/* Much through small buffers: sender and receiver wait for each other again and again. */

enum { BULK = SLOW_BUILD ? 1 << 20 : 4 << 20 };

static int pour(void *arg)
{
	char *all = sys_real.alloc(BULK);
	size_t done;
	int fd = *(int *)arg;

	CHECK(all);
	for (size_t i = 0; i < BULK; i++)
		all[i] = (char)(i % 251);
	CHECK_EQ(hob_send_all(fd, all, BULK, &done, HOB_NEVER), 0);
	CHECK_EQ(done, BULK);
	CHECK_EQ(shutdown(fd, SHUT_WR), 0);
	sys_real.free(all);
	return 0;
}

static int bulk(void *arg)
{
	struct dice dice = dice_of(1);
	static char buf[20000];
	int s[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		struct hob_scope *scope = scope_new();
		size_t at = 0;
		ssize_t n;

		sockets_new(SOCK_STREAM | modes[i], s);
		spawn(scope, pour, &s[0]);
		while ((n = hob_recv(s[1], buf, roll(&dice, sizeof buf) + 1, 0, HOB_NEVER))) {
			CHECK(n > 0);
			for (ssize_t k = 0; k < n; k++)
				if (buf[k] != (char)((at + (size_t)k) % 251))
					CHECK_EQ(buf[k], (char)((at + (size_t)k) % 251));
			at += (size_t)n;
		}
		CHECK_EQ(at, BULK);
		scope_join(scope);
		pipe_close(s);
	}
	return 0;
}

/* A send that waits for room, and is given up. */
struct attempt {
	int fd;
	bool sends;
	hob_time deadline;
	char buf[64];
	ssize_t answer;
};

static int attempt(void *arg)
{
	struct attempt *a = arg;

	a->answer = a->sends ? hob_send(a->fd, a->buf, sizeof a->buf, 0, a->deadline)
			     : hob_recv(a->fd, a->buf, sizeof a->buf, 0, a->deadline);
	memset(a->buf, 0x5a, sizeof a->buf); /* ours again */
	return 0;
}

static void fill(int fd)
{
	static char junk[4096];

	while (send(fd, junk, sizeof junk, MSG_DONTWAIT) > 0)
		;
	while (send(fd, junk, 1, MSG_DONTWAIT) > 0)
		;
}

static size_t drain(int fd)
{
	static char junk[4096];
	size_t at = 0;
	ssize_t n;

	while ((n = recv(fd, junk, sizeof junk, MSG_DONTWAIT)) > 0)
		at += (size_t)n;
	return at;
}

static int given_up(void *arg)
{
	int s[2];

	(void)arg;
	for (int i = 0; i < 64; i++) {
		struct attempt a = { .sends = i % 2, .deadline = i / 4 % 2 ? HOB_NEVER : hob_after(i * HOB_US) };
		struct hob_scope *scope = scope_new();
		size_t before = 0, after;

		sockets_new(SOCK_STREAM | modes[i / 2 % 2], s);
		a.fd = s[0];
		if (a.sends) {
			fill(s[0]);
			before = drain(s[1]);
			fill(s[0]);
		}
		spawn(scope, attempt, &a);
		for (int n = 0; n < i / 8; n++)
			hob_yield();
		if (i / 4 % 2)
			hob_scope_cancel(scope);
		scope_join(scope);
		CHECK(a.answer == (i / 4 % 2 ? -ECANCELED : -ETIMEDOUT));
		if (a.sends) {
			after = drain(s[1]);
			CHECK_EQ(after, before);
		} else {
			CHECK_EQ(send(s[1], "12", 2, 0), 2);
			CHECK_EQ(drain(s[0]), 2);
			for (size_t n = 0; n < sizeof a.buf; n++)
				CHECK_EQ(a.buf[n], 0x5a);
		}
		pipe_close(s);
	}
	return 0;
}

/* Data and cancellation race: either the answer has the data, or the socket. */
static int no_byte_is_lost(void *arg)
{
	int s[2];

	(void)arg;
	for (int i = 0; i < 200; i++) {
		struct attempt a = { .deadline = i % 7 ? HOB_NEVER : hob_after(i % 30 * HOB_US) };
		struct hob_scope *scope = scope_new();

		sockets_new(SOCK_STREAM | modes[i % 2], s);
		a.fd = s[0];
		spawn(scope, attempt, &a);
		for (int n = 0; n < i % 5; n++)
			hob_yield();
		CHECK_EQ(send(s[1], "1234", 4, 0), 4);
		for (int n = 0; n < i % 3; n++)
			hob_yield();
		hob_scope_cancel(scope);
		scope_join(scope);
		CHECK(a.answer == 4 || a.answer == -ECANCELED || a.answer == -ETIMEDOUT);
		CHECK_EQ(drain(s[0]), a.answer == 4 ? 0 : 4);
		pipe_close(s);
	}
	return 0;
}

/* Several tasks receive from one socket, in blocking mode too: each message goes to one of them. */

enum { MESSAGES = SLOW_BUILD ? 400 : 2000, RECEIVERS = 4 };

static struct {
	int fd;
	atomic_of(uint32_t) seen[MESSAGES];
	atomic_of(uint32_t) started;
} shared;

static int share(void *arg)
{
	bool reads = at_add(&shared.started, 1, RELAXED) % 2;
	uint32_t n;

	(void)arg;
	for (;;) {
		ssize_t got = reads ? hob_read(shared.fd, &n, sizeof n, HOB_NEVER)
				    : hob_recv(shared.fd, &n, sizeof n, 0, HOB_NEVER);

		CHECK_EQ(got, sizeof n);
		if (n == UINT32_MAX)
			return 0;
		CHECK_EQ(at_add(&shared.seen[n], 1, RELAXED), 0);
	}
}

static int several_receivers(void *arg)
{
	uint32_t end = UINT32_MAX;
	int s[2];

	(void)arg;
	for (int i = 0; i < 2; i++) {
		struct hob_scope *scope = scope_new();

		sockets_new(SOCK_SEQPACKET | modes[i], s);
		memset(&shared, 0, sizeof shared);
		shared.fd = s[0];
		for (int n = 0; n < RECEIVERS; n++)
			spawn(scope, share, NULL);
		for (uint32_t n = 0; n < MESSAGES; n++)
			CHECK_EQ(hob_send(s[1], &n, sizeof n, 0, HOB_NEVER), sizeof n);
		for (int n = 0; n < RECEIVERS; n++)
			CHECK_EQ(hob_write(s[1], &end, sizeof end, HOB_NEVER), sizeof end);
		scope_join(scope);
		for (int n = 0; n < MESSAGES; n++)
			CHECK_EQ(shared.seen[n], 1);
		pipe_close(s);
	}
	return 0;
}

/* A datagram to a peer whose queue is full, from a socket that polls as writable all the time. */

struct letter {
	int fd;
	struct sockaddr_storage to;
	socklen_t len;
	hob_time deadline;
	ssize_t answer;
};

static int post(void *arg)
{
	struct letter *l = arg;

	l->answer = hob_sendto(l->fd, "x", 1, 0, (struct sockaddr *)&l->to, l->len, l->deadline);
	return 0;
}

static int a_full_peer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 8; i++) {
		struct letter l = { .fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | modes[i % 2], 0),
				    .len = sizeof l.to,
				    .deadline = i / 2 == 0   ? 0
						: i / 2 == 1 ? hob_after(2 * HOB_MS)
							     : HOB_NEVER };
		int peer = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		struct hob_scope *s = scope_new();
		hob_time soon = hob_after(HOB_MS);
		char byte;

		CHECK_EQ(bind(peer, (struct sockaddr *)&(struct sockaddr){ AF_UNIX, "" }, sizeof(sa_family_t)), 0);
		CHECK_EQ(getsockname(peer, (struct sockaddr *)&l.to, &l.len), 0);
		while (sendto(l.fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&l.to, l.len) == 1)
			;
		spawn(s, post, &l);
		CHECK_EQ(hob_sleep(soon), 0);
		if (i / 2 == 2)
			hob_scope_cancel(s);
		if (i / 2 == 3)
			CHECK_EQ(recv(peer, &byte, 1, 0), 1);
		scope_join(s);
		CHECK_EQ(l.answer, i / 2 == 3 ? 1 : i / 2 == 2 ? -ECANCELED : -ETIMEDOUT);
		close(peer);
		close(l.fd);
	}
	return 0;
}

int main(void)
{
	test_start();
	EACH(streams);
	EACH(datagrams);
	EACH(descriptors_passed);
	EACH(errors_queued);
	EACH(bulk);
	EACH(given_up);
	EACH(no_byte_is_lost);
	EACH(several_receivers);
	EACH(a_full_peer);
	return test_done();
}
