/* Calls to worker processes: what goes in and out, crashes, deadlines, cancellation, order, limits, and what a worker
 * sees of the program. */
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "process/pools.h"

static int calls(void *arg)
{
	struct hob_pool *p = pool_new(NULL);
	char out[64];
	struct hob_call c = { .in = "hello", .in_len = 5, .out = out, .out_size = sizeof out };

	(void)arg;
	for (int i = 0; i < 300; i++) {
		memset(out, 0, sizeof out);
		CHECK_EQ(hob_pool_call(p, echo, &c, HOB_NEVER), 5);
		CHECK_EQ(c.result, 5);
		CHECK_EQ(c.out_len, 5);
		CHECK(memcmp(out, "hello", 6) == 0);
	}
	c = (struct hob_call){ 0 };
	CHECK_EQ(hob_pool_call(p, echo, &c, hob_after(10 * HOB_SECOND)), 0);
	CHECK_EQ(hob_pool_call(p, echo, &c, 0), -ETIMEDOUT);
	CHECK_EQ(hob_pool_call(p, echo, &c, hob_now() - 1), -ETIMEDOUT);
	hob_pool_destroy(p);
	return 0;
}

static char large[300000], large_out[sizeof large];

static int sizes(void *arg)
{
	struct hob_pool *p =
		pool_new(&(struct hob_pool_options){ .in_bytes = sizeof large, .out_bytes = sizeof large });
	struct hob_call c = { .in = large, .out = large_out };

	(void)arg;
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (char)test_random();
	for (size_t n = 0; n <= sizeof large; n += 9973) {
		memset(large_out, 0, sizeof large_out);
		c.in_len = c.out_size = n;
		CHECK_EQ(hob_pool_call(p, echo, &c, HOB_NEVER), n);
		CHECK(c.out_len == n && memcmp(large, large_out, n) == 0);
	}
	c.in_len = sizeof large + 1;
	CHECK_EQ(hob_pool_call(p, echo, &c, HOB_NEVER), -E2BIG);
	c.in_len = 0;
	c.out_size = sizeof large + 1;
	CHECK_EQ(hob_pool_call(p, echo, &c, HOB_NEVER), -E2BIG);
	c.out_size = 0;
	c.nshared = HOB_SHARED_MAX + 1;
	CHECK_EQ(hob_pool_call(p, echo, &c, HOB_NEVER), -E2BIG);
	hob_pool_destroy(p);
	return 0;
}

struct asked {
	struct hob_pool *pool;
	uint64_t n;
};

static int ask(void *arg)
{
	struct asked *a = arg;
	struct hob_call c;

	for (int i = 0; i < 20; i++)
		CHECK_EQ(ask_more(a->pool, a->n * 1000 + (unsigned)i, &c, HOB_NEVER), 0);
	return 0;
}

static int crowd(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 3 });
	struct hob_scope *s = scope_new();
	struct hob_pool_stats stats;
	struct asked a[64];

	(void)arg;
	for (uint64_t i = 0; i < 64; i++) {
		a[i] = (struct asked){ p, i };
		spawn(s, ask, &a[i]);
	}
	scope_join(s);
	hob_pool_stats(p, &stats);
	CHECK_EQ(stats.calls, 64 * 20);
	CHECK(stats.workers <= 3 && stats.deaths == 0 && stats.waiting == 0);
	hob_pool_destroy(p);
	return 0;
}

static int wait_20ms(struct hob_call *c)
{
	(void)c;
	return poll(NULL, 0, 20);
}

/* Calls that wait get more workers than there are cores, sooner or later; none is lost over that. */
static int grows(void *arg)
{
	enum { N = 64 };
	struct hob_pool *p = pool_new(NULL);
	struct hob_pool_stats stats;
	struct hob_call c[N] = { { 0 } };
	uint64_t made = 0;

	(void)arg;
	do {
		CHECK_EQ(hob_pool_map(p, wait_20ms, c, N, HOB_NEVER), 0);
		made += N;
		hob_pool_stats(p, &stats);
		CHECK(stats.calls == made && stats.deaths == 0 && stats.waiting == 0);
	} while (stats.workers <= hob_cores());
	CHECK(stats.allowed >= 1 && stats.workers <= stats.started);
	hob_pool_destroy(p);
	return 0;
}

