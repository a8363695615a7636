/* A connection: inside of src/tls only. */
#ifndef TLS_CONN_H
#define TLS_CONN_H

#include <hob/sync.h>
#include <hob/tls.h>
#include <openssl/ssl.h>
#include <stdbool.h>

struct hob_tls {
	SSL_CTX *ctx;
};

struct hob_tls_conn {
	CRYPTO_RWLOCK *lock; /* of all below but what is said otherwise; never held across a park */
	SSL *ssl;
	BIO *in, *out; /* what came from the descriptor, and what is to go there */
	int fd;
	bool eof;                 /* the reader's */
	int broken;               /* why no more can be written */
	struct hob_mutex sending; /* whose holder alone takes from `out` */
};

#endif
