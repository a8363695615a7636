/* hob_poll_many over every backend: whatever poll(2) answers, it answers, and it waits until then. */
#include <sys/resource.h>

#include "wait/each.h"

enum { MANY = SLOW_BUILD ? 300 : 2000 };

static int like_poll(void *arg)
{
	struct pollfd fds[5];
	int p[2], q[2];

	(void)arg;
	pipe_new(p, 0);
	pipe_new(q, 0);
	close(q[1]);
	fds[0] = (struct pollfd){ p[0], POLLIN, 77 };
	fds[1] = (struct pollfd){ p[1], POLLOUT, 77 };
	fds[2] = (struct pollfd){ -1, POLLIN, 77 };
	fds[3] = (struct pollfd){ 1000000, POLLIN, 77 };
	fds[4] = (struct pollfd){ q[0], 0, 77 };
	CHECK_EQ(hob_poll_many(fds, 5, HOB_NEVER), 3);
	CHECK_EQ(fds[0].revents, 0);
	CHECK_EQ(fds[1].revents, POLLOUT);
	CHECK_EQ(fds[2].revents, 0);
	CHECK_EQ(fds[3].revents, POLLNVAL);
	CHECK_EQ(fds[4].revents, POLLHUP);
	CHECK_EQ(hob_poll_many(fds, 5, 0), 3);
	CHECK_EQ(hob_poll_many(fds, 1, 0), -ETIMEDOUT);
	CHECK_EQ(hob_poll_many(fds + 2, 1, hob_after(50 * HOB_US)), -ETIMEDOUT);
	CHECK_EQ(hob_poll_many(NULL, 0, hob_after(50 * HOB_US)), -ETIMEDOUT);
	close(q[0]);
	pipe_close(p);
	return 0;
}

struct watcher {
	struct pollfd fds[4];
	unsigned n;
	hob_time deadline;
	int answer;
	bool parks;
};

static int watch(void *arg)
{
	struct watcher *w = arg;

	at_store(&w->parks, true, RELEASE);
	w->answer = hob_poll_many(w->fds, w->n, w->deadline);
	return 0;
}

/* One that comes is seen, at whatever place; also where a descriptor stands there twice, and beside files, which are
 * always ready but not for what is asked. */
static int one_comes(void *arg)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), p[2], q[2];
	struct hob_scope *s = scope_new();
	struct watcher w;

	(void)arg;
	for (unsigned i = 0; i < 24; i++) {
		hob_time soon = hob_after(100 * HOB_US);

		pipe_new(p, 0);
		pipe_new(q, 0);
		w = (struct watcher){
			.fds = { { p[0], POLLIN, 0 }, { q[0], POLLIN, 0 }, { q[0], POLLPRI, 0 }, { file, POLLPRI, 0 } },
			.n = i % 4 + 1,
			.deadline = i < 4 ? soon : HOB_NEVER
		};
		spawn(s, watch, &w);
		while (!at_load(&w.parks, ACQUIRE))
			hob_yield();
		for (unsigned n = 0; n < i / 4; n++)
			hob_yield();
		if (i >= 4)
			CHECK_EQ(write(w.n > 1 && i % 8 < 4 ? q[1] : p[1], "x", 1), 1);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		CHECK_EQ(w.answer, i < 4 ? -ETIMEDOUT : 1);
		CHECK(i >= 4 || hob_now() >= soon);
		for (unsigned n = 0; n < w.n; n++)
			CHECK_EQ(w.fds[n].revents, i >= 4 && n == (w.n > 1 && i % 8 < 4) ? POLLIN : 0);
		pipe_close(p);
		pipe_close(q);
	}
	hob_scope_destroy(s);
	close(file);
	return 0;
}

static int cancelled(void *arg)
{
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	for (unsigned i = 0; i < 24; i++) {
		struct hob_scope *s = scope_new();
		struct watcher w = { .fds = { { p[0], POLLIN, 0 }, { p[0], POLLIN, 0 } },
				     .n = i % 2 + 1,
				     .deadline = HOB_NEVER };

		spawn(s, watch, &w);
		for (unsigned n = 0; n < i / 4; n++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		CHECK_EQ(w.answer, -ECANCELED);
	}
	pipe_close(p);
	return 0;
}

/* A token that goes round through many pipes, each end watched among all by two tasks that race for it. */

static struct {
	int fds[MANY][2];
	atomic_of(uint32_t) taken;
} ring;

enum { ROUNDS = SLOW_BUILD ? 20 : 60 };

static int race(void *arg)
{
	struct pollfd *all = sys_real.alloc(MANY * sizeof *all);
	char byte;

	(void)arg;
	CHECK(all);
	for (int i = 0; i < MANY; i++)
		all[i] = (struct pollfd){ ring.fds[i][0], POLLIN, 0 };
	while (at_load(&ring.taken, RELAXED) < ROUNDS) {
		int n = hob_poll_many(all, MANY, hob_after(HOB_SECOND));

		CHECK(n > 0);
		for (int i = 0; i < MANY; i++)
			if (all[i].revents && hob_read(ring.fds[i][0], &byte, 1, 0) == 1) {
				at_add(&ring.taken, 1, RELAXED);
				CHECK_EQ(write(ring.fds[(i * 7 + 1) % MANY][1], &byte, 1), 1);
			}
	}
	sys_real.free(all);
	return 0;
}

static int many_watched(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	ring.taken = 0;
	for (int i = 0; i < MANY; i++)
		pipe_new(ring.fds[i], O_NONBLOCK);
	spawn(s, race, NULL);
	spawn(s, race, NULL);
	CHECK_EQ(write(ring.fds[0][1], "o", 1), 1);
	scope_join(s);
	for (int i = 0; i < MANY; i++)
		pipe_close(ring.fds[i]);
	return 0;
}

/* What it takes to wait may be lacking. */

static int refusal;
static atomic_of(int32_t) refuse_in;

static int scarce_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	return op == EPOLL_CTL_ADD && at_sub(&refuse_in, 1, RELAXED) == 1 ? refusal
									  : sys_real.epoll_ctl(ep, op, fd, ev);
}

static int scarce_create(void)
{
	return at_sub(&refuse_in, 1, RELAXED) == 1 ? refusal : sys_real.epoll_create();
}

static int scarcity(void *arg)
{
	struct pollfd fds[2];
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	fds[0] = fds[1] = (struct pollfd){ p[0], POLLIN, 0 };
	refusal = -EMFILE;
	at_store(&refuse_in, 1, RELAXED);
	CHECK_EQ(hob_poll_many(fds, 2, HOB_NEVER), -EMFILE);
	refusal = -ENOMEM;
	for (int i = 2; i <= 3; i++) {
		at_store(&refuse_in, i, RELAXED);
		CHECK_EQ(hob_poll_many(fds, 2, HOB_NEVER), -ENOMEM);
	}
	at_store(&refuse_in, 0, RELAXED);
	CHECK_EQ(hob_poll_many(fds, 2, hob_after(50 * HOB_US)), -ETIMEDOUT);
	pipe_close(p);
	return 0;
}

int main(void)
{
	struct rlimit limit;

	test_start();
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	EACH(like_poll);
	EACH(one_comes);
	EACH(cancelled);
	if (limit.rlim_cur > 2 * MANY + 100)
		EACH(many_watched);
	else
		TEST_SKIP(many_watched, "RLIMIT_NOFILE is too low");
	sys.epoll_create = scarce_create;
	sys.epoll_ctl = scarce_ctl;
	EACH(scarcity);
	return test_done();
}
