/* A connection: OpenSSL between two buffers in memory, and the descriptor at their other ends.
 *
 * So OpenSSL never waits and never sees an errno, its queue of errors, which is a thread's, is read before a task can
 * park, and what a wait that is given up leaves behind stays in the buffers. The lock is held over OpenSSL's own work
 * only, which is why one task can read while another writes.
 */
#include "tls/conn.h"

#include <errno.h>
#include <hob/net.h>
#include <hob/wait.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#define RECORD ((size_t)16384) /* the most that one record holds */

static void conn_free(struct hob_tls_conn *c)
{
	SSL_free(c->ssl); /* and the two buffers */
	CRYPTO_THREAD_lock_free(c->lock);
	OPENSSL_free(c);
}

static void enter(struct hob_tls_conn *c)
{
	CRYPTO_THREAD_write_lock(c->lock);
	ERR_clear_error();
}

static void leave(struct hob_tls_conn *c)
{
	ERR_clear_error();
	CRYPTO_THREAD_unlock(c->lock);
}

static int conn_create(struct hob_tls_conn **out, struct hob_tls *t, int fd)
{
	struct hob_tls_conn *c = OPENSSL_zalloc(sizeof *c);
	BIO *in = BIO_new(BIO_s_mem()), *to = BIO_new(BIO_s_mem());

	if (c) {
		c->lock = CRYPTO_THREAD_lock_new();
		c->ssl = SSL_new(t->ctx);
		c->fd = fd;
		c->in = in;
		c->out = to;
	}
	if (!c || !c->lock || !c->ssl || !in || !to) {
		BIO_free(in);
		BIO_free(to);
		if (c)
			conn_free(c);
		ERR_clear_error();
		return -ENOMEM;
	}
	SSL_set_bio(c->ssl, in, to);
	*out = c;
	return 0;
}

/* Up to `size` of the bytes to be sent, which stay where they are. */
static size_t peek(struct hob_tls_conn *c, char *buf, size_t size)
{
	char *bytes;
	long n;

	enter(c);
	n = BIO_get_mem_data(c->out, &bytes);
	if (n > 0 && (size_t)n < size)
		size = (size_t)n;
	if (n > 0)
		memcpy(buf, bytes, size);
	leave(c);
	return n > 0 ? size : 0;
}

static bool anything_to_send(struct hob_tls_conn *c)
{
	char byte;

	return peek(c, &byte, 1) > 0;
}

/* Sends what there is; `turn`: until when to wait for another who does so. 0, or why something is left. */
static int flush(struct hob_tls_conn *c, hob_time deadline, hob_time turn)
{
	char buf[RECORD];
	size_t n;
	int err = hob_mutex_lock(&c->sending, turn);

	if (err)
		return err;
	while (!err && (n = peek(c, buf, sizeof buf)) > 0) {
		ssize_t sent = hob_send(c->fd, buf, n, 0, deadline); /* without SIGPIPE */

		if (sent == -ENOTSOCK)
			sent = hob_write(c->fd, buf, n, deadline);
		enter(c);
		if (sent > 0)
			BIO_read(c->out, buf, (int)sent);
		else
			err = sent ? (int)sent : -EIO;
		if (err && err != -ETIMEDOUT && err != -ECANCELED)
			c->broken = err;
		leave(c);
	}
	hob_mutex_unlock(&c->sending);
	return err;
}

/* Gets more from the descriptor: 0, also for the end, which is remembered. */
static int receive(struct hob_tls_conn *c, hob_time deadline)
{
	char buf[RECORD];
	ssize_t n = hob_read(c->fd, buf, sizeof buf, deadline);
	int err = 0;

	if (n < 0)
		return (int)n;
	if (n == 0) {
		c->eof = true;
		return 0;
	}
	enter(c);
	if (BIO_write(c->in, buf, (int)n) != (int)n)
		err = c->broken = -ENOMEM; /* the bytes are lost, and the connection with them */
	leave(c);
	return err;
}

enum step { DONE, MORE, END, FAILED };

