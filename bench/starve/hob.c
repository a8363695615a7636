/* starve: an echo server, and a task that is stuck. hob.c WORKERS idle|compute|block|read */
#include "stuck.h"
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

static int get_stuck(void *how)
{
	for (;;) {
		stuck_once(how);
		hob_yield();
	}
}

static int server(void *how)
{
	int listener = hob_tcp_listen("127.0.0.1", "0", 0, HOB_NEVER), fd;
	struct hob_scope *s;

	bench_must(listener < 0 ? listener : 0, "hob_tcp_listen");
	bench_must(hob_scope_create(&s), "hob_scope_create");
	announce(port_of(listener));
	if (strcmp(how, "idle"))
		bench_must(hob_spawn(s, get_stuck, how), "hob_spawn");
	while ((fd = hob_accept(listener, NULL, NULL, 0, HOB_NEVER)) >= 0)
		bench_must(hob_spawn(s, serve, (void *)(intptr_t)fd), "hob_spawn");
	hob_scope_destroy(s);
	return fd;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1) };

	bench_must(argc != 3, "the number of arguments");
	bench_must(hob_run(&opts, server, argv[2]), "hob_run");
	return 0;
}
