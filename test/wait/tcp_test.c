/* hob_tcp_listen, hob_tcp_connect and hob_unix_*: by name, and whichever address answers first. */
#include <netinet/tcp.h>
#include <sys/un.h>

#include "wait/sockets.h"
#include "wait/socket.h"

static void port_of(int fd, char *out, size_t size)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof addr;

	CHECK_EQ(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	snprintf(out, size, "%d",
		 ntohs(addr.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&addr)->sin6_port
						  : ((struct sockaddr_in *)&addr)->sin_port));
}

static bool no_delay(int fd)
{
	socklen_t len = sizeof(int);
	int on = 0;

	CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
	return on;
}

static void meet(int listener, int client)
{
	int fd = hob_accept(listener, NULL, NULL, 0, HOB_NEVER);
	char byte = 0;

	CHECK(fd >= 0 && client >= 0);
	CHECK(closes_on_exec(client));
	CHECK_EQ(fcntl(client, F_GETFL) & O_NONBLOCK, 0);
	CHECK_EQ(hob_send(client, "x", 1, 0, HOB_NEVER), 1);
	CHECK_EQ(hob_recv(fd, &byte, 1, 0, HOB_NEVER), 1);
	CHECK_EQ(byte, 'x');
	close(fd);
	close(client);
}

static int by_name(void *arg)
{
	static const char *hosts[] = { NULL, "127.0.0.1", "localhost", "::1" };
	char port[8];

	(void)arg;
	for (int i = 0; i < 4; i++) {
		int fd = hob_tcp_listen(hosts[i], "0", 0, HOB_NEVER), client;

		if (i == 3 && (fd == -EADDRNOTAVAIL || fd == -EAFNOSUPPORT))
			continue; /* no IPv6 here */
		CHECK(fd >= 0);
		CHECK(closes_on_exec(fd));
		CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
		port_of(fd, port, sizeof port);
		client = hob_tcp_connect(i == 3 ? "::1" : i == 1 ? "127.0.0.1" : "localhost", port, HOB_NEVER);
		CHECK(no_delay(client));
		meet(fd, client);
		if (i == 0)
			meet(fd, hob_tcp_connect("127.0.0.1", port, HOB_NEVER));
		close(fd);
	}
	return 0;
}

static int errors(void *arg)
{
	int fd = hob_tcp_listen("127.0.0.1", "0", 0, HOB_NEVER), shared, again, gone;
	struct sockaddr_in gone_addr;
	char port[8];

	(void)arg;
	port_of(fd, port, sizeof port);
	CHECK_EQ(hob_tcp_listen("127.0.0.1", port, 0, HOB_NEVER), -EADDRINUSE);
	CHECK_EQ(hob_tcp_listen("127.0.0.1", port, 2, HOB_NEVER), -EINVAL);
	CHECK_EQ(hob_tcp_listen("192.0.2.1", "0", 0, HOB_NEVER), -EADDRNOTAVAIL);
	CHECK_EQ(hob_tcp_listen(NULL, "no such service", 0, HOB_NEVER), -EINVAL);
	close(fd);
	gone = refusing_new(&gone_addr);
	port_of(gone, port, sizeof port);
	CHECK_EQ(hob_tcp_connect(inet_ntoa(gone_addr.sin_addr), port, HOB_NEVER), -ECONNREFUSED);
	close(gone);
	CHECK_EQ(hob_tcp_connect(NULL, port, HOB_NEVER), -EINVAL);
	shared = hob_tcp_listen("127.0.0.1", "0", HOB_LISTEN_SHARED, HOB_NEVER);
	port_of(shared, port, sizeof port);
	again = hob_tcp_listen("127.0.0.1", port, HOB_LISTEN_SHARED, HOB_NEVER);
	CHECK(shared >= 0 && again >= 0);
	close(shared);
	close(again);
	return 0;
}

/* The race. */

static struct hob_address address(const struct sockaddr_in *addr)
{
	struct hob_address at = { .len = sizeof *addr };

	memcpy(&at.addr, addr, sizeof *addr);
	return at;
}

struct runner {
	const struct hob_address *at;
	unsigned n;
	int answer;
};

static int run(void *arg)
{
	struct runner *r = arg;

	r->answer = tcp_race(r->at, r->n, HOB_SECOND, HOB_NEVER);
	return 0;
}

