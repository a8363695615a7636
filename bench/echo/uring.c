/* echo: the limit with io_uring, by hand: a ring and a listening socket a thread, the kernel spreads the connections.
 * An echo is one submission of two linked entries (send, then receive again) and one completion. uring.c WORKERS */
#define _GNU_SOURCE
#include "listen.h"
#include <liburing.h>
#include <pthread.h>

enum { ENTRIES = 4096, BUFFER = 1024 };

struct conn {
	int fd;
	char buf[BUFFER];
};

static struct io_uring_sqe *entry(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	if (!sqe) {
		io_uring_submit(ring);
		sqe = io_uring_get_sqe(ring);
	}
	return sqe;
}

static void receive(struct io_uring *ring, struct conn *c)
{
	struct io_uring_sqe *sqe = entry(ring);

	io_uring_prep_recv(sqe, c->fd, c->buf, BUFFER, 0);
	io_uring_sqe_set_data(sqe, c);
}

static void accepted(struct io_uring *ring, int fd)
{
	struct conn *c = malloc(sizeof *c);

	if (fd < 0 || !c) {
		fprintf(stderr, "accept: %s\n", strerror(fd < 0 ? -fd : ENOMEM));
		exit(1);
	}
	c->fd = fd;
	receive(ring, c);
}

static void received(struct io_uring *ring, struct conn *c, int n)
{
	struct io_uring_sqe *sqe;

	if (n <= 0) {
		close(c->fd);
		free(c);
		return;
	}
	if (io_uring_sq_space_left(ring) < 2) /* a chain must not be cut by a submission */
		io_uring_submit(ring);
	sqe = entry(ring);
	/* A failed or short send cancels the receive behind it, which then ends the connection. */
	io_uring_prep_send(sqe, c->fd, c->buf, (size_t)n, MSG_WAITALL);
	io_uring_sqe_set_flags(sqe, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
	io_uring_sqe_set_data(sqe, NULL);
	receive(ring, c);
}

static void *serve(void *arg)
{
	int listener = (int)(intptr_t)arg, err;
	struct io_uring ring;
	struct io_uring_params params = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };
	struct io_uring_cqe *cqe;
	unsigned head, n;

	err = io_uring_queue_init_params(ENTRIES, &ring, &params);
	if (err == -EINVAL) { /* before Linux 6.1 */
		memset(&params, 0, sizeof params);
		err = io_uring_queue_init_params(ENTRIES, &ring, &params);
	}
	if (err) {
		fprintf(stderr, "io_uring_setup: %s\n", strerror(-err));
		exit(77);
	}
	struct io_uring_sqe *sqe = entry(&ring);
	io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, 0);
	io_uring_sqe_set_data(sqe, &ring);
	for (;;) {
		io_uring_submit_and_wait(&ring, 1);
		n = 0;
		io_uring_for_each_cqe (&ring, head, cqe) {
			void *data = io_uring_cqe_get_data(cqe);
			if (data == &ring)
				accepted(&ring, cqe->res);
			else if (data)
				received(&ring, data, cqe->res);
			n++;
		}
		io_uring_cq_advance(&ring, n);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	long workers = bench_arg(argc, argv, 1);
	int listener = listen_on(0, 0);
	uint16_t port = port_of(listener);
	pthread_t thread;

	for (long i = 1; i < workers; i++)
		bench_must(pthread_create(&thread, NULL, serve, (void *)(intptr_t)listen_on(port, 0)),
			   "pthread_create");
	announce(port);
	serve((void *)(intptr_t)listener);
}
