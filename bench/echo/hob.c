/* echo: a task a connection. hob.c WORKERS [epoll] */
#include "listen.h"
#include <hob.h>

static int serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char buf[1024];
	ssize_t n;

	while ((n = hob_recv(fd, buf, sizeof buf, 0, HOB_NEVER)) > 0)
		if (hob_send_all(fd, buf, (size_t)n, NULL, HOB_NEVER))
			break;
	close(fd);
	return 0; /* a client that goes away is no error of the server */
}

static int listener_task(void *arg)
{
	int listener = hob_tcp_listen("127.0.0.1", "0", 0, HOB_NEVER), fd;
	struct hob_scope *s;

	(void)arg;
	bench_must(listener < 0 ? listener : 0, "hob_tcp_listen");
	bench_must(hob_scope_create(&s), "hob_scope_create");
	announce(port_of(listener));
	while ((fd = hob_accept(listener, NULL, NULL, 0, HOB_NEVER)) >= 0)
		bench_must(hob_spawn(s, serve, (void *)(intptr_t)fd), "hob_spawn");
	hob_scope_destroy(s);
	return fd;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	if (argc > 2 && !strcmp(argv[2], "epoll"))
		opts.backend = HOB_BACKEND_EPOLL;
	bench_must(hob_run(&opts, listener_task, NULL), "hob_run");
	return 0;
}
