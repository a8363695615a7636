/* What the tests of sockets share. */
#ifndef TEST_SOCKETS_H
#define TEST_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "wait/each.h"

/* On a loopback address of this process's own, where no other test takes or connects to its ports. */
static inline struct sockaddr_in own_address(void)
{
	uint32_t own = (uint32_t)getpid() << 1 | 1;

	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u | (own & 0xffffffu)) };
}

static inline int listener_new(int flags, struct sockaddr_in *addr)
{
	socklen_t len = sizeof *addr;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	CHECK(fd >= 0);
	*addr = own_address();
	CHECK_EQ(bind(fd, (struct sockaddr *)addr, sizeof *addr), 0);
	CHECK_EQ(listen(fd, 128), 0);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)addr, &len), 0);
	return fd;
}

/* A port that refuses: bound, so that nobody else gets it, but not listened at. */
static inline int refusing_new(struct sockaddr_in *addr)
{
	socklen_t len = sizeof *addr;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	*addr = own_address();
	CHECK_EQ(bind(fd, (struct sockaddr *)addr, sizeof *addr), 0);
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

/* A listener that is deaf: its queue is full, so it never answers. */
struct deaf {
	int listener, filler;
	struct sockaddr_in addr;
};

static inline void deaf_new(struct deaf *d)
{
	struct pollfd queued;

	d->listener = listener_new(0, &d->addr);
	CHECK_EQ(listen(d->listener, 0), 0); /* which is one */
	d->filler = client_new(&d->addr);
	queued = (struct pollfd){ .fd = d->listener, .events = POLLIN };
	CHECK_EQ(poll(&queued, 1, -1), 1);
}

static inline void deaf_close(struct deaf *d)
{
	CHECK_EQ(close(d->filler), 0);
	CHECK_EQ(close(d->listener), 0);
}

static inline bool closes_on_exec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

#endif
