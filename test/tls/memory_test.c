/* libhob-tls and OpenSSL where memory runs out: the Nth request fails, for every N, and all after it or not. Whatever
 * is answered, nothing crashes and no memory is lost. */
#include <hob/tls.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include "wait/each.h"

/* Blocks that OpenSSL may keep in its caches after hundreds of failures; a leak of ours would be one each time. */
enum { KEPT = 50 };

static struct {
	atomic_of(uint32_t) on, asked, nth, for_good, failed;
} plan;

static atomic_of(int64_t) blocks;

static bool fails(void)
{
	uint32_t n;

	if (!at_load(&plan.on, RELAXED))
		return false;
	n = at_add(&plan.asked, 1, RELAXED);
	if (n != plan.nth && !(plan.for_good && n > plan.nth))
		return false;
	at_store(&plan.failed, 1, RELAXED);
	return true;
}

/* OpenSSL keeps some for each thread that it has seen: a worker, and its stand-ins. */
static atomic_of(uint32_t) threads;

static void count_thread(void)
{
	static __thread bool counted;

	if (!counted)
		at_add(&threads, 1, RELAXED);
	counted = true;
}

static void *try_malloc(size_t bytes, const char *file, int line)
{
	void *mem = fails() ? NULL : malloc(bytes);

	(void)file, (void)line;
	count_thread();
	if (mem)
		at_add(&blocks, 1, RELAXED);
	return mem;
}

static void *try_realloc(void *mem, size_t bytes, const char *file, int line)
{
	void *more = fails() ? NULL : realloc(mem, bytes);

	(void)file, (void)line;
	if (more && !mem)
		at_add(&blocks, 1, RELAXED);
	return more;
}

static void give_back(void *mem, const char *file, int line)
{
	(void)file, (void)line;
	if (mem)
		at_sub(&blocks, 1, RELAXED);
	free(mem);
}

static char dir[64];
static struct hob_tls *server, *client;

static void may_be(ssize_t r)
{
	CHECK(at_load(&plan.failed, RELAXED));
	/* -ECONNRESET: the other end, which a stand-in may run at the same time, has closed with bytes unread. */
	CHECK(r == -ENOMEM || r == -EPROTO || r == -EPIPE || r == -ECONNRESET || r == -EINVAL || r == -EKEYREJECTED ||
	      r == 0);
}

struct end {
	int fd;
	bool serves;
};

static int talk(void *arg)
{
	struct end *e = arg;
	struct hob_tls_conn *c;
	char byte = 'x';
	ssize_t n;
	int err = e->serves ? hob_tls_accept(server, e->fd, &c, HOB_NEVER)
			    : hob_tls_connect(client, e->fd, "hob.test", &c, HOB_NEVER);

	if (!err) {
		n = hob_tls_write(c, &byte, 1, HOB_NEVER);
		if (n != 1)
			may_be(n);
		n = hob_tls_read(c, &byte, 1, HOB_NEVER);
		if (n != 1)
			may_be(n);
		hob_tls_close(c, HOB_NEVER);
	} else {
		may_be(err);
	}
	close(e->fd);
	return 0;
}

static int converse(void *arg)
{
	struct hob_scope *s = scope_new();
	struct end ends[2] = { { .serves = true } };
	int fds[2];

	(void)arg;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	for (int i = 0; i < 2; i++) {
		ends[i].fd = fds[i];
		spawn(s, talk, &ends[i]);
	}
	scope_join(s);
	return 0;
}

static int each_request(void *arg)
{
	static char name[80];
	int64_t before;

	(void)arg;
	converse(NULL); /* what OpenSSL keeps for good */
	before = at_load(&blocks, RELAXED);
	for (int for_good = 0; for_good < 2; for_good++) {
		plan.nth = 0;
		do {
			snprintf(name, sizeof name, "request %" PRIu32 " fails, %s", plan.nth,
				 for_good ? "and all after it" : "once");
			test_name = name;
			watchdog(60);
			at_store(&plan.for_good, (uint32_t)for_good, RELAXED);
			at_store(&plan.asked, 0, RELAXED);
			at_store(&plan.failed, 0, RELAXED);
			at_store(&plan.on, 1, RELAXED);
			converse(NULL);
			at_store(&plan.on, 0, RELAXED);
			converse(NULL);
			CHECK(at_load(&blocks, RELAXED) - before < KEPT * at_load(&threads, RELAXED));
			plan.nth += 1 + plan.nth / (SLOW_BUILD ? 8 : 32);
		} while (at_load(&plan.failed, RELAXED));
	}
	return 0;
}

static void every_request_fails(void)
{
	struct hob_options o = { .workers = 1, .backend = HOB_BACKEND_EPOLL };

	CHECK_EQ(hob_run(&o, each_request, NULL), 0);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");
	char command[1000], cert[128], key[128];
	int before;

	test_start();
	CHECK_EQ(CRYPTO_set_mem_functions(try_malloc, try_realloc, give_back), 1);
	snprintf(dir, sizeof dir, "%.40s/hob-tls-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(dir));
	snprintf(cert, sizeof cert, "%s/cert.pem", dir);
	snprintf(key, sizeof key, "%s/key.pem", dir);
	snprintf(command, sizeof command,
		 "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hob "
		 "-addext subjectAltName=DNS:hob.test -keyout %s -out %s 2>%s/log",
		 key, cert, dir);
	CHECK_EQ(system(command), 0);
	CHECK_EQ(hob_tls_server_create(&server, cert, key), 0);
	CHECK_EQ(hob_tls_client_create(&client, cert), 0);
	before = fds_open();
	TEST(every_request_fails);
	CHECK_EQ(fds_open(), before);
	hob_tls_destroy(server);
	hob_tls_destroy(client);
	snprintf(command, sizeof command, "rm -r %s", dir);
	CHECK_EQ(system(command), 0);
	return test_done();
}