static int map(void *arg)
{
	enum { N = 500 };
	struct hob_pool *p = pool_new(NULL);
	uint64_t in[N], out[N] = { 0 };
	struct hob_call c[N];

	(void)arg;
	for (uint64_t i = 0; i < N; i++) {
		in[i] = i * i;
		c[i] = (struct hob_call){ .in = &in[i], .in_len = 8, .out = &out[i], .out_size = 8 };
	}
	CHECK_EQ(hob_pool_map(p, more, c, N, HOB_NEVER), 0);
	for (uint64_t i = 0; i < N; i++)
		CHECK(c[i].result == 0 && c[i].out_len == 8 && out[i] == i * i + 1);
	CHECK_EQ(hob_pool_map(p, more, c, N, 0), -ETIMEDOUT);
	CHECK_EQ(c[N - 1].result, -ETIMEDOUT);
	CHECK_EQ(hob_pool_map(p, more, c, 0, HOB_NEVER), 0);
	hob_pool_destroy(p);
	return 0;
}

/* The ways to die, by the byte of the input. */
static int die(struct hob_call *c)
{
	switch (*(const char *)c->in) {
	case 's':
		signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would make it an exit */
		raise(SIGSEGV);
		break;
	case 'k':
		raise(SIGKILL);
		break;
	case 'x':
		_exit(3);
	case 'a':
		signal(SIGABRT, SIG_DFL);
		abort();
	case 'c':
		close(3); /* lives on, without its end of the socket */
		return hang(c);
	case 'f': /* dies, and leaves a child that holds it all */
		if (fork() == 0)
			hang(c);
		raise(SIGKILL);
		break;
	}
	return 7;
}

static int deaths(void *arg)
{
	static const struct {
		char how[2];
		int status;
	} ways[] = { { "s", SIGSEGV }, { "k", SIGKILL }, { "x", 3 << 8 },
		     { "a", SIGABRT }, { "c", SIGKILL }, { "f", SIGKILL } };
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 1, .deaths_max = 1000 });
	struct hob_pool_stats stats;

	(void)arg;
	for (unsigned i = 0; i < 6; i++) {
		struct hob_call c = { .in = ways[i].how, .in_len = 1 };

		CHECK_EQ(hob_pool_call(p, die, &c, HOB_NEVER), -EOWNERDEAD);
		CHECK_EQ(c.status & 0xff7f, ways[i].status); /* without the bit of a core dump */
		c.in = "l";
		CHECK_EQ(hob_pool_call(p, die, &c, HOB_NEVER), 7);
		CHECK_EQ(c.status, 0);
	}
	hob_pool_stats(p, &stats);
	CHECK_EQ(stats.deaths, 6);
	CHECK_EQ(stats.started, 7);
	hob_pool_destroy(p);
	return 0;
}

/* A worker that dies while it is idle takes no call with it. */
static int idle_deaths(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 1 });
	struct hob_call c;

	(void)arg;
	for (uint64_t i = 0; i < 20; i++) {
		CHECK_EQ(kill(pid_of(p), SIGKILL), 0);
		CHECK_EQ(ask_more(p, i, &c, HOB_NEVER), 0);
	}
	hob_pool_destroy(p);
	return 0;
}

