/* The load generator: starts an echo server, keeps a request of 64 bytes outstanding on each of many connections (no
 * pipelining), and reports requests a second, latencies and the server's CPU time.
 *
 * load MS PHASE... -- SERVER WORKERS [ARG...]     PHASE: CONNECTIONS, as fast as it goes, or CONNECTIONS@RATE
 *
 * At a rate, requests are due at even intervals and the latency counts from when one was due, not from when the
 * connection was free to send it: a server that stalls pays for every request it kept waiting. */
#define _GNU_SOURCE
#include "bench.h"
#include "histogram.h"
#include "server.h"
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

enum { BYTES = 64, ENTRIES = 4096 };

struct conn {
	int fd, got;
	int64_t since;  /* when the request under way was due; 0: idle */
	int64_t behind; /* requests that were due while one was under way */
	char out[BYTES], in[BYTES];
};

struct phase {
	const char *name;
	long conns, rate;
	int64_t start, warm, end; /* samples count from `warm` on */
	int64_t due;              /* requests that have been due, at a rate */
	uint64_t done;
	struct histogram latency;
};

static struct io_uring ring;
static struct conn *conns;

static struct server server;

static _Noreturn void fail(const char *what, int err)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(err));
	server_describe(&server);
	exit(1);
}

static struct io_uring_sqe *entry(unsigned chain)
{
	if (io_uring_sq_space_left(&ring) < chain) /* a chain must not be cut by a submission */
		io_uring_submit(&ring);
	return io_uring_get_sqe(&ring);
}

static void receive(struct conn *c)
{
	struct io_uring_sqe *sqe = entry(1);

	io_uring_prep_recv(sqe, c->fd, c->in + c->got, (size_t)(BYTES - c->got), 0);
	io_uring_sqe_set_data(sqe, c);
}

static void request(struct conn *c, int64_t since)
{
	struct io_uring_sqe *sqe = entry(2);

	c->since = since;
	c->got = 0;
	io_uring_prep_send(sqe, c->fd, c->out, BYTES, MSG_WAITALL);
	io_uring_sqe_set_flags(sqe, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
	io_uring_sqe_set_data(sqe, c);
	receive(c);
}

static int64_t due_at(const struct phase *p, int64_t i)
{
	return p->start + (int64_t)((double)i * 1e9 / (double)p->rate);
}

/* Sends what has become due; answers when the next one is. */
static int64_t send_due(struct phase *p, int64_t now)
{
	int64_t at;

	while ((at = due_at(p, p->due)) <= now) {
		struct conn *c = &conns[p->due++ % p->conns];
		if (c->since)
			c->behind++;
		else
			request(c, at);
	}
	return at;
}

static void received(struct phase *p, struct conn *c, int n, int64_t now)
{
	if (n <= 0)
		fail("the server ended a connection", n ? -n : EPIPE);
	c->got += n;
	if (c->got < BYTES) {
		receive(c);
		return;
	}
	if (memcmp(c->in, c->out, BYTES))
		fail("not what was sent came back", EBADMSG);
	if (now >= p->warm) {
		histogram_add(&p->latency, now - c->since);
		p->done++;
	}
	if (!p->rate) {
		request(c, now);
	} else if (c->behind) {
		c->behind--;
		request(c, c->since + (int64_t)(1e9 * (double)p->conns / (double)p->rate));
	} else {
		c->since = 0;
	}
}

/* Waits for a completion, or until `until`; takes all there are. With a core to itself it does not sleep: waking a
 * sleeping core is dear to the server that must do it, and to every latency. */
static void turn(struct phase *p, int64_t until)
{
	struct io_uring_cqe *cqe;
	int64_t left = until - bench_now(), now;
	struct __kernel_timespec timeout = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
	unsigned head, n = 0;

	if (server.core_to_spare)
		io_uring_submit_and_get_events(&ring);
	else if (left > 0)
		io_uring_submit_and_wait_timeout(&ring, &cqe, 1, &timeout, NULL);
	now = bench_now();
	io_uring_for_each_cqe (&ring, head, cqe) {
		received(p, io_uring_cqe_get_data(cqe), cqe->res, now);
		n++;
	}
	io_uring_cq_advance(&ring, n);
}

static void ring_create(void)
{
	int err = io_uring_queue_init(ENTRIES, &ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);

	if (err == -EINVAL) /* before Linux 6.1 */
		err = io_uring_queue_init(ENTRIES, &ring, 0);
	if (err) {
		fprintf(stderr, "load: io_uring_setup: %s\n", strerror(-err));
		printf("refused\n");
		exit(77);
	}
}

static void connect_all(long n, uint16_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	int on = 1;

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	conns = calloc((size_t)n, sizeof *conns);
	if (!conns)
		fail("connections", ENOMEM);
	for (long i = 0; i < n; i++) {
		struct conn *c = &conns[i];
		c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&addr, sizeof addr))
			fail("connect", errno);
		setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		for (int k = 0; k < BYTES; k++)
			c->out[k] = (char)(i * 31 + k);
	}
}

