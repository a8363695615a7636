/* echo: a thread of State Threads a connection. st.c 1 */
#include "listen.h"
#include <st.h>

static void *serve(void *arg)
{
	st_netfd_t fd = arg;
	char buf[1024];
	ssize_t n;

	while ((n = st_read(fd, buf, sizeof buf, ST_UTIME_NO_TIMEOUT)) > 0)
		if (st_write(fd, buf, (size_t)n, ST_UTIME_NO_TIMEOUT) != n)
			break;
	st_netfd_close(fd);
	return NULL;
}

int main(void)
{
	int fd = listen_on(0, 0);
	st_netfd_t listener, client;

	bench_must(st_set_eventsys(ST_EVENTSYS_ALT), "st_set_eventsys"); /* epoll */
	bench_must(st_init(), "st_init");
	listener = st_netfd_open_socket(fd);
	announce(port_of(fd));
	while ((client = st_accept(listener, NULL, NULL, ST_UTIME_NO_TIMEOUT)))
		bench_must(!st_thread_create(serve, client, 0, 0), "st_thread_create");
	return 1;
}
