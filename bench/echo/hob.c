/* echo: a task a connection. hob.c WORKERS [epoll] */
#define _GNU_SOURCE
#include "listen.h"
#include <hob.h>
#include <poll.h>

static int write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = hob_write(fd, buf, len, HOB_NEVER);
		if (n < 0)
			return (int)n;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

static int serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char buf[1024];
	ssize_t n;

	while ((n = hob_read(fd, buf, sizeof buf, HOB_NEVER)) > 0)
		if (write_all(fd, buf, (size_t)n))
			break;
	close(fd);
	return 0; /* a client that goes away is no error of the server */
}

static int listener_task(void *arg)
{
	int listener = listen_on(0, SOCK_NONBLOCK), fd;
	struct hob_scope *s;

	(void)arg;
	bench_must(hob_scope_create(&s), "hob_scope_create");
	announce(port_of(listener));
	while (hob_poll(listener, POLLIN, HOB_NEVER) > 0)
		while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
			bench_must(hob_spawn(s, serve, (void *)(intptr_t)fd), "hob_spawn");
	hob_scope_destroy(s);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	if (argc > 2 && !strcmp(argv[2], "epoll"))
		opts.backend = HOB_BACKEND_EPOLL;
	bench_must(hob_run(&opts, listener_task, NULL), "hob_run");
	return 0;
}