static void stop_server(void)
{
	server_stop(&server);
}

static void report(const struct phase *p, const char *what, double value, const char *unit)
{
	char work[64];

	snprintf(work, sizeof work, "echo%s%s", p->name, what);
	bench_report(work, value, unit);
}

static void run_phase(struct phase *p, const struct server *s, int64_t ns)
{
	int64_t now, cpu = 0, warm = 0, next;

	connect_all(p->conns, s->port);
	ring_create();
	p->start = now = bench_now();
	p->warm = now + ns / 5;
	p->end = p->warm + ns;
	for (long i = 0; i < p->conns && !p->rate; i++)
		request(&conns[i], now);
	while ((now = bench_now()) < p->end) {
		if (!warm && now >= p->warm) {
			cpu = server_cpu_ns(s);
			warm = now;
		}
		next = p->rate ? send_due(p, now) : p->end;
		if (!warm && p->warm < next)
			next = p->warm;
		turn(p, next < p->end ? next : p->end);
	}
	if (!warm || !p->done) /* what would be reported is no rate of anything */
		fail("no answer while it was measured", ETIMEDOUT);
	cpu = server_cpu_ns(s) - cpu;
	now -= warm;
	if (p->rate) {
		report(p, "_cpu", 100.0 * (double)cpu / (double)now, "%");
	} else {
		report(p, "", 1e9 * (double)p->done / (double)now, "req/s");
		report(p, "_cpu", (double)cpu / 1e3 / (double)p->done, "us");
	}
	report(p, "_p50", (double)histogram_quantile(&p->latency, 0.50) / 1e3, "us");
	report(p, "_p99", (double)histogram_quantile(&p->latency, 0.99) / 1e3, "us");
	io_uring_queue_exit(&ring);
	for (long i = 0; i < p->conns; i++)
		close(conns[i].fd);
	free(conns);
}

int main(int argc, char **argv)
{
	int64_t ns = bench_arg(argc, argv, 1) * 1000000;
	int i = 2, dashes = 2;

	while (dashes < argc && strcmp(argv[dashes], "--"))
		dashes++;
	if (dashes == 2 || dashes + 2 >= argc) {
		fprintf(stderr, "usage: load MS CONNECTIONS[@RATE]... -- SERVER WORKERS [ARG...]\n");
		return 2;
	}
	server_start(&server, argv + dashes + 1);
	atexit(stop_server);
	for (; i < dashes; i++) {
		struct phase *p = calloc(1, sizeof *p);
		char *end;
		if (!p)
			fail("phase", ENOMEM);
		p->name = argv[i];
		p->conns = strtol(argv[i], &end, 10);
		p->rate = *end == '@' ? strtol(end + 1, NULL, 10) : 0;
		if (p->conns < 1 || (*end && p->rate < 1))
			fail(argv[i], EINVAL);
		run_phase(p, &server, ns);
		free(p);
	}
	return 0;
}
