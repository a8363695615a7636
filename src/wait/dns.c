/* Name resolution: c-ares speaks the protocol and reads /etc/hosts and /etc/resolv.conf, the task waits for its
 * sockets and alarms. One channel a call: so there is no lock, a call that is given up takes its queries with it, and
 * the files are as they are today. Numeric addresses are read without it. */
#include "wait/dns.h"

#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "wait/backend.h"

#define NS_PER_US 1000

struct query {
	bool done;
	int status;
	struct ares_addrinfo *found;
};

static void answered(void *arg, int status, int timeouts, struct ares_addrinfo *found)
{
	(void)timeouts;
	*(struct query *)arg = (struct query){ true, status, found };
}

static int error_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return 0;
	case ARES_ENOTFOUND:
	case ARES_ENODATA:
		return -ENOENT;
	case ARES_ETIMEOUT:
		return -ETIMEDOUT;
	case ARES_ECONNREFUSED:
		return -ECONNREFUSED;
	case ARES_EBADNAME:
	case ARES_EBADFAMILY:
	case ARES_EBADSTR:
		return -EINVAL;
	case ARES_EBADRESP:
		return -EBADMSG;
	case ARES_ENOMEM:
		return -ENOMEM;
	default:
		return -EREMOTEIO;
	}
}

static unsigned sockets_of(ares_channel channel, struct pollfd *fds)
{
	ares_socket_t socks[ARES_GETSOCK_MAXNUM];
	unsigned bits = (unsigned)ares_getsock(channel, socks, ARES_GETSOCK_MAXNUM), n = 0;

	for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = bits >> i & 1 ? POLLIN : 0; /* the macros for it shift an int by 31 */

		if (bits >> (i + ARES_GETSOCK_MAXNUM) & 1)
			events |= POLLOUT;
		if (events)
			fds[n++] = (struct pollfd){ .fd = socks[i], .events = events };
	}
	return n;
}

/* When c-ares wants to try again. */
static hob_time alarm_of(ares_channel channel)
{
	struct timeval left;

	if (!ares_timeout(channel, NULL, &left))
		return HOB_NEVER;
	return sys.now() + left.tv_sec * HOB_SECOND + left.tv_usec * NS_PER_US;
}

static int drive(ares_channel channel, const struct query *q, hob_time deadline)
{
	while (!q->done) {
		struct pollfd fds[ARES_GETSOCK_MAXNUM];
		unsigned n = sockets_of(channel, fds);
		hob_time alarm = alarm_of(channel);
		int r = poll_many(fds, n, alarm < deadline ? alarm : deadline, WHY_DNS, NULL);

		if (r < 0 && (r != -ETIMEDOUT || deadline <= sys.now()))
			return r;
		if (r < 0)
			ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* the alarm */
		for (unsigned i = 0; r > 0 && i < n; i++) {
			bool in = fds[i].revents & ~POLLOUT, out = fds[i].revents & ~POLLIN;

			if (fds[i].revents)
				ares_process_fd(channel, in ? fds[i].fd : ARES_SOCKET_BAD,
						out ? fds[i].fd : ARES_SOCKET_BAD);
		}
	}
	return error_of(q->status);
}

static int channel_new(const struct name_servers *servers, ares_channel *out)
{
	struct ares_options options = { .timeout = servers->timeout_ms, .tries = servers->tries };
	int mask = (servers->timeout_ms ? ARES_OPT_TIMEOUTMS : 0) | (servers->tries ? ARES_OPT_TRIES : 0);
	int err = error_of(ares_init_options(out, &options, mask));

	if (err || !servers->list)
		return err;
	err = error_of(ares_set_servers_ports_csv(*out, servers->list));
	if (err)
		ares_destroy(*out);
	return err;
}

static void keep(struct hob_address *out, const struct sockaddr *addr, socklen_t len, in_port_t port)
{
	*out = (struct hob_address){ .len = len };
	memcpy(&out->addr, addr, len);
	if (addr->sa_family == AF_INET6)
		((struct sockaddr_in6 *)&out->addr)->sin6_port = port;
	else
		((struct sockaddr_in *)&out->addr)->sin_port = port;
}

static int look_up(const struct name_servers *servers, const char *host, in_port_t port, struct hob_address *out,
		   unsigned max, hob_time deadline)
{
	const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct query q = { .done = false };
	ares_channel channel;
	int err = channel_new(servers, &channel), n = 0;

	if (err)
		return err;
	ares_getaddrinfo(channel, host, NULL, &hints, answered, &q);
	err = drive(channel, &q, deadline);
	ares_destroy(channel); /* what is still under way is answered, with an error */
	if (!err)
		for (struct ares_addrinfo_node *at = q.found->nodes; at; at = at->ai_next)
			if ((unsigned)n++ < max)
				keep(&out[n - 1], at->ai_addr, at->ai_addrlen, port);
	if (q.found)
		ares_freeaddrinfo(q.found);
	return err ? err : n ? n : -ENOENT;
}

/* The port, in network order. A service is looked up in /etc/services at most. */
static int port_of(const char *service, in_port_t *out)
{
	const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	char *end;
	unsigned long number = service ? strtoul(service, &end, 10) : 0;
	struct addrinfo *found;
	int err;

	*out = htons((in_port_t)number);
	if (!service || (*service && !*end)) /* libc's reader of services takes 65536 for 0 */
		return number > UINT16_MAX ? -EINVAL : 0;
	err = sys.getaddrinfo(NULL, service, &hints, &found);
	if (err)
		return err == -ENOENT ? -EINVAL : err;
	*out = ((struct sockaddr_in *)found->ai_addr)->sin_port;
	sys.freeaddrinfo(found);
	return 0;
}

int resolve_by(const struct name_servers *servers, const char *host, const char *service, struct hob_address *out,
	       unsigned max, hob_time deadline)
{
	const struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	in_port_t port;
	int err;

	if (!task_self())
		return -EPERM;
	if (task_cancelled(task_self()))
		return -ECANCELED;
	err = port_of(service, &port);
	if (err)
		return err;
	err = sys.getaddrinfo(host, NULL, &numeric, &found);
	if (err == -ENOENT)
		return look_up(servers, host, port, out, max, deadline);
	if (err)
		return err;
	if (max)
		keep(out, found->ai_addr, found->ai_addrlen, port);
	sys.freeaddrinfo(found);
	return 1;
}

int hob_resolve(const char *host, const char *service, struct hob_address *out, unsigned max, hob_time deadline)
{
	return host ? resolve_by(&(struct name_servers){ 0 }, host, service, out, max, deadline) : -EINVAL;
}
