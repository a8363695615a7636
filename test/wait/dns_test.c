/* hob_resolve: what needs no name server, and what a small one on the loopback answers or does not. */
#include "wait/dns.h"

#include "wait/name_server.h"

enum { MAX = 16 };

static struct name_servers servers(int timeout_ms, int tries)
{
	return (struct name_servers){ name_server.list, timeout_ms, tries };
}

/* How often the address is among those found. */
static int found(const struct hob_address *at, int n, const char *text)
{
	char got[INET6_ADDRSTRLEN];
	int times = 0;

	for (int i = 0; i < n; i++) {
		bool six = at[i].addr.ss_family == AF_INET6;

		CHECK_EQ(at[i].len, six ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
		inet_ntop(at[i].addr.ss_family,
			  six ? (const void *)&((const struct sockaddr_in6 *)&at[i].addr)->sin6_addr
			      : (const void *)&((const struct sockaddr_in *)&at[i].addr)->sin_addr,
			  got, sizeof got);
		times += strcmp(got, text) == 0;
	}
	return times;
}

static unsigned port(const struct hob_address *at)
{
	return ntohs(at->addr.ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)&at->addr)->sin6_port
						    : ((const struct sockaddr_in *)&at->addr)->sin_port);
}

static int without_a_server(void *arg)
{
	struct hob_address at[MAX];
	char long_name[600];
	int n;

	(void)arg;
	CHECK_EQ(hob_resolve("192.0.2.7", "80", at, MAX, 0), 1);
	CHECK_EQ(found(at, 1, "192.0.2.7"), 1);
	CHECK_EQ(port(at), 80);
	CHECK_EQ(hob_resolve("2001:db8::7", NULL, at, MAX, 0), 1);
	CHECK_EQ(found(at, 1, "2001:db8::7"), 1);
	CHECK_EQ(port(at), 0);
	CHECK_EQ(hob_resolve("::1", "0", at, 1, 0), 1);
	CHECK_EQ(hob_resolve("127.0.0.1", "0", NULL, 0, 0), 1);
	n = hob_resolve("localhost", "443", at, MAX, hob_after(HOB_SECOND));
	CHECK(n >= 1 && n <= 2);
	CHECK_EQ(found(at, n, "127.0.0.1") + found(at, n, "::1"), n);
	CHECK_EQ(port(at), 443);
	CHECK_EQ(hob_resolve("127.0.0.1", "no such service", at, MAX, HOB_NEVER), -EINVAL);
	CHECK_EQ(hob_resolve(NULL, "80", at, MAX, HOB_NEVER), -EINVAL);
	CHECK_EQ(hob_resolve("127.0.0.1", "65536", at, MAX, HOB_NEVER), -EINVAL);
	memset(long_name, 'x', sizeof long_name - 1);
	long_name[sizeof long_name - 1] = 0;
	n = hob_resolve(long_name, NULL, at, MAX, HOB_NEVER);
	CHECK(n == -EINVAL || n == -ENOENT);
	return 0;
}

