/* TCP by names: to listen, and to connect to whichever address of a host answers first. */
#include <errno.h>
#include <fcntl.h>
#include <hob/net.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>

#include "base/check.h"
#include "base/sys.h"
#include "wait/backend.h"
#include "wait/socket.h"

static int set(int fd, int level, int name, int value)
{
	return sys.setsockopt(fd, level, name, &value, sizeof value);
}

/* Listening */

static int listen_at(const struct hob_address *at, int flags)
{
	int family = at->addr.ss_family, fd = sys.socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return fd;
	err = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!err)
		err = set(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* which connections inherit */
	if (!err && flags & HOB_LISTEN_SHARED)
		err = set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!err && family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&((struct sockaddr_in6 *)&at->addr)->sin6_addr))
		err = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	if (!err)
		err = sys.bind(fd, (const struct sockaddr *)&at->addr, at->len);
	if (!err)
		err = sys.listen(fd, SOMAXCONN);
	if (!err)
		return fd;
	sys.close(fd);
	return err;
}

int hob_tcp_listen(const char *host, const char *service, int flags, hob_time deadline)
{
	struct hob_address at[TCP_ADDRESSES];
	int n, fd, err = 0;

	if (flags & ~HOB_LISTEN_SHARED)
		return -EINVAL;
	n = hob_resolve(host ? host : "::", service, at, TCP_ADDRESSES, deadline);
	if (n < 0)
		return n;
	for (int i = 0; i < n && i < TCP_ADDRESSES; i++) {
		fd = listen_at(&at[i], flags);
		if (fd >= 0)
			return fd;
		err = err ? err : fd;
	}
	if (!host && (err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL)) /* a machine without IPv6 */
		return hob_tcp_listen("0.0.0.0", service, flags, deadline);
	return err;
}

/* Connecting */

/* RFC 8305: the families by turns, the sixth version first, each family in the order it came. */
static void interleave(struct hob_address *at, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int wanted = i % 2 ? AF_INET : AF_INET6;
		unsigned next = i;
		struct hob_address tmp;

		while (next < n && at[next].addr.ss_family != wanted)
			next++;
		if (next == n)
			return; /* the rest is of one family */
		tmp = at[next];
		memmove(&at[i + 1], &at[i], (next - i) * sizeof *at);
		at[i] = tmp;
	}
}

struct race {
	unsigned begun, running;
	struct pollfd runners[TCP_ADDRESSES];
	hob_time next; /* when another may begin though none has ended */
	int won;       /* the connected socket, or -1 */
	int err;       /* the first that one ended with */
};

static void ended(struct race *r, int fd, int err)
{
	if (err == 0 && r->won < 0) {
		r->won = fd;
		return;
	}
	sys.close(fd);
	r->err = r->err ? r->err : err;
	r->next = 0;
}

static void begin(struct race *r, const struct hob_address *at, hob_time stagger)
{
	int fd = sys.socket(at->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0), err;

	r->begun++;
	r->next = sys.now() + stagger;
	if (fd < 0) {
		r->err = r->err ? r->err : fd;
		r->next = 0;
		return;
	}
	err = set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	if (!err)
		err = sys.connect(fd, (const struct sockaddr *)&at->addr, at->len);
	if (err == -EINPROGRESS || err == -EINTR)
		r->runners[r->running++] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	else
		ended(r, fd, err);
}

static void look(struct race *r)
{
	unsigned left = 0;

	for (unsigned i = 0; i < r->running; i++) {
		struct pollfd runner = r->runners[i];

		if (runner.revents)
			ended(r, runner.fd, socket_error(runner.fd));
		else
			r->runners[left++] = runner;
	}
	r->running = left;
}

int tcp_race(const struct hob_address *at, unsigned n, hob_time stagger, hob_time deadline)
{
	struct race r = { .won = -1 };
	int err = 0, fl;

	while (r.won < 0 && (r.begun < n || r.running)) {
		bool more = r.begun < n;
		hob_time until = more && r.next < deadline ? r.next : deadline;

		if (more && (!r.running || r.next <= sys.now())) {
			begin(&r, &at[r.begun], stagger);
			continue;
		}
		err = poll_many(r.runners, r.running, until, WHY_CONNECT, NULL);
		if (err > 0)
			look(&r);
		else if (err != -ETIMEDOUT || until == deadline)
			break;
		err = 0;
	}
	for (unsigned i = 0; i < r.running; i++)
		sys.close(r.runners[i].fd);
	if (r.won < 0)
		return err < 0 ? err : r.err;
	fl = sys.getfl(r.won);
	err = fl < 0 ? fl : sys.setfl(r.won, fl & ~O_NONBLOCK);
	if (!err)
		return r.won;
	sys.close(r.won);
	return err;
}

#define STAGGER (250 * HOB_MS)

int hob_tcp_connect(const char *host, const char *service, hob_time deadline)
{
	struct hob_address at[TCP_ADDRESSES];
	int n = hob_resolve(host, service, at, TCP_ADDRESSES, deadline);

	if (n < 0)
		return n;
	n = n < TCP_ADDRESSES ? n : TCP_ADDRESSES;
	interleave(at, (unsigned)n);
	return tcp_race(at, (unsigned)n, STAGGER, deadline);
}
