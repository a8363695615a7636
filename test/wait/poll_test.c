/* hob_poll over every backend: what it answers for each kind of descriptor, its deadlines, its cancellation. */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "wait/each.h"

/* What is ready at once, whatever the deadline. */

static void ready(int fd, short events, int answer)
{
	hob_time deadlines[] = { 0, -1, hob_now() - HOB_SECOND, 1, hob_after(HOB_SECOND), HOB_NEVER };

	for (unsigned i = 0; i < sizeof deadlines / sizeof *deadlines; i++)
		CHECK_EQ(hob_poll(fd, events, deadlines[i]), answer);
}

/* What is not: every deadline passes. */
static void idle(int fd, short events)
{
	hob_time soon;

	CHECK_EQ(hob_poll(fd, events, 0), -ETIMEDOUT);
	CHECK_EQ(hob_poll(fd, events, INT64_MIN), -ETIMEDOUT);
	CHECK_EQ(hob_poll(fd, events, hob_now()), -ETIMEDOUT);
	soon = hob_after(500 * HOB_US);
	CHECK_EQ(hob_poll(fd, events, soon), -ETIMEDOUT);
	CHECK(hob_now() >= soon);
}

static int pipes(void *arg)
{
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	idle(p[0], POLLIN);
	ready(p[1], POLLOUT, POLLOUT);
	CHECK_EQ(write(p[1], "x", 1), 1);
	ready(p[0], POLLIN, POLLIN);
	close(p[1]);
	ready(p[0], POLLIN, POLLIN | POLLHUP);
	ready(p[0], 0, POLLHUP);
	close(p[0]);
	pipe_new(p, 0);
	CHECK_EQ(fcntl(p[1], F_SETPIPE_SZ, 4096), 4096);
	CHECK_EQ(write(p[1], (char[4096]){ 0 }, 4096), 4096);
	idle(p[1], POLLOUT);
	close(p[0]);
	CHECK(hob_poll(p[1], POLLOUT, HOB_NEVER) & POLLERR);
	close(p[1]);
	return 0;
}

static int sockets(void *arg)
{
	int s[2];

	(void)arg;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s), 0);
	idle(s[0], POLLIN);
	idle(s[0], POLLPRI | POLLRDHUP);
	ready(s[0], POLLIN | POLLOUT, POLLOUT);
	CHECK_EQ(write(s[1], "x", 1), 1);
	ready(s[0], POLLIN | POLLOUT, POLLIN | POLLOUT);
	CHECK_EQ(shutdown(s[1], SHUT_WR), 0);
	ready(s[0], POLLRDHUP, POLLRDHUP);
	close(s[1]);
	ready(s[0], POLLIN | POLLRDHUP, POLLIN | POLLRDHUP | POLLHUP);
	close(s[0]);
	return 0;
}

/* The end of one direction is no event for who did not ask for it. */
static int half_closed(void *arg)
{
	char full[4096] = { 0 };
	int p[2];

	(void)arg;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p), 0);
	CHECK_EQ(shutdown(p[1], SHUT_WR), 0);
	CHECK_EQ(hob_poll(p[0], POLLRDHUP, HOB_NEVER), POLLRDHUP);
	CHECK_EQ(hob_poll(p[0], POLLIN, HOB_NEVER), POLLIN);
	CHECK_EQ(hob_poll(p[0], 0, hob_after(100 * HOB_US)), -ETIMEDOUT);
	while (send(p[0], full, sizeof full, MSG_DONTWAIT) > 0)
		;
	CHECK_EQ(hob_poll(p[0], POLLOUT, hob_after(100 * HOB_US)), -ETIMEDOUT);
	close(p[1]);
	CHECK(hob_poll(p[0], 0, HOB_NEVER) & POLLHUP);
	close(p[0]);
	return 0;
}

static int eventfds(void *arg)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	uint64_t n = 3;

	(void)arg;
	CHECK(fd >= 0);
	idle(fd, POLLIN);
	ready(fd, POLLIN | POLLOUT, POLLOUT);
	CHECK_EQ(write(fd, &n, sizeof n), sizeof n);
	ready(fd, POLLIN, POLLIN);
	close(fd);
	return 0;
}

static int regular_files(void *arg)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)arg;
	CHECK(fd >= 0 && null >= 0);
	ready(fd, POLLIN, POLLIN);
	ready(fd, POLLIN | POLLOUT, POLLIN | POLLOUT);
	ready(null, POLLIN | POLLOUT, POLLIN | POLLOUT);
	idle(fd, POLLPRI);
	close(fd);
	close(null);
	return 0;
}

static int bad_descriptors(void *arg)
{
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	pipe_close(p);
	ready(p[0], POLLIN, -EBADF);
	ready(-1, POLLIN, -EBADF);
	ready(INT32_MIN, POLLIN, -EBADF);
	ready(1000000, POLLOUT, -EBADF);
	return 0;
}

/* Something comes while we wait */

struct watcher {
	int fd;
	short events;
	int answer;
	bool parks;
};