static int poison(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .deaths_max = 2 });
	struct hob_call bad = { .in = "k", .in_len = 1 }, good = { .in = "l", .in_len = 1 };

	(void)arg;
	CHECK_EQ(hob_pool_call(p, die, &bad, HOB_NEVER), -EOWNERDEAD);
	CHECK_EQ(hob_pool_call(p, die, &bad, HOB_NEVER), -EOWNERDEAD);
	CHECK_EQ(hob_pool_call(p, die, &bad, HOB_NEVER), -ENOTRECOVERABLE);
	CHECK_EQ(hob_pool_call(p, die, &good, HOB_NEVER), 7);
	bad.in = "k ";
	bad.in_len = 2;
	CHECK_EQ(hob_pool_call(p, die, &bad, HOB_NEVER), -EOWNERDEAD); /* another input */
	bad.in_len = 1;
	CHECK_EQ(hob_pool_call(p, die, &bad, HOB_NEVER), -ENOTRECOVERABLE);
	hob_pool_destroy(p);
	return 0;
}

static bool gone(int pid)
{
	return kill(pid, 0) == -1 && errno == ESRCH;
}

/* A hung worker, and one that is stopped, are killed at the deadline; when the call returns they are no more. */
static int deadlines(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 1 });
	struct hob_call c = { 0 };

	(void)arg;
	for (uint64_t i = 0; i < 5; i++) {
		int pid = pid_of(p);

		hob_time ns = 2 * HOB_MS;

		do /* on a busy machine it may not begin in time: then again, and longer */
			CHECK_EQ(hob_pool_call(p, hang, &c, hob_after(ns)), -ETIMEDOUT);
		while (!c.status && (ns *= 2) < 10 * HOB_SECOND);
		CHECK_EQ(c.status, SIGKILL);
		CHECK(gone(pid));
		CHECK_EQ(ask_more(p, i, &c, HOB_NEVER), 0);
		pid = pid_of(p);
		CHECK_EQ(kill(pid, SIGSTOP), 0);
		CHECK_EQ(ask_more(p, i, &c, hob_after(150 * HOB_MS)), -ETIMEDOUT);
		CHECK(gone(pid));
		CHECK_EQ(ask_more(p, i, &c, HOB_NEVER), 0);
	}
	hob_pool_destroy(p);
	return 0;
}

static int hang_here(void *arg)
{
	struct hob_call c = { 0 };

	CHECK_EQ(hob_pool_call(arg, hang, &c, HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_pool_call(arg, echo, &c, HOB_NEVER), -ECANCELED);
	return 0;
}

static int cancelled(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 2 });
	struct hob_call c;

	(void)arg;
	for (unsigned round = 0; round < 10; round++) {
		struct hob_scope *s = scope_new();

		for (int i = 0; i < 6; i++) /* two have begun, four are in the queue */
			spawn(s, hang_here, p);
		for (unsigned i = 0; i < round * round; i++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		CHECK_EQ(ask_more(p, round, &c, HOB_NEVER), 0);
	}
	hob_pool_destroy(p);
	return 0;
}

static int sum(struct hob_call *c)
{
	const unsigned char *in = c->shared[0].data;
	unsigned char *out = c->shared[1].data;
	unsigned total = 0;

	for (size_t i = 0; i < c->shared[0].bytes; i++) {
		total += in[i];
		out[i] = (unsigned char)(in[i] + 1);
	}
	return (int)(total & 0xffff);
}

static int scribble(struct hob_call *c)
{
	if (mprotect(c->shared[0].data, 4096, PROT_READ | PROT_WRITE) == 0)
		return 1;
	memset(c->shared[0].data, 1, c->shared[0].bytes);
	return 2;
}

static int shared(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_max = 1 });
	struct hob_shared s[2];
	struct hob_call c = { .shared = s, .nshared = 2 };
	unsigned char *in, *out;
	unsigned total = 0;

	(void)arg;
	CHECK_EQ(hob_shared_init(&s[0], 0, 0), -EINVAL);
	CHECK_EQ(hob_shared_init(&s[0], 100000, 0), 0);
	CHECK_EQ(hob_shared_init(&s[1], 100000, 1), 0);
	in = s[0].data;
	out = s[1].data;
	for (int i = 0; i < 100000; i++)
		total += in[i] = (unsigned char)test_random();
	for (int round = 0; round < 20; round++) {
		CHECK_EQ(hob_pool_call(p, sum, &c, HOB_NEVER), total & 0xffff);
		for (int i = 0; i < 100000; i++)
			CHECK(out[i] == (unsigned char)(in[i] + 1));
	}
	signal(SIGSEGV, SIG_DFL);
	CHECK_EQ(hob_pool_call(p, scribble, &c, HOB_NEVER), -EOWNERDEAD);
	hob_shared_finish(&s[0]);
	hob_shared_finish(&s[1]);
	hob_shared_finish(NULL);
	hob_pool_destroy(p);
	return 0;
}

