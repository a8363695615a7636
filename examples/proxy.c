/* proxy: TCP connections handed on to another address, two tasks a connection.
 * SPDX-License-Identifier: MIT
 *
 * It shows one task for each direction of a connection, in a scope that an error of either cancels. A half-close is
 * handed on as a half-close and a reset as a reset; who sends faster than the other side takes is held up by that side,
 * since nothing more is read until the last bytes are written.
 *
 *     proxy ADDRESS PORT UPSTREAM UPSTREAM-PORT
 *
 * Port 0 lets the kernel choose; the first line on stdout says which.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "serve.h"

static const char *upstream, *upstream_port;

struct direction {
	int from, to;
	atomic_bool ended;             /* `to` has been told so */
	const struct direction *other; /* the way back */
};

/* The kernel tells of a reset once. Where the other direction heard of it, in a send, an end is read here; but a
 * connection that has only ended can still be written to, until the other direction ends it. */
static bool was_reset(const struct direction *d)
{
	int events = hob_poll(d->from, 0, 0);

	return events > 0 && events & POLLHUP && !d->other->ended;
}

/* Moves bytes until `from` has ended and both sides know. Then it stays to see whether `from` is reset, which would go
 * unnoticed while the other direction has nothing to write to it; POLLHUP comes when that direction has ended too. */
static int pump(void *arg)
{
	struct direction *d = arg;
	char buf[16384];
	ssize_t n;
	int err;

	while ((n = hob_recv(d->from, buf, sizeof buf, 0, HOB_NEVER)) > 0) {
		err = hob_send_all(d->to, buf, (size_t)n, NULL, HOB_NEVER);
		if (err)
			return err;
	}
	if (n < 0)
		return (int)n;
	if (was_reset(d))
		return -ECONNRESET;
	d->ended = true;
	shutdown(d->to, SHUT_WR);
	err = hob_poll(d->from, 0, HOB_NEVER);
	if (err < 0)
		return err;
	return err & POLLERR ? -ECONNRESET : 0;
}

/* Both directions: 0 once each has ended, or the first error. */
static int join(int client, int server)
{
	static const struct hob_scope_options first_error_ends = { .cancel_on_error = 1 };
	struct direction there = { .from = client, .to = server }, back = { .from = server, .to = client };
	struct hob_scope *s;
	int err = hob_scope_create_with(&s, &first_error_ends);

	there.other = &back;
	back.other = &there;
	if (err)
		return err;
	err = hob_spawn(s, pump, &there);
	if (!err)
		err = hob_spawn(s, pump, &back);
	if (!err)
		err = hob_scope_wait(s, HOB_NEVER);
	hob_scope_destroy(s);
	return err;
}

static int connection(void *arg)
{
	static const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	int client = (int)(intptr_t)arg, server, err;

	server = hob_tcp_connect(upstream, upstream_port, hob_after(10 * HOB_SECOND));
	err = server < 0 ? server : join(client, server);
	if (err) { /* a plain close would look like a good end */
		setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		if (server >= 0)
			setsockopt(server, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	}
	close(client);
	if (server >= 0)
		close(server);
	return 0;
}

int main(int argc, char **argv)
{
	struct server s = { .connection = connection };

	if (argc != 5) {
		fprintf(stderr, "usage: proxy ADDRESS PORT UPSTREAM UPSTREAM-PORT\n");
		return 2;
	}
	s.address = argv[1];
	s.port = argv[2];
	upstream = argv[3];
	upstream_port = argv[4];
	return serve(&s);
}
