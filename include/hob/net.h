/* Sockets, for tasks. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_NET_H
#define HOB_NET_H

#include <hob/wait.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the calls of this part share. A socket may be in blocking mode, also where several tasks use it. The data of a
 * call that is cancelled or times out is not lost: either the call answers with it, or the socket still has it. */

/* accept4(2): the descriptor of the connection, which is close on exec. `flags` is 0 or SOCK_NONBLOCK; addr and len may
 * be NULL. Where several tasks or processes accept from one listener, that must be in non-blocking mode. Connections
 * that were given up while they queued are passed over. Other errors as of accept4(2), of which -EMFILE and -ENFILE
 * leave the connection in the queue. [parks] */
HOB_API int hob_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags, hob_time deadline);

/* connect(2): 0 once there is a connection. -ETIMEDOUT (the deadline's, or the network's) and -ECANCELED leave a socket
 * that is to be closed. [parks] */
HOB_API int hob_connect(int fd, const struct sockaddr *addr, socklen_t len, hob_time deadline);

/* recv(2) and send(2) and their like, once: bytes moved, fewer than asked are possible on a stream; 0 from a recv where
 * the peer has ended. -EINVAL for the flags MSG_DONTWAIT and MSG_WAITALL, since the deadline says how long, and for
 * MSG_ERRQUEUE but with hob_recvmsg. No SIGPIPE: -EPIPE. Descriptors received are close on exec. [parks] */
HOB_API ssize_t hob_recv(int fd, void *buf, size_t len, int flags, hob_time deadline);
HOB_API ssize_t hob_send(int fd, const void *buf, size_t len, int flags, hob_time deadline);
HOB_API ssize_t hob_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *addr, socklen_t *addr_len,
			     hob_time deadline);
HOB_API ssize_t hob_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *addr,
			   socklen_t addr_len, hob_time deadline);
HOB_API ssize_t hob_recvmsg(int fd, struct msghdr *msg, int flags, hob_time deadline);
HOB_API ssize_t hob_sendmsg(int fd, const struct msghdr *msg, int flags, hob_time deadline);

/* hob_send until `len` bytes are sent: as hob_write_all, but no SIGPIPE. [parks] */
HOB_API int hob_send_all(int fd, const void *buf, size_t len, size_t *done, hob_time deadline);

#ifdef __cplusplus
}
#endif
#endif
