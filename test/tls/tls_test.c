/* libhob-tls over socket pairs and with `openssl s_client`: what is accepted, refused, cut off, given up. */
#include <hob/tls.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "wait/each.h"

enum { BYTES = SLOW_BUILD ? 200000 : 3000000 };

static char dir[64];
static struct hob_tls *server, *client, *stranger; /* the last trusts the system's authorities only */

static void sh(const char *format)
{
	char command[1200];

	snprintf(command, sizeof command, format, dir, dir, dir, dir);
	CHECK_EQ(system(command), 0);
}

static const char *file(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

struct side {
	int fd, result;
	const char *host;
	struct hob_tls *tls;
	struct hob_tls_conn *conn;
	hob_time deadline;
};

static int serve(void *arg)
{
	struct side *s = arg;

	s->result = hob_tls_accept(s->tls, s->fd, &s->conn, s->deadline);
	return 0;
}

static int call(void *arg)
{
	struct side *s = arg;

	s->result = hob_tls_connect(s->tls, s->fd, s->host, &s->conn, s->deadline);
	return 0;
}

static void pair_new(struct side *a, struct side *b)
{
	int fds[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*a = (struct side){ .fd = fds[0], .tls = server, .deadline = HOB_NEVER };
	*b = (struct side){ .fd = fds[1], .tls = client, .deadline = HOB_NEVER, .host = "hob.test" };
}

static void shake(struct side *a, struct side *b)
{
	struct hob_scope *s = scope_new();

	spawn(s, serve, a);
	spawn(s, call, b);
	scope_join(s);
}

static void pair_close(struct side *a, struct side *b)
{
	close(a->fd);
	close(b->fd);
}

static int say_and_close(void *arg)
{
	struct side *s = arg;
	char got[10];

	CHECK_EQ(hob_tls_write(s->conn, "hello", 5, HOB_NEVER), 5);
	CHECK_EQ(hob_tls_read(s->conn, got, sizeof got, HOB_NEVER), 3);
	CHECK_EQ(hob_tls_read(s->conn, got, sizeof got, HOB_NEVER), 0); /* the peer said that this was all */
	CHECK_EQ(hob_tls_read(s->conn, got, sizeof got, HOB_NEVER), 0);
	CHECK_EQ(hob_tls_close(s->conn, HOB_NEVER), 0);
	return 0;
}

static int talk(void *arg)
{
	const char *hosts[] = { "hob.test", "www.hob.test", "127.0.0.1", "::1" };
	struct side a, b;
	char got[10];

	(void)arg;
	for (unsigned i = 0; i < 4; i++) {
		struct hob_scope *s = scope_new();

		pair_new(&a, &b);
		b.host = hosts[i];
		shake(&a, &b);
		CHECK_EQ(a.result, 0);
		CHECK_EQ(b.result, 0);
		CHECK_EQ(hob_tls_read(b.conn, got, sizeof got, 0), -ETIMEDOUT);
		CHECK_EQ(hob_tls_read(b.conn, got, sizeof got, hob_after(50 * HOB_US)), -ETIMEDOUT);
		spawn(s, say_and_close, &a);
		CHECK_EQ(hob_tls_read(b.conn, got, 2, HOB_NEVER), 2); /* a record in pieces */
		CHECK_EQ(hob_tls_read(b.conn, got + 2, 8, HOB_NEVER), 3);
		CHECK_EQ(memcmp(got, "hello", 5), 0);
		CHECK_EQ(hob_tls_write(b.conn, "bye", 3, HOB_NEVER), 3);
		CHECK_EQ(hob_tls_close(b.conn, HOB_NEVER), 0);
		scope_join(s);
		pair_close(&a, &b);
	}
	CHECK_EQ(hob_tls_close(NULL, 0), 0);
	return 0;
}

static int refusals(void *arg)
{
	const char *hosts[] = { "hob.tset", "test", "a.b.hob.test", "127.0.0.2" };
	struct side a, b;

	(void)arg;
	for (unsigned i = 0; i < 5; i++) {
		pair_new(&a, &b);
		if (i < 4)
			b.host = hosts[i];
		else
			b.tls = stranger;
		shake(&a, &b);
		CHECK_EQ(b.result, -EKEYREJECTED);
		if (a.result == 0) /* in TLS 1.3 the server learns of it only after its part is done */
			hob_tls_close(a.conn, 0);
		else
			CHECK_EQ(a.result, -EPROTO);
		pair_close(&a, &b);
	}
	pair_new(&a, &b);
	b.host = "";
	CHECK_EQ(call(&b), 0);
	CHECK_EQ(b.result, -EINVAL);
	pair_close(&a, &b);
	return 0;
}

/* A peer that goes away, or speaks something else, in the middle of the handshake. */
static int rude_peers(void *arg)
{
	const char *words[] = { "", "GET / HTTP/1.1\r\n\r\n", "\026\003\001\002", "\025\003\003\000\002\002\050" };
	struct side a, b;

	(void)arg;
	for (unsigned i = 0; i < 8; i++) {
		size_t len = i / 2 < 2 ? strlen(words[i / 2]) : i / 2 == 2 ? 4 : 7;

		pair_new(&a, &b);
		CHECK_EQ(write(b.fd, words[i / 2], len), (ssize_t)len);
		CHECK_EQ(shutdown(b.fd, SHUT_WR), 0);
		if (i % 2) {
			a.tls = client;
			a.host = "hob.test";
			call(&a);
		} else {
			serve(&a);
		}
		CHECK_EQ(a.result, -EPROTO);
		pair_close(&a, &b);
	}
	return 0;
}

static int given_up(void *arg)
{
	struct side a, b;

	(void)arg;
	for (int i = 0; i < 10; i++) {
		struct hob_scope *s = scope_new();

		pair_new(&a, &b);
		a.deadline = i == 0 ? 0 : hob_after(100 * HOB_US);
		if (i % 2)
			a.deadline = HOB_NEVER;
		spawn(s, serve, &a);
		for (int n = 0; n < i; n++)
			hob_yield();
		if (i % 2)
			hob_scope_cancel(s);
		scope_join(s);
		CHECK_EQ(a.result, i % 2 ? -ECANCELED : -ETIMEDOUT);
		pair_close(&a, &b);
	}
	return 0;
}

/* The end without a word is told apart from the end with one. */
static int cut_off(void *arg)
{
	struct side a, b;
	char got[10];

	(void)arg;
	pair_new(&a, &b);
	shake(&a, &b);
	CHECK_EQ(hob_tls_write(a.conn, "half", 4, HOB_NEVER), 4);
	CHECK_EQ(shutdown(a.fd, SHUT_WR), 0);
	CHECK_EQ(hob_tls_read(b.conn, got, sizeof got, HOB_NEVER), 4);
	CHECK_EQ(hob_tls_read(b.conn, got, sizeof got, HOB_NEVER), -EPROTO);
	CHECK_EQ(hob_tls_read(b.conn, got, sizeof got, HOB_NEVER), -EPROTO);
	CHECK_EQ(hob_tls_write(b.conn, "on", 2, HOB_NEVER), 2); /* the other way is open */
	CHECK_EQ(hob_tls_close(a.conn, HOB_NEVER), -EPIPE);
	close(a.fd);
	CHECK_EQ(hob_tls_write(b.conn, "on", 2, HOB_NEVER), -EPIPE);
	CHECK_EQ(hob_tls_write(b.conn, "on", 2, HOB_NEVER), -EPIPE);
	CHECK_EQ(hob_tls_close(b.conn, HOB_NEVER), -EPIPE);
	close(b.fd);
	return 0;
}

/* Many bytes both ways at once, a reader and a writer at each end, with waits that are given up all the time. */

static char byte_at(size_t i)
{
	return (char)(i * 31 >> 3);
}

static int send_all(void *arg)
{
	struct side *s = arg;
	struct dice dice = dice_of((uint64_t)s->fd);
	char bytes[20000];
	ssize_t n;

	for (size_t sent = 0; sent<BYTES; sent += n> 0 ? (size_t)n : 0) {
		size_t len = 1 + roll(&dice, sizeof bytes);

		len = len < BYTES - sent ? len : BYTES - sent;
		for (size_t i = 0; i < len; i++)
			bytes[i] = byte_at(sent + i);
		n = hob_tls_write(s->conn, bytes, len, roll(&dice, 2) ? HOB_NEVER : hob_after(20 * HOB_US));
		CHECK(n > 0 || n == -ETIMEDOUT);
	}
	while ((n = hob_tls_write(s->conn, "!", 1, hob_after(HOB_SECOND))) < 0)
		CHECK_EQ(n, -ETIMEDOUT);
	return 0;
}

static int receive_all(void *arg)
{
	struct side *s = arg;
	struct dice dice = dice_of((uint64_t)s->fd + 1000);
	char bytes[20000];
	ssize_t n;

	for (size_t got = 0; got<BYTES + 1; got += n> 0 ? (size_t)n : 0) {
		n = hob_tls_read(s->conn, bytes, 1 + roll(&dice, sizeof bytes),
				 roll(&dice, 2) ? HOB_NEVER : hob_after(20 * HOB_US));
		CHECK(n > 0 || n == -ETIMEDOUT);
		for (ssize_t i = 0; i < n; i++)
			CHECK_EQ(bytes[i], got + (size_t)i == BYTES ? '!' : byte_at(got + (size_t)i));
	}
	return 0;
}

static int both_ways(void *arg)
{
	struct hob_scope *s = scope_new();
	struct side a, b;

	(void)arg;
	pair_new(&a, &b);
	shake(&a, &b);
	spawn(s, send_all, &a);
	spawn(s, send_all, &b);
	spawn(s, receive_all, &a);
	spawn(s, receive_all, &b);
	scope_join(s);
	CHECK_EQ(hob_tls_close(a.conn, HOB_NEVER), 0);
	CHECK_EQ(hob_tls_close(b.conn, HOB_NEVER), 0);
	pair_close(&a, &b);
	return 0;
}

static int in_cancelled(void *arg)
{
	struct side *s = arg;
	char got[4];

	while (hob_sleep(HOB_NEVER) != -ECANCELED)
		;
	CHECK_EQ(hob_tls_read(s->conn, got, sizeof got, HOB_NEVER), -ECANCELED); /* though there is something */
	CHECK_EQ(hob_tls_write(s->conn, "no", 2, HOB_NEVER), -ECANCELED);
	return 0;
}

static int cancelled(void *arg)
{
	struct hob_scope *s = scope_new();
	struct side a, b;
	char got[4];

	(void)arg;
	pair_new(&a, &b);
	shake(&a, &b);
	CHECK_EQ(hob_tls_write(b.conn, "kept", 4, HOB_NEVER), 4);
	spawn(s, in_cancelled, &a);
	hob_scope_cancel(s);
	scope_join(s);
	CHECK_EQ(hob_tls_read(a.conn, got, sizeof got, HOB_NEVER), 4);
	CHECK_EQ(hob_tls_close(b.conn, HOB_NEVER), 0);
	CHECK_EQ(hob_tls_read(a.conn, got, sizeof got, HOB_NEVER), 0); /* "no" was never sent, nor anything else */
	CHECK_EQ(hob_tls_close(a.conn, HOB_NEVER), 0);
	pair_close(&a, &b);
	return 0;
}

/* A real client. It sends what we write to it, and ends when it has the answer. */
static int real_client(void *arg)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	char command[400], got[100] = "";
	socklen_t len = sizeof addr;
	struct side s = { .tls = server, .deadline = HOB_NEVER };
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ssize_t n;
	FILE *p;

	(void)arg;
	CHECK_EQ(bind(listener, (struct sockaddr *)&addr, sizeof addr), 0);
	CHECK_EQ(listen(listener, 1), 0);
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&addr, &len), 0);
	snprintf(command, sizeof command,
		 "echo question | openssl s_client -quiet -verify_return_error -verify_hostname hob.test "
		 "-CAfile %s/cert.pem -connect 127.0.0.1:%d 2>/dev/null",
		 dir, ntohs(addr.sin_port));
	p = popen(command, "re");
	CHECK(p);
	CHECK(hob_poll(listener, POLLIN, HOB_NEVER) > 0);
	s.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	CHECK(s.fd >= 0);
	serve(&s);
	CHECK_EQ(s.result, 0);
	CHECK_EQ(hob_tls_read(s.conn, got, sizeof got, HOB_NEVER), 9);
	CHECK_EQ(strcmp(got, "question\n"), 0);
	CHECK_EQ(hob_tls_write(s.conn, "answer", 6, HOB_NEVER), 6);
	CHECK_EQ(hob_tls_close(s.conn, HOB_NEVER), 0);
	CHECK_EQ(close(s.fd), 0);
	CHECK_EQ(hob_poll(fileno(p), POLLIN, HOB_NEVER) & POLLIN, POLLIN);
	n = (ssize_t)fread(got, 1, sizeof got, p);
	CHECK_EQ(n, 6);
	CHECK_EQ(memcmp(got, "answer", 6), 0);
	pclose(p);
	close(listener);
	return 0;
}

