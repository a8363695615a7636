/* Many descriptors at once, and tasks that move from worker to worker while they wait. */
#include <sys/resource.h>
#include <sys/socket.h>

#include "wait/each.h"

enum { PIPES = 5000, PAIRS = 50, VOLLEYS = SLOW_BUILD ? 40 : 200 };

static struct {
	int fds[PIPES][2];
	unsigned n;
	atomic_of(uint32_t) got;
	atomic_of(uint32_t) parking;
} sea;

static int fish(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	uint32_t n;

	at_add(&sea.parking, 1, RELAXED);
	CHECK_EQ(hob_read(sea.fds[me][0], &n, sizeof n, HOB_NEVER), sizeof n);
	CHECK_EQ(n, me);
	at_add(&sea.got, 1, RELAXED);
	return 0;
}

static int many_pipes(void *arg)
{
	struct hob_scope *s = scope_new();
	struct dice dice = dice_of(0);
	static uint32_t order[PIPES];

	(void)arg;
	sea.got = sea.parking = 0;
	for (unsigned i = 0; i < sea.n; i++) {
		uint64_t at = roll(&dice, i + 1);

		order[i] = order[at];
		order[at] = i;
		pipe_new(sea.fds[i], 0);
		spawn(s, fish, (void *)(uintptr_t)i);
	}
	while (at_load(&sea.parking, RELAXED) < sea.n)
		hob_yield();
	CHECK_EQ(hob_scope_wait(s, hob_after(2 * HOB_MS)), -ETIMEDOUT);
	CHECK_EQ(at_load(&sea.got, RELAXED), 0);
	for (unsigned i = 0; i < sea.n; i++)
		CHECK_EQ(write(sea.fds[order[i]][1], &order[i], sizeof order[i]), sizeof order[i]);
	scope_join(s);
	CHECK_EQ(sea.got, sea.n);
	for (unsigned i = 0; i < sea.n; i++)
		pipe_close(sea.fds[i]);
	return 0;
}

/* All of them cancelled at once. */
static int starve(void *arg)
{
	uint32_t n;

	at_add(&sea.parking, 1, RELAXED);
	CHECK_EQ(hob_read(sea.fds[(uintptr_t)arg][0], &n, sizeof n, HOB_NEVER), -ECANCELED);
	return 0;
}

static int many_cancelled(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	sea.parking = 0;
	for (unsigned i = 0; i < sea.n; i++) {
		pipe_new(sea.fds[i], i % 2 ? O_NONBLOCK : 0);
		spawn(s, starve, (void *)(uintptr_t)i);
	}
	while (at_load(&sea.parking, RELAXED) < sea.n)
		hob_yield();
	hob_scope_cancel(s);
	scope_join(s);
	for (unsigned i = 0; i < sea.n; i++)
		pipe_close(sea.fds[i]);
	return 0;
}

/* Pairs that play over a socket, each with a nap now and then, and yields to be stolen at. */

struct player {
	int fd;
	bool serves;
	struct dice dice;
};

static int play(void *arg)
{
	struct player *p = arg;
	uint32_t n;

	for (uint32_t i = 0; i < VOLLEYS; i++) {
		if (p->serves)
			CHECK_EQ(hob_write(p->fd, &i, sizeof i, HOB_NEVER), sizeof i);
		switch (roll(&p->dice, 8)) {
		case 0:
			hob_yield();
			break;
		case 1:
			CHECK_EQ(hob_sleep(hob_after((hob_time)roll(&p->dice, 30) * HOB_US)), 0);
			break;
		case 2: /* gives up, and waits on another worker's poller perhaps */
			n = (uint32_t)hob_poll(p->fd, POLLIN, hob_after((hob_time)roll(&p->dice, 30) * HOB_US));
			CHECK(n == POLLIN || (int)n == -ETIMEDOUT);
			break;
		}
		CHECK_EQ(hob_read(p->fd, &n, sizeof n, HOB_NEVER), sizeof n);
		CHECK_EQ(n, i);
		if (!p->serves)
			CHECK_EQ(hob_write(p->fd, &i, sizeof i, HOB_NEVER), sizeof i);
	}
	return 0;
}

static int tasks_that_move(void *arg)
{
	static struct player players[PAIRS][2];
	struct hob_scope *s = scope_new();

	(void)arg;
	for (uint64_t i = 0; i < PAIRS; i++) {
		int fds[2];

		CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (i % 2 ? SOCK_NONBLOCK : 0), 0, fds), 0);
		for (int n = 0; n < 2; n++) {
			players[i][n] = (struct player){ fds[n], n == 0, dice_of(2 * i + (uint64_t)n) };
			spawn(s, play, &players[i][n]);
		}
	}
	scope_join(s);
	for (int i = 0; i < PAIRS; i++)
		for (int n = 0; n < 2; n++)
			close(players[i][n].fd);
	return 0;
}

int main(void)
{
	struct rlimit limit;

	test_start();
	CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
	sea.n = SLOW_BUILD ? PIPES / 5 : PIPES;
	if (limit.rlim_cur < 2 * sea.n + 100) {
		sea.n = (unsigned)(limit.rlim_cur - 100) / 2;
		printf("# RLIMIT_NOFILE allows %u pipes only\n", sea.n);
	}
	EACH(many_pipes);
	EACH(many_cancelled);
	EACH(tasks_that_move);
	return test_done();
}
