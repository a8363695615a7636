/* hob_signal_wait: each signal is taken once, none is lost by a wait that is given up. */
#include <sys/signalfd.h>

#include "wait/each.h"

enum { SENDERS = 5, EACH_SENDS = SLOW_BUILD ? 20 : 200 };

static sigset_t set;

static bool pending(int sig)
{
	sigset_t now;

	CHECK_EQ(sigpending(&now), 0);
	return sigismember(&now, sig);
}

static int one(void *arg)
{
	struct signalfd_siginfo info;
	union sigval value = { .sival_int = 77 };

	(void)arg;
	CHECK_EQ(hob_signal_wait(&set, &info, 0), -ETIMEDOUT);
	CHECK_EQ(hob_signal_wait(&set, &info, hob_now() - 1), -ETIMEDOUT);
	CHECK_EQ(hob_signal_wait(&set, NULL, hob_after(100 * HOB_US)), -ETIMEDOUT);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0); /* before the wait: it is kept */
	CHECK_EQ(hob_signal_wait(&set, &info, 0), 0);
	CHECK_EQ(info.ssi_signo, SIGUSR1);
	CHECK_EQ(info.ssi_pid, getpid());
	CHECK_EQ(sigqueue(getpid(), SIGRTMIN, value), 0);
	CHECK_EQ(hob_signal_wait(&set, &info, HOB_NEVER), 0);
	CHECK_EQ(info.ssi_signo, SIGRTMIN);
	CHECK_EQ(info.ssi_int, 77);
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	CHECK_EQ(hob_signal_wait(&set, NULL, HOB_NEVER), 0);
	CHECK_EQ(hob_signal_wait(&set, NULL, 0), -ETIMEDOUT);
	return 0;
}

struct taker {
	atomic_of(uint32_t) *taken;
	struct hob_scope *all;
};

static int take(void *arg)
{
	struct taker *t = arg;
	struct signalfd_siginfo info;
	int err;

	while ((err = hob_signal_wait(&set, &info, HOB_NEVER)) == 0) {
		CHECK_EQ(info.ssi_signo, SIGRTMIN);
		if (at_add(t->taken, 1, RELAXED) + 1 == SENDERS * EACH_SENDS)
			hob_scope_cancel(t->all);
	}
	CHECK_EQ(err, -ECANCELED);
	return 0;
}

static int send_some(void *arg)
{
	for (int i = 0; i < EACH_SENDS; i++) {
		CHECK_EQ(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_ptr = arg }), 0);
		hob_yield();
	}
	return 0;
}

/* Real-time signals queue: so many sent, so many taken, whoever takes them. */
static int many(void *arg)
{
	struct hob_scope *takers = scope_new(), *senders = scope_new();
	atomic_of(uint32_t) taken = 0;
	struct taker t = { &taken, takers };

	(void)arg;
	for (int i = 0; i < 4; i++)
		spawn(takers, take, &t);
	for (int i = 0; i < SENDERS; i++)
		spawn(senders, send_some, NULL);
	scope_join(senders);
	scope_join(takers);
	CHECK_EQ(at_load(&taken, RELAXED), SENDERS * EACH_SENDS);
	CHECK(!pending(SIGRTMIN));
	return 0;
}

struct wait {
	hob_time deadline;
	int result;
};

static int wait_for(void *arg)
{
	struct wait *w = arg;

	w->result = hob_signal_wait(&set, NULL, w->deadline);
	return 0;
}

/* A signal that comes as the wait is given up is either answered or still there. */
static int given_up(void *arg)
{
	struct wait w;

	(void)arg;
	for (int i = 0; i < (SLOW_BUILD ? 30 : 200); i++) {
		struct hob_scope *s = scope_new();

		w.deadline = i % 2 ? HOB_NEVER : hob_after(i * HOB_US / 4);
		spawn(s, wait_for, &w);
		for (int n = 0; n < i % 7; n++)
			hob_yield();
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
		if (i % 2)
			hob_scope_cancel(s);
		scope_join(s);
		CHECK(w.result == 0 || w.result == (i % 2 ? -ECANCELED : -ETIMEDOUT));
		CHECK_EQ(pending(SIGUSR1), w.result != 0);
		if (w.result)
			CHECK_EQ(hob_signal_wait(&set, NULL, 0), 0);
	}
	return 0;
}

/* What the system may answer. */

static atomic_of(bool) out_of_fds;
static atomic_of(uint32_t) reads;

static int may_signalfd(const sigset_t *s)
{
	return at_load(&out_of_fds, RELAXED) ? -EMFILE : sys_real.signalfd(s);
}

static ssize_t interrupted_read(int fd, void *buf, size_t len)
{
	return at_add(&reads, 1, RELAXED) % 3 ? sys_real.read(fd, buf, len) : -EINTR;
}

static int moods(void *arg)
{
	(void)arg;
	at_store(&out_of_fds, true, RELAXED);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(hob_signal_wait(&set, NULL, HOB_NEVER), -EMFILE);
	at_store(&out_of_fds, false, RELAXED);
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(hob_signal_wait(&set, NULL, HOB_NEVER), 0);
		CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	}
	return hob_signal_wait(&set, NULL, HOB_NEVER);
}

static void outside(void)
{
	CHECK_EQ(hob_signal_wait(&set, NULL, 0), -EPERM);
}

int main(void)
{
	test_start();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	TEST(outside);
	EACH(one);
	EACH(many);
	EACH(given_up);
	sys.signalfd = may_signalfd;
	sys.read = interrupted_read;
	EACH(moods);
	return test_done();
}
