/* echo: the limit with epoll, by hand: a loop and a listening socket a thread, the kernel spreads the connections.
 * epoll.c WORKERS */
#define _GNU_SOURCE
#include "listen.h"
#include <pthread.h>
#include <sys/epoll.h>

static void watch(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	bench_must(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), "epoll_ctl");
}

static void echo(int fd)
{
	char buf[1024];
	ssize_t n = read(fd, buf, sizeof buf);

	if (n < 0 && errno == EAGAIN)
		return;
	/* A few bytes into an empty socket buffer are taken whole; a peer that does not read is not served here. */
	if (n <= 0 || write(fd, buf, (size_t)n) != n)
		close(fd);
}

static void *serve(void *arg)
{
	int listener = (int)(intptr_t)arg, ep = epoll_create1(0), n, fd;
	struct epoll_event evs[256];

	watch(ep, listener);
	for (;;) {
		n = epoll_wait(ep, evs, 256, -1);
		for (int i = 0; i < n; i++) {
			if (evs[i].data.fd != listener)
				echo(evs[i].data.fd);
			else
				while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
					watch(ep, fd);
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long workers = bench_arg(argc, argv, 1);
	int listener = listen_on(0, SOCK_NONBLOCK);
	uint16_t port = port_of(listener);
	pthread_t thread;

	for (long i = 1; i < workers; i++)
		bench_must(pthread_create(&thread, NULL, serve, (void *)(intptr_t)listen_on(port, SOCK_NONBLOCK)),
			   "pthread_create");
	announce(port);
	serve((void *)(intptr_t)listener);
}
