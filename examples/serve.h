/* What the servers here share: to listen, to start a task for each connection, and to end in good order.
 * SPDX-License-Identifier: MIT
 *
 * The first line on stdout is the port. SIGINT or SIGTERM ends it: nothing more is accepted, the tasks of the
 * connections are cancelled (what one of them must still do it shields), and serve() returns when all of them have
 * ended. A second signal kills. */
#ifndef SERVE_H
#define SERVE_H

#include <errno.h>
#include <hob.h>
#include <hob/process.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct server {
	const char *address, *port; /* the port 0 lets the kernel choose */
	hob_task_fn *connection;    /* given a descriptor, (int)(intptr_t)arg, which it closes */
	int listener;
	struct hob_scope *connections;
	sigset_t ends;
};

static int serve_accept(void *arg)
{
	struct server *s = arg;
	int fd;

	while ((fd = hob_accept(s->listener, NULL, NULL, 0, HOB_NEVER)) != -ECANCELED)
		if (fd < 0)
			hob_sleep(hob_after(10 * HOB_MS)); /* out of descriptors: it stays in the queue */
		else if (hob_spawn(s->connections, s->connection, (void *)(intptr_t)fd))
			close(fd);
	return 0;
}

static int serve_until_signal(void *arg)
{
	struct server *s = arg;
	struct hob_scope *accepting = NULL;
	struct sockaddr_in6 at; /* in which the port stands where the older family has it */
	int err;

	s->listener = hob_tcp_listen(s->address, s->port, 0, HOB_NEVER);
	if (s->listener < 0)
		return s->listener;
	getsockname(s->listener, (struct sockaddr *)&at, &(socklen_t){ sizeof at });
	err = hob_scope_create(&s->connections);
	if (!err)
		err = hob_scope_create(&accepting);
	if (!err)
		err = hob_spawn(accepting, serve_accept, s);
	if (!err) {
		printf("%u\n", ntohs(at.sin6_port));
		fflush(stdout);
		err = hob_signal_wait(&s->ends, NULL, HOB_NEVER);
	}
	hob_scope_destroy(accepting);
	close(s->listener);
	sigprocmask(SIG_UNBLOCK, &s->ends, NULL);
	hob_scope_destroy(s->connections);
	return err;
}

/* Serves until a signal; the exit status of the program. */
static int serve(struct server *s)
{
	int err;

	sigemptyset(&s->ends);
	sigaddset(&s->ends, SIGINT);
	sigaddset(&s->ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &s->ends, NULL); /* before there are other threads, which inherit it */
	signal(SIGPIPE, SIG_IGN);
	err = hob_run(NULL, serve_until_signal, s);
	if (err)
		fprintf(stderr, "port %s: %s\n", s->port, strerror(-err));
	return err ? 1 : 0;
}

#endif
