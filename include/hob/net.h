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

/* Names --------------------------------------------------------------------------------------------------------- */

struct hob_address {
	struct sockaddr_storage addr;
	socklen_t len;
};

/* The addresses of a host, in the order in which they are to be tried (RFC 6724), with the port of the service: how
 * many there are, of which the first `max` are in `out`. A host is a name, looked for in /etc/hosts and asked of the
 * servers in /etc/resolv.conf, or a numeric address. A service is a number, a name of /etc/services, or NULL for port
 * 0. -ENOENT: there is no such host; -EINVAL: an unknown service, or what no name can be; -ECONNREFUSED, -EREMOTEIO,
 * -EBADMSG: no server is there, is able to tell, or makes sense; -ETIMEDOUT: the deadline, or none answers; -ECANCELED.
 * No thread is used. [parks] */
HOB_API int hob_resolve(const char *host, const char *service, struct hob_address *out, unsigned max,
			hob_time deadline);

/* Sockets made, all close on exec ---------------------------------------------------------------------------------- */

/* Other sockets may listen at the same address with this flag, and the kernel spreads the connections (SO_REUSEPORT).
 */
#define HOB_LISTEN_SHARED 1

/* A TCP socket that listens at the host's first address that can be had; NULL is every address of the machine, of both
 * families. Service as of hob_resolve; 0 lets the kernel choose the port (getsockname tells). `flags` is 0 or
 * HOB_LISTEN_SHARED. It is in non-blocking mode, its queue as long as the kernel allows, and connections have
 * TCP_NODELAY. Errors of hob_resolve, socket(2) and bind(2). [parks] where the host is a name */
HOB_API int hob_tcp_listen(const char *host, const char *service, int flags, hob_time deadline);

/* A TCP socket connected to the service at the host, in blocking mode, with TCP_NODELAY. Its addresses are tried by
 * turns of their families, the next one 250 ms after the last or once that has failed, and the first that answers is
 * taken ("happy eyeballs", RFC 8305). Errors of hob_resolve, or the first error of an address where all fail. [parks]
 */
HOB_API int hob_tcp_connect(const char *host, const char *service, hob_time deadline);

/* The same for Unix stream sockets. A path that begins with a @ is a name in the abstract namespace. The file is the
 * caller's to unlink: -EADDRINUSE where one is there. -ENAMETOOLONG beyond 107 bytes. */
HOB_API int hob_unix_listen(const char *path);
HOB_API int hob_unix_connect(const char *path, hob_time deadline); /* [parks] */
HOB_API int hob_unix_pair(int fds[2]);                             /* two that are connected, in blocking mode */

#ifdef __cplusplus
}
#endif
#endif
