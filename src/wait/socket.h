/* What the files about sockets share. */
#ifndef WAIT_SOCKET_H
#define WAIT_SOCKET_H

#include <hob/net.h>

/* How a connection under way came out: 0 or its negative errno, once the socket polls as writable. */
int socket_error(int fd);

/* The addresses of one host that are tried at most. */
#define TCP_ADDRESSES 16

/* Connects to whichever answers first, and begins the next after `stagger` or as soon as one has failed: the socket,
 * in blocking mode, or the first error. At most TCP_ADDRESSES. */
int tcp_race(const struct hob_address *at, unsigned n, hob_time stagger, hob_time deadline);

#endif
