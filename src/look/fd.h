/* What a descriptor of another process is. */
#ifndef LOOK_FD_H
#define LOOK_FD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "look/label.h"
#include "look/peer.h"

enum look_fd_kind {
	FD_NET,     /* connected to somebody */
	FD_LISTENS, /* waits for whoever comes */
	FD_LOCAL,   /* a Unix socket */
	FD_PIPE,
	FD_FILE,
	FD_TERMINAL,
	FD_TIMER,
	FD_CHILD, /* a pidfd */
	FD_EVENT, /* an eventfd: another thread wakes it */
	FD_EPOLL,
	FD_RING,
	FD_SIGNAL,
	FD_OTHER,
};

struct look_fd {
	enum look_fd_kind kind;
	uint64_t inode;
	char text[160];
};

/* 0; -EAGAIN: ask a little later (see look_peer); another negative errno: not known. */
int look_fd(struct look_peers *peers, pid_t pid, int fd, struct look_fd *out);

/* The state of a wait for such a descriptor, and what it means. */
enum look_state look_fd_state(enum look_fd_kind kind);
enum look_sort look_fd_sort(enum look_fd_kind kind);

#endif
