/* What the tests of sockets share. */
#ifndef TEST_SOCKETS_H
#define TEST_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "wait/each.h"

static inline int listener_new(int flags, struct sockaddr_in *addr)
{
	socklen_t len = sizeof *addr;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	CHECK(fd >= 0);
	*addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CHECK_EQ(bind(fd, (struct sockaddr *)addr, sizeof *addr), 0);
	CHECK_EQ(listen(fd, 128), 0);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

static inline int tcp_new(int flags)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	CHECK(fd >= 0);
	return fd;
}

/* A connected socket of a thread's own, without hob. */
static inline int client_new(const struct sockaddr_in *addr)
{
	int fd = tcp_new(0);

	CHECK_EQ(connect(fd, (const struct sockaddr *)addr, sizeof *addr), 0);
	return fd;
}

static inline void sockets_new(int type, int fds[2])
{
	CHECK_EQ(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
}

static inline bool closes_on_exec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

#endif
