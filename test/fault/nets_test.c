/* Faults under sockets and names: what one side has said to be sent arrives once, or is still to be had. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>

#include "fault/inject.h"
#include "wait/dns.h"

/* What is left in the socket is taken past the faults. */
static size_t rest_of(int fd)
{
	char buf[64];
	ssize_t n;
	size_t all = 0;

	while ((n = recv(fd, buf, sizeof buf, MSG_DONTWAIT)) > 0)
		all += (size_t)n;
	return all;
}

static void exchange(int a, int b)
{
	struct iovec parts[2] = { { (char[2]){ 'v', 'w' }, 2 }, { (char[1]){ 'x' }, 1 } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	struct pollfd fds[2] = { { a, POLLIN, 0 }, { b, POLLIN, 0 } };
	size_t sent = 0, got = 0;
	char buf[16];
	ssize_t n;

	if (done(n = hob_send(a, "hello", 5, 0, HOB_NEVER))) {
		sent += (size_t)n;
		if (done(hob_poll(b, POLLIN, HOB_NEVER)) && done(hob_poll_many(fds, 2, HOB_NEVER)) &&
		    done(n = hob_recv(b, buf, sizeof buf, 0, HOB_NEVER)))
			got += (size_t)n;
	}
	if (done(n = hob_sendmsg(a, &msg, 0, HOB_NEVER))) {
		sent += (size_t)n;
		if (done(n = hob_recvmsg(b, &msg, 0, HOB_NEVER)))
			got += (size_t)n;
	}
	if (done(n = hob_writev(a, parts, 2, HOB_NEVER))) {
		sent += (size_t)n;
		if (done(n = hob_readv(b, parts, 2, HOB_NEVER)))
			got += (size_t)n;
	}
	CHECK_EQ(got + rest_of(b), sent);
	CHECK_EQ(rest_of(a), 0);
}

static int by_tcp(void *arg)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof addr;
	int listener, client, fd;
	char port[8];

	(void)arg;
	listener = hob_tcp_listen("127.0.0.1", "0", HOB_LISTEN_SHARED, HOB_NEVER);
	if (!done(listener))
		return 0;
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	snprintf(port, sizeof port, "%d", ntohs(addr.sin_port));
	client = hob_tcp_connect("127.0.0.1", port, HOB_NEVER);
	if (done(client)) {
		fd = hob_accept(listener, NULL, NULL, 0, HOB_NEVER);
		if (done(fd)) {
			exchange(client, fd);
			close(fd);
		}
		close(client);
	}
	close(listener);
	return 0;
}

static int by_unix(void *arg)
{
	int listener, client, fd, pair[2];
	char name[40];

	(void)arg;
	snprintf(name, sizeof name, "@hob-faults-%d", (int)getpid());
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
	return 0;
}

static int datagrams(void *arg)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof addr;
	char buf[8];
	ssize_t n;

	(void)arg;
	CHECK(bind(fd, (struct sockaddr *)&addr, len) == 0 && getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
	if (done(hob_sendto(fd, "hello", 5, 0, (struct sockaddr *)&addr, len, HOB_NEVER))) {
		n = hob_recvfrom(fd, buf, sizeof buf, 0, (struct sockaddr *)&addr, &len, HOB_NEVER);
		CHECK(done(n) ? n == 5 : rest_of(fd) == 5);
	}
	CHECK_EQ(rest_of(fd), 0);
	close(fd);
	return 0;
}

/* A name server that is no part of the runtime: one address for every question. ------------------------------------ */

static char servers[40];
static int server;

static void *serve(void *arg)
{
	static const unsigned char address[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1 };
	unsigned char m[600];
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	ssize_t n;

	while ((n = recvfrom(server, m, 512, 0, (struct sockaddr *)&from, &len)) > 12) {
		size_t end = 12;

		while (m[end])
			end += m[end] + 1u;
		m[2] |= 0x80; /* an answer */
		m[3] = 0x80;
		m[7] = m[end + 2] == 1;
		memset(m + 8, 0, 4);
		memcpy(m + end + 5, address, sizeof address);
		(void)!sendto(server, m, end + 5 + (m[7] ? sizeof address : 0), 0, (struct sockaddr *)&from, len);
	}
	return arg;
}

static void start_server(pthread_t *t)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof addr;

	server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK(bind(server, (struct sockaddr *)&addr, len) == 0);
	CHECK(getsockname(server, (struct sockaddr *)&addr, &len) == 0);
	snprintf(servers, sizeof servers, "127.0.0.1:%d", ntohs(addr.sin_port));
	CHECK_EQ(pthread_create(t, NULL, serve, NULL), 0);
}

static int resolves(void *arg)
{
	struct hob_address found[4];
	struct name_servers by = { .list = servers, .timeout_ms = 20 };
	int n = resolve_by(&by, "host.test", "80", found, 4, hob_after(HOB_SECOND));

	(void)arg;
	CHECK(done(n) ? n == 1 : true);
	n = hob_resolve("127.0.0.1", NULL, found, 4, HOB_NEVER);
	CHECK(done(n) ? n == 1 : true);
	return 0;
}

int main(void)
{
	struct hob_options plain = { 0 };
	pthread_t t;

	faults_start();
	fault_tasks("TCP", by_tcp, plain, 3, 100);
	fault_tasks("Unix sockets", by_unix, plain, 3, 100);
	fault_tasks("datagrams", datagrams, plain, 3, 50);
	start_server(&t);
	fault_tasks("names", resolves, plain, 2, 0);
	shutdown(server, SHUT_RDWR);
	CHECK_EQ(pthread_join(t, NULL), 0);
	return faults_done();
}