/* What a worker has of the program's. */

static int descriptors(struct hob_call *c)
{
	int n = 0;

	(void)c;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int masked(struct hob_call *c)
{
	sigset_t set;

	(void)c;
	sigprocmask(SIG_BLOCK, NULL, &set);
	for (int s = 1; s < 32; s++)
		if (sigismember(&set, s))
			return s;
	return 0;
}

static int no_task(struct hob_call *c)
{
	return hob_sleep(0) == -EPERM && hob_pool_call(NULL, echo, c, HOB_NEVER) == -EPERM && getpgrp() == getpid();
}

static int clean(void *arg)
{
	struct hob_pool *p;
	struct hob_call c = { 0 };
	int fds[2];

	(void)arg;
	CHECK_EQ(pipe(fds), 0); /* not even close on exec */
	p = pool_new(NULL);
	CHECK_EQ(hob_pool_call(p, descriptors, &c, HOB_NEVER), 4);
	CHECK_EQ(hob_pool_call(p, masked, &c, HOB_NEVER), 0);
	CHECK_EQ(hob_pool_call(p, no_task, &c, HOB_NEVER), 1);
	hob_pool_destroy(p);
	pipe_close(fds);
	return 0;
}

static int strangers(void *arg)
{
	struct hob_pool *p = pool_new(&(struct hob_pool_options){ .workers_min = 2, .workers_max = 2 });
	struct hob_call c = { 0 };
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	hob_call_fn *fn;
	struct hob_pool *bad;

	(void)arg;
	memcpy(&fn, &page, sizeof fn);
	CHECK_EQ(hob_pool_call(p, fn, &c, HOB_NEVER), -EFAULT);
	CHECK_EQ(hob_pool_create(&bad, &(struct hob_pool_options){ .workers_min = 2, .workers_max = 1 }), -EINVAL);
	munmap(page, 4096);
	hob_pool_destroy(p);
	hob_pool_destroy(NULL);
	return 0;
}

static int without_helper(void *arg)
{
	struct hob_pool *p;

	(void)arg;
	CHECK_EQ(hob_pool_create(&p, NULL), -ESRCH);
	CHECK_EQ(hob_pool_prepare(), -EBUSY);
	return 0;
}

static void outside(void)
{
	struct hob_pool *p;
	struct hob_call c = { 0 };

	CHECK_EQ(hob_pool_create(&p, NULL), -EPERM);
	CHECK_EQ(hob_pool_call(NULL, echo, &c, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_run(NULL, without_helper, NULL), 0);
}

/* Last, since it stays: for runs that do not ask for one. */
static void prepared(void)
{
	CHECK_EQ(hob_pool_prepare(), 0);
	CHECK_EQ(hob_pool_prepare(), 0);
	CHECK_EQ(hob_run(NULL, calls, NULL), 0);
	CHECK_EQ(hob_run(NULL, calls, NULL), 0);
}

int main(void)
{
	test_start();
	watchdog(60);
	TEST(outside);
	EACH_POOL(calls);
	EACH_POOL(sizes);
	EACH_POOL(crowd);
	EACH_POOL(grows);
	EACH_POOL(map);
	EACH_POOL(deaths);
	EACH_POOL(idle_deaths);
	EACH_POOL(poison);
	EACH_POOL(deadlines);
	EACH_POOL(cancelled);
	EACH_POOL(shared);
	EACH_POOL(clean);
	EACH_POOL(strangers);
	TEST(prepared);
	return test_done();
}