static int whichever_answers(void *arg)
{
	struct hob_address at[4];
	struct sockaddr_in good_addr, gone_addr;
	int good = listener_new(SOCK_NONBLOCK, &good_addr), fds;
	struct hob_address none = { .addr.ss_family = AF_UNIX, .len = 2 };
	int gone = refusing_new(&gone_addr);
	struct deaf deaf;
	hob_time soon;

	(void)arg;
	deaf_new(&deaf);
	fds = fds_open();
	/* a deaf one, and after it the good one */
	at[0] = address(&deaf.addr);
	at[1] = address(&good_addr);
	meet(good, tcp_race(at, 2, 100 * HOB_US, HOB_NEVER));
	/* those that fail are followed at once */
	at[0] = address(&gone_addr);
	at[1] = address(&deaf.addr);
	at[2] = address(&gone_addr);
	at[3] = address(&good_addr);
	CHECK_EQ(tcp_race(at, 2, HOB_NEVER / 4, hob_after(HOB_MS)), -ETIMEDOUT);
	meet(good, tcp_race(at, 4, 50 * HOB_US, HOB_NEVER));
	at[1] = address(&good_addr);
	meet(good, tcp_race(at, 2, HOB_NEVER / 4, HOB_NEVER));
	/* the first error is kept */
	at[1] = none;
	CHECK_EQ(tcp_race(at, 2, HOB_NEVER / 4, HOB_NEVER), -ECONNREFUSED);
	at[1] = at[0];
	at[0] = none;
	CHECK_EQ(tcp_race(at, 2, HOB_NEVER / 4, HOB_NEVER), -EOPNOTSUPP);
	/* deadlines */
	at[0] = address(&deaf.addr);
	at[1] = address(&deaf.addr);
	soon = hob_after(300 * HOB_US);
	CHECK_EQ(tcp_race(at, 2, 100 * HOB_US, soon), -ETIMEDOUT);
	CHECK(hob_now() >= soon);
	CHECK_EQ(tcp_race(at, 1, 100 * HOB_US, 0), -ETIMEDOUT);
	at[1] = address(&gone_addr); /* fails while the first still runs, and the deadline is not its error */
	CHECK_EQ(tcp_race(at, 2, 100 * HOB_US, hob_after(HOB_MS)), -ETIMEDOUT);
	CHECK_EQ(fds_open(), fds);
	deaf_close(&deaf);
	close(gone);
	close(good);
	return 0;
}

static int race_cancelled(void *arg)
{
	struct deaf deaf;

	(void)arg;
	deaf_new(&deaf);
	for (int i = 0; i < 10; i++) {
		struct hob_address at[2] = { address(&deaf.addr), address(&deaf.addr) };
		struct runner r = { at, 2, 1 };
		struct hob_scope *s = scope_new();

		spawn(s, run, &r);
		for (int n = 0; n < i; n++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		CHECK_EQ(r.answer, -ECANCELED);
	}
	deaf_close(&deaf);
	return 0;
}

static int unix_sockets(void *arg)
{
	char dir[] = "/tmp/hob-test-XXXXXX", path[200], name[60];
	int fd, fds[2];

	(void)arg;
	CHECK(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/socket", dir);
	CHECK_EQ(hob_unix_connect(path, HOB_NEVER), -ENOENT);
	fd = hob_unix_listen(path);
	CHECK(fd >= 0 && closes_on_exec(fd));
	CHECK_EQ(hob_unix_listen(path), -EADDRINUSE);
	meet(fd, hob_unix_connect(path, HOB_NEVER));
	close(fd);
	CHECK_EQ(hob_unix_connect(path, HOB_NEVER), -ECONNREFUSED);
	CHECK_EQ(unlink(path), 0);
	CHECK_EQ(rmdir(dir), 0);
	snprintf(name, sizeof name, "@hob-test-%d", (int)getpid());
	fd = hob_unix_listen(name);
	CHECK(fd >= 0);
	meet(fd, hob_unix_connect(name, HOB_NEVER));
	close(fd);
	memset(path, 'x', sizeof path - 1);
	path[108] = '\0';
	CHECK_EQ(hob_unix_listen(path), -ENAMETOOLONG);
	CHECK_EQ(hob_unix_connect("", HOB_NEVER), -EINVAL);
	CHECK_EQ(hob_unix_pair(fds), 0);
	CHECK(closes_on_exec(fds[0]) && closes_on_exec(fds[1]));
	CHECK_EQ(hob_send(fds[0], "x", 1, 0, HOB_NEVER), 1);
	CHECK(readable(fds[1]));
	pipe_close(fds);
	return 0;
}

int main(void)
{
	test_start();
	EACH(by_name);
	EACH(errors);
	EACH(whichever_answers);
	EACH(race_cancelled);
	EACH(unix_sockets);
	return test_done();
}
