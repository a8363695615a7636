/* Every call that makes workers may fail: the Nth of a kind, once or from then on, in the program, the helper or a
 * worker (they inherit the plan), for every N until a run needs fewer. Each run ends, answers an error or its work, and
 * leaves no memory, descriptor or process. */
#include "process/pools.h"

enum kind {
	ALLOC,
	FORK,
	MEMFD,
	SEAL,
	TRUNCATE,
	MAP,
	PAIR,
	EPOLL,
	CTL,
	SENDMSG,
	RECVMSG,
	PIDFD,
	DUP,
	CLOSE_FROM,
	SIGNALFD,
	LIMIT,
	PRCTL,
	OPEN,
	KINDS
};

static struct {
	enum kind kind;
	int error;
	uint32_t nth;
	bool for_good;
} plan;

static atomic_of(uint32_t) *asked; /* shared by all processes */
static atomic_of(int32_t) memory;

static bool fails(enum kind kind)
{
	uint32_t n;

	if (kind != plan.kind)
		return false;
	n = at_add(asked, 1, RELAXED);
	return n == plan.nth || (plan.for_good && n > plan.nth);
}

#define STAND_IN(KIND, type, name, takes, passes)                                                                      \
	static type try_##name takes                                                                                   \
	{                                                                                                              \
		return fails(KIND) ? (type)-plan.error : sys_real.name passes;                                         \
	}

STAND_IN(FORK, pid_t, fork, (void), ())
STAND_IN(MEMFD, int, memfd, (const char *name), (name))
STAND_IN(SEAL, int, seal, (int fd, int seals), (fd, seals))
STAND_IN(TRUNCATE, int, ftruncate, (int fd, off_t length), (fd, length))
STAND_IN(MAP, int, map_shared, (int fd, size_t bytes, int prot, void **out), (fd, bytes, prot, out))
STAND_IN(PAIR, int, socketpair, (int family, int type, int protocol, int fds[2]), (family, type, protocol, fds))
STAND_IN(EPOLL, int, epoll_create, (void), ())
STAND_IN(CTL, int, epoll_ctl, (int ep, int op, int fd, struct epoll_event *ev), (ep, op, fd, ev))
STAND_IN(SENDMSG, ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), (fd, msg, flags))
STAND_IN(RECVMSG, ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags))
STAND_IN(PIDFD, int, pidfd_open, (pid_t pid), (pid))
STAND_IN(DUP, int, dup_to, (int fd, int to, int flags), (fd, to, flags))
STAND_IN(CLOSE_FROM, int, close_from, (int first), (first))
STAND_IN(SIGNALFD, int, signalfd, (const sigset_t *set), (set))
STAND_IN(LIMIT, int, setrlimit, (int resource, const struct rlimit *limit), (resource, limit))
STAND_IN(PRCTL, int, prctl, (int option, unsigned long a, unsigned long b), (option, a, b))
STAND_IN(OPEN, int, open, (const char *path, int flags), (path, flags))

static void *try_alloc(size_t bytes)
{
	void *mem = fails(ALLOC) ? NULL : sys_real.alloc(bytes);

	at_add(&memory, mem ? 1 : 0, RELAXED);
	return mem;
}

static void *try_alloc_aligned(size_t align, size_t bytes)
{
	void *mem = fails(ALLOC) ? NULL : sys_real.alloc_aligned(align, bytes);

	at_add(&memory, mem ? 1 : 0, RELAXED);
	return mem;
}

static void give_free(void *mem)
{
	at_sub(&memory, mem ? 1 : 0, RELAXED);
	sys_real.free(mem);
}

static int first_byte(struct hob_call *c)
{
	return *(const unsigned char *)c->shared->data;
}

