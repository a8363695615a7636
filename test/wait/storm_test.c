/* The kernel at its moodiest: signals into everything, submissions refused now and then, sleeps that end too early. No
 * answer may change for it but where the header says so. */
#include <sys/wait.h>

#include "base/lock.h"
#include "wait/each.h"

enum { ROUNDS = SLOW_BUILD ? 60 : 300, RUNNERS = 6 };

/* The load: runners that pass bytes, time out, poll and sleep. Where the kernel is short of memory, a wait may say
 * so. */

static struct dice mood;
static bool short_of_memory;
static struct lock mood_lock;

static uint64_t mood_roll(uint64_t below)
{
	uint64_t r;

	lock(&mood_lock);
	r = roll(&mood, below);
	unlock(&mood_lock);
	return r;
}

static bool excused(ssize_t r)
{
	return at_load(&short_of_memory, RELAXED) && r == -ENOMEM;
}

static void pass_a_byte(int p[2], char c)
{
	char got = 0;
	ssize_t r;

	while (excused(r = hob_write(p[1], &c, 1, HOB_NEVER)))
		;
	CHECK_EQ(r, 1);
	while (excused(r = hob_read(p[0], &got, 1, HOB_NEVER)))
		;
	CHECK_EQ(r, 1);
	CHECK_EQ(got, c);
}

static int feed(void *arg)
{
	hob_yield();
	CHECK_EQ(write(*(int *)arg, "z", 1), 1);
	return 0;
}

static void wait_for_a_byte(int p[2])
{
	struct hob_scope *s = scope_new();
	char got = 0;
	ssize_t r;

	spawn(s, feed, &p[1]);
	while (excused(r = hob_read(p[0], &got, 1, HOB_NEVER)))
		;
	CHECK_EQ(r, 1);
	CHECK_EQ(got, 'z');
	scope_join(s);
}

static int run_around(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	char byte;
	hob_time soon;
	int p[2], r;

	pipe_new(p, (uintptr_t)arg % 2 ? O_NONBLOCK : 0);
	for (int i = 0; i < ROUNDS; i++) {
		soon = hob_after((hob_time)roll(&dice, 60) * HOB_US);
		switch (roll(&dice, 6)) {
		case 0:
			pass_a_byte(p, (char)i);
			break;
		case 1:
			wait_for_a_byte(p);
			break;
		case 2:
			CHECK_EQ(hob_sleep(soon), 0);
			CHECK(hob_now() >= soon);
			break;
		case 3:
			r = hob_poll(p[0], POLLIN, roll(&dice, 3) ? soon : 0);
			CHECK(r == -ETIMEDOUT || excused(r));
			break;
		case 4:
			r = (int)hob_read(p[0], &byte, 1, roll(&dice, 3) ? soon : 0);
			CHECK(r == -ETIMEDOUT || excused(r));
			break;
		case 5:
			r = hob_poll(p[1], POLLOUT, HOB_NEVER);
			CHECK(r == POLLOUT || excused(r));
			break;
		}
	}
	pipe_close(p);
	return 0;
}

static int weather(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	for (uintptr_t i = 0; i < RUNNERS; i++)
		spawn(s, run_around, (void *)i);
	scope_join(s);
	return 0;
}

/* Signals, to a handler without SA_RESTART. */

static void nothing(int sig)
{
	(void)sig;
}

/* TSan calls the handler at once where a thread is in a call that may block, and pthread_join(3) is one, though it
 * frees memory in the end: if the signal comes then, TSan waits for itself. */
static int join_without_signals(pthread_t thread)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &all, &before), 0);
	err = sys_real.thread_join(thread);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
	return err;
}

static int children(void *arg)
{
	int status;

	(void)arg;
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0)
			_exit(i);
		CHECK_EQ(hob_child_wait(pid, &status, NULL, HOB_NEVER), 0);
		CHECK_EQ(WEXITSTATUS(status), i);
	}
	return 0;
}

static void in_signals(hob_task_fn *fn, const char *name)
{
	struct sigaction act = { .sa_handler = nothing };
	struct sigevent by = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec period = { { 0, 150000 }, { 0, 150000 } };
	timer_t timer;

	sys.thread_join = join_without_signals;
	CHECK_EQ(sigaction(SIGUSR1, &act, NULL), 0);
	CHECK_EQ(timer_create(CLOCK_MONOTONIC, &by, &timer), 0);
	CHECK_EQ(timer_settime(timer, 0, &period, NULL), 0);
	each(name, fn);
	CHECK_EQ(timer_delete(timer), 0);
}

/* Refusals: what a call may answer, one in so many times. */

static int moody_submit(struct io_uring *ring)
{
	if (mood_roll(4) == 0)
		return mood_roll(2) ? -EAGAIN : -EBUSY;
	return sys_real.ring_submit(ring);
}

static int moody_ring_wait(struct io_uring *ring, unsigned submit, int64_t timeout_ns)
{
	switch (mood_roll(6)) {
	case 0:
		return 0;
	case 1:
		return -EINTR;
	case 2:
		return -EAGAIN;
	}
	return sys_real.ring_wait(ring, submit, timeout_ns);
}

static int moody_epoll_wait(int ep, struct epoll_event *evs, int n, int64_t timeout_ns)
{
	switch (mood_roll(6)) {
	case 0:
		return 0;
	case 1:
		return -EINTR;
	}
	return sys_real.epoll_wait(ep, evs, n, timeout_ns);
}

static int moody_epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	if (at_load(&short_of_memory, RELAXED) && op != EPOLL_CTL_DEL && mood_roll(6) == 0)
		return -ENOMEM;
	return sys_real.epoll_ctl(ep, op, fd, ev);
}

static int moody_poll(struct pollfd *fds, unsigned n, int timeout_ms)
{
	return mood_roll(6) ? sys_real.poll(fds, n, timeout_ms) : -EINTR;
}

static ssize_t moody_read(int fd, void *buf, size_t len)
{
	return mood_roll(6) ? sys_real.read(fd, buf, len) : -EINTR;
}

static ssize_t moody_write(int fd, const void *buf, size_t len)
{
	return mood_roll(6) ? sys_real.write(fd, buf, len) : -EINTR;
}

/* The runtime cannot be had without its first registration, so the shortage begins with the first task. */
static int weather_and_shortage(void *arg)
{
	at_store(&short_of_memory, true, RELAXED);
	weather(arg);
	at_store(&short_of_memory, false, RELAXED);
	return 0;
}

int main(void)
{
	test_start();
	signal(SIGPIPE, SIG_IGN);
	EACH(weather);
	in_signals(weather, "weather in signals");
	in_signals(children, "children in signals");
	mood = dice_of(99);
	sys.ring_submit = moody_submit;
	sys.ring_wait = moody_ring_wait;
	sys.epoll_wait = moody_epoll_wait;
	sys.epoll_ctl = moody_epoll_ctl;
	sys.poll = moody_poll;
	sys.read = moody_read;
	sys.write = moody_write;
	each("weather, moody", weather);
	each("weather, moody and short of memory", weather_and_shortage);
	in_signals(weather_and_shortage, "weather, moody, short of memory, in signals");
	return test_done();
}