static void bad_files(void)
{
	struct hob_tls *t;
	char other[128];

	CHECK_EQ(hob_tls_server_create(&t, "/nothing", "/nothing"), -EKEYREJECTED);
	snprintf(other, sizeof other, "%s", file("other.pem"));
	CHECK_EQ(hob_tls_server_create(&t, file("cert.pem"), other), -EKEYREJECTED); /* another's key */
	CHECK_EQ(hob_tls_client_create(&t, "/nothing"), -EKEYREJECTED);
	hob_tls_destroy(NULL);
}

static void outside(void)
{
	struct hob_tls_conn *c;

	CHECK_EQ(hob_tls_accept(server, 0, &c, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_tls_connect(client, 0, "hob.test", &c, HOB_NEVER), -EPERM);
}

int main(void)
{
	char key[128];
	const char *tmp = getenv("TMPDIR");

	test_start();
	snprintf(dir, sizeof dir, "%.40s/hob-tls-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(dir));
	sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hob "
	   "-addext 'subjectAltName=DNS:hob.test,DNS:*.hob.test,IP:127.0.0.1,IP:::1' "
	   "-keyout %s/key.pem -out %s/cert.pem 2>%s/log");
	sh("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out %s/other.pem 2>%s/log");
	snprintf(key, sizeof key, "%s", file("key.pem"));
	CHECK_EQ(hob_tls_server_create(&server, file("cert.pem"), key), 0);
	CHECK_EQ(hob_tls_client_create(&client, file("cert.pem")), 0);
	CHECK_EQ(hob_tls_client_create(&stranger, NULL), 0);
	TEST(bad_files);
	TEST(outside);
	EACH(talk);
	EACH(refusals);
	EACH(rude_peers);
	EACH(given_up);
	EACH(cut_off);
	EACH(both_ways);
	EACH(cancelled);
	EACH(real_client);
	hob_tls_destroy(server);
	hob_tls_destroy(client);
	hob_tls_destroy(stranger);
	sh("rm -r %s");
	return test_done();
}