/* What the last call on c->ssl, which answered r, means. Under the lock. */
static enum step step_of(struct hob_tls_conn *c, int r)
{
	switch (SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_NONE:
		return DONE;
	case SSL_ERROR_WANT_READ:
		return MORE;
	case SSL_ERROR_ZERO_RETURN:
		return END;
	}
	return FAILED;
}

static int shake_hands(struct hob_tls_conn *c, hob_time deadline)
{
	for (;;) {
		enum step step;
		bool refused;
		int err;

		enter(c);
		step = step_of(c, SSL_do_handshake(c->ssl));
		refused = SSL_get_verify_result(c->ssl) != X509_V_OK;
		leave(c);
		err = flush(c, deadline, deadline); /* also the alert that says why it failed */
		if (step == FAILED || step == END)
			return refused ? -EKEYREJECTED : -EPROTO;
		if (err || step == DONE)
			return err;
		if (c->eof)
			return -EPROTO;
		err = receive(c, deadline);
		if (err)
			return err;
	}
}

static int begin(struct hob_tls_conn *c, struct hob_tls_conn **out, hob_time deadline)
{
	int err = hob_sleep(0); /* -ECANCELED, -EPERM */

	if (!err)
		err = shake_hands(c, deadline);
	if (err)
		conn_free(c);
	else
		*out = c;
	return err;
}

int hob_tls_accept(struct hob_tls *t, int fd, struct hob_tls_conn **out, hob_time deadline)
{
	struct hob_tls_conn *c;
	int err = conn_create(&c, t, fd);

	if (err)
		return err;
	SSL_set_accept_state(c->ssl);
	return begin(c, out, deadline);
}

/* An address is not announced: there it would be against RFC 6066. */
static bool expect_host(SSL *ssl, const char *host)
{
	bool good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 ||
		    (*host && SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1);

	ERR_clear_error();
	return good;
}

int hob_tls_connect(struct hob_tls *t, int fd, const char *host, struct hob_tls_conn **out, hob_time deadline)
{
	struct hob_tls_conn *c;
	int err = conn_create(&c, t, fd);

	if (err)
		return err;
	SSL_set_connect_state(c->ssl);
	if (expect_host(c->ssl, host))
		return begin(c, out, deadline);
	conn_free(c);
	return -EINVAL;
}

ssize_t hob_tls_read(struct hob_tls_conn *c, void *buf, size_t len, hob_time deadline)
{
	int err = hob_sleep(0);

	while (!err) {
		enum step step;
		size_t n = 0;

		enter(c);
		step = step_of(c, len ? SSL_read_ex(c->ssl, buf, len, &n) : 1);
		leave(c);
		if (step == DONE || step == END)
			return step == DONE ? (ssize_t)n : 0;
		if (step == FAILED || c->eof)
			return -EPROTO;
		if (anything_to_send(c)) { /* a writer that is at it will send that, too */
			err = flush(c, deadline, 0);
			if (err == -ECANCELED)
				break;
		}
		err = receive(c, deadline);
	}
	return err;
}

ssize_t hob_tls_write(struct hob_tls_conn *c, const void *buf, size_t len, hob_time deadline)
{
	enum step step = DONE;
	size_t n = 0;
	int err = hob_sleep(0);

	if (!err)
		err = c->broken;
	if (!err && anything_to_send(c))
		err = flush(c, deadline, deadline);
	if (err || !len)
		return err;
	enter(c);
	step = step_of(c, SSL_write_ex(c->ssl, buf, len < RECORD ? len : RECORD, &n));
	leave(c);
	if (step != DONE)
		return -EPROTO;
	err = flush(c, deadline, deadline);
	return err && err != -ETIMEDOUT && err != -ECANCELED ? err : (ssize_t)n;
}

int hob_tls_close(struct hob_tls_conn *c, hob_time deadline)
{
	int err;

	if (!c)
		return 0;
	err = c->broken;
	if (!err) {
		enter(c);
		SSL_shutdown(c->ssl);
		leave(c);
		err = flush(c, deadline, deadline);
	}
	conn_free(c);
	return err;
}
