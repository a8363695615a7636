/* TLS over any descriptor: the companion library libhob-tls (pkg-config: hob-tls), which is OpenSSL and the calls of
 * hob/wait.h. Not part of hob.h. The contract of every call stands there.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_TLS_H
#define HOB_TLS_H

#include <hob/task.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOB_TLS_API __attribute__((visibility("default")))

/* What connections have in common: TLS 1.2 or later, OpenSSL's defaults for the rest. Any thread, also outside of a
 * task; reads its files at once. May be destroyed before its connections. */
struct hob_tls;

/* A server, by the PEM files of its certificate chain and its key. -EKEYREJECTED: they cannot be read, or do not fit
 * each other. -ENOMEM. */
HOB_TLS_API int hob_tls_server_create(struct hob_tls **out, const char *cert_file, const char *key_file);

/* A client that trusts the authorities in a PEM file; NULL: those of the system. -EKEYREJECTED, -ENOMEM. */
HOB_TLS_API int hob_tls_client_create(struct hob_tls **out, const char *ca_file);

HOB_TLS_API void hob_tls_destroy(struct hob_tls *t);

/* A connection: the descriptor is borrowed until it is closed. One task may read while another writes. On a pipe
 * SIGPIPE is to be ignored, as with write(2); a socket makes none. */
struct hob_tls_conn;

/* Shakes hands over a connected descriptor. A client accepts only a certificate that a trusted authority vouches for
 * and that is for `host`, a name or an address. -EKEYREJECTED: the certificate is refused. -EPROTO: the peer does not
 * speak TLS with us, or went away. Or what hob_read and hob_write answer. [parks] */
HOB_TLS_API int hob_tls_accept(struct hob_tls *t, int fd, struct hob_tls_conn **out, hob_time deadline);
HOB_TLS_API int hob_tls_connect(struct hob_tls *t, int fd, const char *host, struct hob_tls_conn **out,
				hob_time deadline);

/* As hob_read: bytes, or 0 once the peer has said that this was all. -EPROTO: it went away without saying so (what came
 * may be cut off), or broke the protocol. On -ETIMEDOUT and -ECANCELED nothing is lost. [parks] */
HOB_TLS_API ssize_t hob_tls_read(struct hob_tls_conn *c, void *buf, size_t len, hob_time deadline);

/* As hob_write: the bytes taken, at most 16 KiB at once. Where the deadline or cancellation comes before the descriptor
 * has taken all of these, they are on their way nevertheless: the next write, read or close sends the rest first.
 * [parks] */
HOB_TLS_API ssize_t hob_tls_write(struct hob_tls_conn *c, const void *buf, size_t len, hob_time deadline);

/* Says that this was all, and frees the connection in any case; the descriptor is the caller's to close. 0, or why not
 * all could be sent. NULL: 0. [parks] */
HOB_TLS_API int hob_tls_close(struct hob_tls_conn *c, hob_time deadline);

#ifdef __cplusplus
}
#endif
#endif
