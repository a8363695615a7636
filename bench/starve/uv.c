/* starve: libuv, and a callback that is stuck. Two workers are two loops on two threads that share the port, one of
 * them with the callback. uv.c WORKERS compute|block */
#include "stuck.h"
#include <uv.h>

struct client {
	uv_tcp_t tcp;
	char buf[1024];
};

struct reply {
	uv_write_t req;
	char data[];
};

static const char *how;

static void closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *c = (struct client *)handle;

	(void)suggested;
	*buf = uv_buf_init(c->buf, sizeof c->buf);
}

static void on_written(uv_write_t *req, int status)
{
	if (status < 0 && !uv_is_closing((uv_handle_t *)req->handle))
		uv_close((uv_handle_t *)req->handle, closed);
	free(req);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct reply *r;
	uv_buf_t out;

	if (n < 0) {
		uv_close((uv_handle_t *)stream, closed);
	} else if (n > 0) {
		r = malloc(sizeof *r + (size_t)n);
		bench_must(!r, "malloc");
		memcpy(r->data, buf->base, (size_t)n);
		out = uv_buf_init(r->data, (unsigned)n);
		bench_must(uv_write(&r->req, stream, &out, 1, on_written), "uv_write");
	}
}

static void on_connection(uv_stream_t *server, int status)
{
	struct client *c = malloc(sizeof *c);

	bench_must(status || !c, "on_connection");
	uv_tcp_init(server->loop, &c->tcp);
	bench_must(uv_accept(server, (uv_stream_t *)&c->tcp), "uv_accept");
	uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

static void get_stuck(uv_idle_t *handle)
{
	(void)handle;
	stuck_once(how);
}

static void serve(int fd, bool stuck)
{
	uv_tcp_t server;
	uv_idle_t idle;
	uv_loop_t loop;

	bench_must(uv_loop_init(&loop), "uv_loop_init");
	uv_tcp_init(&loop, &server);
	bench_must(uv_tcp_open(&server, fd), "uv_tcp_open");
	bench_must(uv_listen((uv_stream_t *)&server, 4096, on_connection), "uv_listen");
	uv_idle_init(&loop, &idle);
	if (stuck)
		uv_idle_start(&idle, get_stuck);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static void *serve_beside(void *fd)
{
	serve((int)(intptr_t)fd, false);
	return NULL;
}

int main(int argc, char **argv)
{
	long workers = bench_arg(argc, argv, 1);
	int fd = listen_on(0, SOCK_NONBLOCK);
	pthread_t thread;

	bench_must(argc != 3, "the number of arguments");
	how = argv[2];
	for (long i = 1; i < workers; i++) {
		int beside = listen_on(port_of(fd), SOCK_NONBLOCK);

		bench_must(pthread_create(&thread, NULL, serve_beside, (void *)(intptr_t)beside), "pthread_create");
	}
	announce(port_of(fd));
	serve(fd, true);
	return 0;
}
