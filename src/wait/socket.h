/* What the files about sockets share. */
#ifndef WAIT_SOCKET_H
#define WAIT_SOCKET_H

/* How a connection under way came out: 0 or its negative errno, once the socket polls as writable. */
int socket_error(int fd);

#endif