static int answers(void *arg)
{
	struct name_servers s;
	struct hob_address at[MANY_ADDRESSES];
	int n;

	(void)arg;
	name_server_start();
	s = servers(2000, 2);
	CHECK_EQ(resolve_by(&s, "a.test", "8080", at, MAX, HOB_NEVER), 1);
	CHECK_EQ(found(at, 1, "192.0.2.1"), 1);
	CHECK_EQ(port(at), 8080);
	CHECK_EQ(resolve_by(&s, "b.test", "http", at, MAX, HOB_NEVER), 2);
	CHECK_EQ(found(at, 2, "192.0.2.1"), 1);
	CHECK_EQ(found(at, 2, "2001:db8::1"), 1);
	CHECK_EQ(port(&at[0]), 80);
	CHECK_EQ(port(&at[1]), 80);
	memset(at, 0x5a, sizeof at);
	CHECK_EQ(resolve_by(&s, "b.test", NULL, at, 1, HOB_NEVER), 2); /* more than there is room for */
	CHECK_EQ(found(at, 1, "192.0.2.1") + found(at, 1, "2001:db8::1"), 1);
	CHECK_EQ(at[1].len, 0x5a5a5a5a);
	n = resolve_by(&s, "l.test", NULL, at, MANY_ADDRESSES, HOB_NEVER); /* by TCP */
	CHECK_EQ(n, MANY_ADDRESSES);
	CHECK_EQ(found(at, n, "192.0.2.20"), 1);
	CHECK_EQ(resolve_by(&s, "n.test", NULL, at, MAX, HOB_NEVER), -ENOENT);
	CHECK_EQ(resolve_by(&s, "empty.test", NULL, at, MAX, HOB_NEVER), -ENOENT);
	n = resolve_by(&s, "f.test", NULL, at, MAX, HOB_NEVER); /* older c-ares does not tell the two apart */
	CHECK(n == -EREMOTEIO || n == -ECONNREFUSED);
	name_server_stop();
	return 0;
}

static int silence(void *arg)
{
	struct hob_address at[MAX];
	struct name_servers s;
	hob_time soon;
	int n;

	(void)arg;
	name_server_start();
	s = servers(50, 5);
	CHECK_EQ(resolve_by(&s, "s.test", NULL, at, MAX, HOB_NEVER), 1); /* the second try */
	CHECK(at_load(&name_server.asked, RELAXED) > 2);
	s = servers(5, 2);
	CHECK_EQ(resolve_by(&s, "m.test", NULL, at, MAX, HOB_NEVER), -ETIMEDOUT);
	s = servers(60000, 2);
	soon = hob_after(HOB_MS);
	CHECK_EQ(resolve_by(&s, "m.test", NULL, at, MAX, soon), -ETIMEDOUT);
	CHECK(hob_now() >= soon);
	CHECK_EQ(resolve_by(&s, "m.test", NULL, at, MAX, 0), -ETIMEDOUT);
	s.timeout_ms = 5;
	CHECK(resolve_by(&s, "x.test", NULL, at, MAX, HOB_NEVER) < 0);
	name_server_stop();
	s = (struct name_servers){ "127.0.0.1:1", 5,
				   1 }; /* nobody is there; c-ares sends two queries, and one hears of it */
	n = resolve_by(&s, "a.test", NULL, at, MAX, HOB_NEVER);
	CHECK(n == -ECONNREFUSED || n == -ETIMEDOUT);
	return 0;
}

static int ask_the_mute(void *arg)
{
	struct name_servers s = servers(60000, 2);
	struct hob_address at[MAX];

	(void)arg;
	CHECK_EQ(resolve_by(&s, "m.test", NULL, at, MAX, HOB_NEVER), -ECANCELED);
	return 0;
}

static int cancelled(void *arg)
{
	(void)arg;
	name_server_start();
	for (int i = 0; i < 20; i++) {
		struct hob_scope *s = scope_new();

		spawn(s, ask_the_mute, NULL);
		for (int n = 0; n < i; n++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
	}
	name_server_stop();
	return 0;
}

/* Many at once, on all workers. */

static int ask(void *arg)
{
	static const char *names[] = { "a.test", "b.test", "n.test", "l.test" };
	static const int counts[] = { 1, 2, -ENOENT, MANY_ADDRESSES };
	struct name_servers s = servers(5000, 3);
	struct hob_address at[MAX];
	unsigned i = (unsigned)(uintptr_t)arg % 4;

	CHECK_EQ(resolve_by(&s, names[i], "1", at, MAX, HOB_NEVER), counts[i]);
	return 0;
}

static int many(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	name_server_start();
	for (uintptr_t i = 0; i < 60; i++)
		spawn(s, ask, (void *)i);
	scope_join(s);
	name_server_stop();
	return 0;
}

int main(void)
{
	test_start();
	EACH(without_a_server);
	EACH(answers);
	EACH(silence);
	EACH(cancelled);
	EACH(many);
	return test_done();
}
