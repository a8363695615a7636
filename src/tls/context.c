/* What connections have in common. */
#include <errno.h>
#include <openssl/err.h>

#include "tls/conn.h"

static int create(struct hob_tls **out, const SSL_METHOD *method)
{
	struct hob_tls *t = OPENSSL_zalloc(sizeof *t);

	if (!t)
		return -ENOMEM;
	t->ctx = SSL_CTX_new(method);
	if (!t->ctx || !SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION)) {
		hob_tls_destroy(t);
		ERR_clear_error();
		return -ENOMEM;
	}
	SSL_CTX_set_mode(t->ctx, SSL_MODE_RELEASE_BUFFERS); /* a connection that waits keeps no buffers */
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	*out = t;
	return 0;
}

static int finish(struct hob_tls **out, struct hob_tls *t, bool good)
{
	ERR_clear_error();
	if (!good) {
		hob_tls_destroy(t);
		return -EKEYREJECTED;
	}
	*out = t;
	return 0;
}

int hob_tls_server_create(struct hob_tls **out, const char *cert_file, const char *key_file)
{
	struct hob_tls *t;
	int err = create(&t, TLS_server_method());

	if (err)
		return err;
	return finish(out, t,
		      SSL_CTX_use_certificate_chain_file(t->ctx, cert_file) == 1 &&
			      SSL_CTX_use_PrivateKey_file(t->ctx, key_file, SSL_FILETYPE_PEM) == 1 &&
			      SSL_CTX_check_private_key(t->ctx) == 1);
}

int hob_tls_client_create(struct hob_tls **out, const char *ca_file)
{
	struct hob_tls *t;
	int err = create(&t, TLS_client_method());

	if (err)
		return err;
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	return finish(out, t,
		      ca_file ? SSL_CTX_load_verify_file(t->ctx, ca_file) == 1
			      : SSL_CTX_set_default_verify_paths(t->ctx) == 1);
}

void hob_tls_destroy(struct hob_tls *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx); /* counts the connections that use it */
	OPENSSL_free(t);
}