static int watch(void *arg)
{
	struct watcher *w = arg;

	at_store(&w->parks, true, RELEASE);
	at_store(&w->answer, hob_poll(w->fd, w->events, HOB_NEVER), RELEASE);
	return 0;
}

static void settle(struct watcher *w)
{
	while (!at_load(&w->parks, ACQUIRE))
		hob_yield();
	for (int i = 0; i < 10; i++)
		hob_yield();
}

static int something_comes(void *arg)
{
	struct hob_scope *s = scope_new();
	struct watcher w;
	int p[2];

	(void)arg;
	for (int what = 0; what < 3; what++) {
		pipe_new(p, 0);
		w = (struct watcher){ p[0], POLLIN, 0, false };
		spawn(s, watch, &w);
		settle(&w);
		if (what == 0)
			CHECK_EQ(write(p[1], "x", 1), 1);
		else if (what == 1)
			close(p[1]);
		else
			CHECK_EQ(hob_write(p[1], "x", 1, HOB_NEVER), 1);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		CHECK_EQ(w.answer, what == 1 ? POLLHUP : POLLIN);
		close(p[0]);
		if (what != 1)
			close(p[1]);
	}
	hob_scope_destroy(s);
	return 0;
}

/* Readers and writers of one socket: each is told what it asked for, and no more. */
static int many_on_one(void *arg)
{
	struct hob_scope *s = scope_new(), *gone = scope_new();
	struct watcher w[6], lost;
	int size = 4096, fds[2];
	char junk[4096] = { 0 };

	(void)arg;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	CHECK_EQ(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
	while (write(fds[0], junk, sizeof junk) > 0)
		;
	for (int i = 0; i < 6; i++) {
		w[i] = (struct watcher){ fds[0], i < 3 ? POLLIN : POLLOUT, 0, false };
		spawn(s, watch, &w[i]);
	}
	lost = (struct watcher){ fds[0], POLLIN | POLLOUT, 0, false };
	spawn(gone, watch, &lost);
	for (int i = 0; i < 6; i++)
		settle(&w[i]);
	settle(&lost);
	hob_scope_destroy(gone); /* one gives up, the others do not notice */
	CHECK_EQ(lost.answer, -ECANCELED);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(at_load(&w[i].answer, RELAXED), 0);
	CHECK_EQ(write(fds[1], "x", 1), 1);
	while (!at_load(&w[0].answer, RELAXED) || !at_load(&w[1].answer, RELAXED) || !at_load(&w[2].answer, RELAXED))
		CHECK_EQ(hob_sleep(hob_after(20 * HOB_US)), 0);
	for (int i = 3; i < 6; i++)
		CHECK_EQ(at_load(&w[i].answer, RELAXED), 0);
	while (read(fds[1], junk, sizeof junk) > 0)
		;
	scope_join(s);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(w[i].answer, i < 3 ? POLLIN : POLLOUT);
	pipe_close(fds);
	return 0;
}

static int cancelled(void *arg)
{
	struct hob_scope *s;
	struct watcher w;
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	for (int i = 0; i < 20; i++) { /* at whatever moment */
		s = scope_new();
		w = (struct watcher){ p[0], POLLIN, 0, false };
		spawn(s, watch, &w);
		for (int n = 0; n < i; n++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		CHECK_EQ(w.answer, -ECANCELED);
	}
	pipe_close(p);
	return 0;
}

static int poll_ready_cancelled(void *arg)
{
	hob_scope_cancel(arg);
	CHECK_EQ(hob_poll(-1, POLLIN, HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_poll(1, POLLOUT, 0), -ECANCELED);
	return 0;
}

static int cancelled_before(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	spawn(s, poll_ready_cancelled, s);
	scope_join(s);
	return 0;
}

/* A number closed and used again is another descriptor. */
static int numbers_are_used_again(void *arg)
{
	struct hob_scope *s = scope_new();
	int last = -1, again = 0, p[2];

	(void)arg;
	for (int i = 0; i < 50; i++) {
		struct watcher w;

		pipe_new(p, 0);
		again += p[0] == last;
		last = p[0];
		if (i % 3 == 0)
			CHECK_EQ(hob_poll(p[0], POLLIN, hob_after(30 * HOB_US)), -ETIMEDOUT);
		w = (struct watcher){ p[0], POLLIN, 0, false };
		spawn(s, watch, &w);
		settle(&w);
		CHECK_EQ(at_load(&w.answer, RELAXED), 0);
		CHECK_EQ(write(p[1], "x", 1), 1);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		CHECK_EQ(w.answer, POLLIN);
		pipe_close(p);
	}
	CHECK(again > 20);
	hob_scope_destroy(s);
	return 0;
}

int main(void)
{
	test_start();
	signal(SIGPIPE, SIG_IGN);
	EACH(pipes);
	EACH(sockets);
	EACH(half_closed);
	EACH(eventfds);
	EACH(regular_files);
	EACH(bad_descriptors);
	EACH(something_comes);
	EACH(many_on_one);
	EACH(cancelled);
	EACH(cancelled_before);
	EACH(numbers_are_used_again);
	return test_done();
}
