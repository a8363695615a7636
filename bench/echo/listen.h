/* What the echo servers in C share: a listening socket on a port of the kernel's choice, told to the load generator. */
#ifndef LISTEN_H
#define LISTEN_H

#include "bench.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

/* Listens on 127.0.0.1; port 0 lets the kernel choose. `flags`: SOCK_NONBLOCK or 0. */
static inline int listen_on(uint16_t port, int flags)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), on = 1;

	signal(SIGPIPE, SIG_IGN); /* a client may go away before its answer */
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) ||
	    bind(fd, (struct sockaddr *)&addr, sizeof addr) || listen(fd, 4096)) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static inline uint16_t port_of(int fd)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof addr;

	bench_must(getsockname(fd, (struct sockaddr *)&addr, &len), "getsockname");
	return ntohs(addr.sin_port);
}

/* The load generator reads this line and starts. */
static inline void announce(uint16_t port)
{
	printf("%d\n", port);
	fflush(stdout);
}

#endif
