/* Who is at the other end of a socket: the kernel's tables of sockets below /proc/PID/net, read again where a socket is
 * asked for that was not there before. */
#ifndef LOOK_PEER_H
#define LOOK_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum look_peer_kind {
	PEER_NET,
	PEER_LISTENS, /* or has come to somebody who does: a client */
	PEER_LOCAL,
};

struct look_peer {
	uint64_t inode; /* 0: an empty place */
	enum look_peer_kind kind;
	char text[108]; /* "10.0.0.5:5432", ":8080", the path of a Unix socket or "" */
};

/* Zero at first. */
struct look_peers {
	struct look_peer *at; /* open addressing by inode */
	unsigned count, mask;
	int64_t next;                  /* not to be read again before this time */
	uint64_t listened[65536 / 64]; /* a bit a port */
};

void look_peers_finish(struct look_peers *p);

/* The socket with this inode, as the network of a process shows it: 0; -EAGAIN: not now, since reading costs; -ENOENT:
 * no such socket (of another family, or closed by now). */
int look_peer(struct look_peers *p, pid_t pid, uint64_t inode, const struct look_peer **out);

#endif