static int work(void *arg)
{
	struct hob_pool_options o = {
		.workers_max = 2, .workers_min = 1, .open_files = 50, .confine = HOB_CONFINE_PRIVILEGES
	};
	struct hob_pool *p;
	struct hob_shared s;
	struct hob_call c = { 0 };
	int err = hob_pool_create(&p, &o), r;

	(void)arg;
	if (err)
		return err;
	r = ask_more(p, 5, &c, HOB_NEVER);
	CHECK(r <= 0);
	CHECK(hob_shared_init(&s, 5000, 0) <= 0);
	if (s.data) {
		*(unsigned char *)s.data = 9;
		c = (struct hob_call){ .shared = &s, .nshared = 1 };
		r = hob_pool_call(p, first_byte, &c, HOB_NEVER);
		CHECK(r < 0 || r == 9);
		hob_shared_finish(&s);
	}
	hob_pool_destroy(p);
	return r < 0 ? r : 0;
}

static bool run(enum kind kind, uint32_t nth, bool for_good, int error)
{
	struct hob_options o = { .workers = 1, .pools = 1, .backend = HOB_BACKEND_EPOLL };
	int before = fds_open(), r;

	at_store(&memory, 0, RELAXED);
	at_store(asked, 0, RELAXED);
	plan.kind = kind;
	plan.nth = nth;
	plan.for_good = for_good;
	plan.error = error;
	r = hob_run(&o, work, NULL);
	plan.kind = KINDS;
	CHECK(r <= 0);
	CHECK_EQ(fds_open(), before);
	CHECK_EQ(at_load(&memory, RELAXED), 0);
	CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1);
	return at_load(asked, RELAXED) > nth;
}

static void each_call_fails(void)
{
	static const int errors[KINDS] = {
		[ALLOC] = ENOMEM,   [FORK] = EAGAIN,  [MEMFD] = EMFILE, [SEAL] = EPERM,       [TRUNCATE] = ENOMEM,
		[MAP] = ENOMEM,     [PAIR] = EMFILE,  [EPOLL] = EMFILE, [CTL] = ENOSPC,       [SENDMSG] = ETOOMANYREFS,
		[RECVMSG] = ENOMEM, [PIDFD] = ENOSYS, [DUP] = EBADF,    [CLOSE_FROM] = EPERM, [SIGNALFD] = EMFILE,
		[LIMIT] = EPERM,    [PRCTL] = EINVAL, [OPEN] = EMFILE
	};

	for (int kind = 0; kind < KINDS; kind++)
		for (int for_good = 0; for_good < 2; for_good++)
			for (uint32_t nth = 0; run((enum kind)kind, nth, for_good, errors[kind]); nth++)
				watchdog(60);
	CHECK(!run(KINDS, 0, false, 0));
}

int main(void)
{
	void *mem;
	int fd = sys_real.memfd("test");

	test_start();
	watchdog(60);
	CHECK_EQ(sys_real.ftruncate(fd, 4096), 0);
	CHECK_EQ(sys_real.map_shared(fd, 4096, 3 /* PROT_READ | PROT_WRITE */, &mem), 0);
	asked = mem;
	plan.kind = KINDS;
	sys.alloc = try_alloc;
	sys.alloc_aligned = try_alloc_aligned;
	sys.free = give_free;
	sys.fork = try_fork;
	sys.memfd = try_memfd;
	sys.seal = try_seal;
	sys.ftruncate = try_ftruncate;
	sys.map_shared = try_map_shared;
	sys.socketpair = try_socketpair;
	sys.epoll_create = try_epoll_create;
	sys.epoll_ctl = try_epoll_ctl;
	sys.sendmsg = try_sendmsg;
	sys.recvmsg = try_recvmsg;
	sys.pidfd_open = try_pidfd_open;
	sys.dup_to = try_dup_to;
	sys.close_from = try_close_from;
	sys.signalfd = try_signalfd;
	sys.setrlimit = try_setrlimit;
	sys.prctl = try_prctl;
	sys.open = try_open;
	TEST(each_call_fails);
	return test_done();
}
