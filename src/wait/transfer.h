/* A call that may have to wait: handed to the kernel where the backend can, tried and waited for where it cannot. */
#ifndef WAIT_TRANSFER_H
#define WAIT_TRANSFER_H

#include "wait/backend.h"

/* The most that read(2) and its like move at once. */
#define TRANSFER_MAX ((size_t)0x7ffff000)

struct transfer {
	short events; /* what to wait for where an attempt found nothing */
	enum why why;
	ring_prep *prep;
	ssize_t (*attempt)(int fd, const void *arg); /* must not block: -EAGAIN where it would */
};

/* Does it once: what the kernel answers, -ETIMEDOUT, -ECANCELED, or -EPERM outside of a task. */
ssize_t transfer(const struct transfer *t, int fd, const void *arg, hob_time deadline);

/* 0 where a read or write (POLLIN, POLLOUT) will not block: it is ready, or fails at once. Otherwise -EAGAIN. */
int would_block(int fd, short events);

#endif
