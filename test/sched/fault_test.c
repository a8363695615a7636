/* Everything the runtime asks of the system may fail: the Nth request of a kind, once or from then on, for every N
 * until a run needs fewer. Each run ends, answers an error or none, and gives back all that it took. */
#include <hob.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "sched/rig.h"

enum { ENOUGH = 2000 };

/* The requests, and what each may fail with. */
enum kind { ALLOC, MAP, PROTECT, ADVISE, THREAD, OPEN, EVENTFD, EPOLL, CTL, RING, KINDS };

static const struct {
	const char *name;
	int errors[2];
} kinds[KINDS] = {
	[ALLOC] = { "alloc", { ENOMEM } },
	[MAP] = { "map", { ENOMEM } },
	[PROTECT] = { "protect", { ENOMEM } },
	[ADVISE] = { "advise", { EINVAL, ENOMEM } },
	[THREAD] = { "thread_create", { EAGAIN } },
	[OPEN] = { "open", { EMFILE } },
	[EVENTFD] = { "eventfd", { EMFILE, ENFILE } },
	[EPOLL] = { "epoll_create", { EMFILE } },
	[CTL] = { "epoll_ctl", { ENOMEM, ENOSPC } },
	[RING] = { "ring_init", { EMFILE, ENOMEM } },
};

static struct {
	enum kind kind;
	int error;
	uint32_t nth;
	bool for_good;
	atomic_of(uint32_t) asked, failed;
} plan;

static atomic_of(int32_t) memory, maps, fds, threads, rings;

static bool fails(enum kind kind)
{
	uint32_t n;

	if (kind != plan.kind)
		return false;
	n = at_add(&plan.asked, 1, RELAXED);
	if (n != plan.nth && !(plan.for_good && n > plan.nth))
		return false;
	at_add(&plan.failed, 1, RELAXED);
	return true;
}

static int counted(atomic_of(int32_t) *count, int result)
{
	if (result >= 0)
		at_add(count, 1, RELAXED);
	return result;
}

static void *try_alloc(size_t bytes)
{
	void *mem = fails(ALLOC) ? NULL : sys_real.alloc(bytes);

	counted(&memory, mem ? 0 : -1);
	return mem;
}

static void *try_alloc_aligned(size_t align, size_t bytes)
{
	void *mem = fails(ALLOC) ? NULL : sys_real.alloc_aligned(align, bytes);

	counted(&memory, mem ? 0 : -1);
	return mem;
}

static void give_free(void *mem)
{
	if (mem)
		at_sub(&memory, 1, RELAXED);
	sys_real.free(mem);
}

static int try_map(size_t bytes, int prot, void **out)
{
	return counted(&maps, fails(MAP) ? -plan.error : sys_real.map(bytes, prot, out));
}

static int try_map_shared(int fd, size_t bytes, int prot, void **out)
{
	return counted(&maps, fails(MAP) ? -plan.error : sys_real.map_shared(fd, bytes, prot, out));
}

static int give_unmap(void *mem, size_t bytes)
{
	at_sub(&maps, 1, RELAXED);
	return sys_real.unmap(mem, bytes);
}

static int try_protect(void *mem, size_t bytes, int prot)
{
	return fails(PROTECT) ? -plan.error : sys_real.protect(mem, bytes, prot);
}

static int try_advise(void *mem, size_t bytes, int advice)
{
	return fails(ADVISE) ? -plan.error : sys_real.advise(mem, bytes, advice);
}

static int try_thread(pthread_t *out, void *(*fn)(void *), void *arg)
{
	return counted(&threads, fails(THREAD) ? -plan.error : sys_real.thread_create(out, fn, arg));
}

static int give_thread(pthread_t t)
{
	at_sub(&threads, 1, RELAXED);
	return sys_real.thread_join(t);
}

static int try_open(const char *path, int flags)
{
	return counted(&fds, fails(OPEN) ? -plan.error : sys_real.open(path, flags));
}

static int try_memfd(const char *name)
{
	return counted(&fds, fails(OPEN) ? -plan.error : sys_real.memfd(name));
}

static int try_seal(int fd, int seals)
{
	return fails(ADVISE) ? -plan.error : sys_real.seal(fd, seals);
}

static int try_eventfd(void)
{
	return counted(&fds, fails(EVENTFD) ? -plan.error : sys_real.eventfd());
}

static int try_epoll(void)
{
	return counted(&fds, fails(EPOLL) ? -plan.error : sys_real.epoll_create());
}

static int give_fd(int fd)
{
	at_sub(&fds, 1, RELAXED);
	return sys_real.close(fd);
}

static int try_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	/* to remove never fails for want of anything */
	return op != EPOLL_CTL_DEL && fails(CTL) ? -plan.error : sys_real.epoll_ctl(ep, op, fd, ev);
}

static int try_ring(unsigned entries, struct io_uring *ring, struct io_uring_params *params)
{
	return counted(&rings, fails(RING) ? -plan.error : sys_real.ring_init(entries, ring, params));
}

static void give_ring(struct io_uring *ring)
{
	at_sub(&rings, 1, RELAXED);
	sys_real.ring_exit(ring);
}

static void stand_between(void)
{
	sys.alloc = try_alloc;
	sys.alloc_aligned = try_alloc_aligned;
	sys.free = give_free;
	sys.map = try_map;
	sys.map_shared = try_map_shared;
	sys.memfd = try_memfd;
	sys.seal = try_seal;
	sys.unmap = give_unmap;
	sys.protect = try_protect;
	sys.advise = try_advise;
	sys.thread_create = try_thread;
	sys.thread_join = give_thread;
	sys.open = try_open;
	sys.eventfd = try_eventfd;
	sys.epoll_create = try_epoll;
	sys.epoll_ctl = try_ctl;
	sys.close = give_fd;
	sys.ring_init = try_ring;
	sys.ring_exit = give_ring;
}

/* The program: tasks that yield, sleep, lock, and pass a byte through a pipe. */

static struct {
	atomic_of(uint32_t) started;
	uint32_t spawned;
	bool began;
	int pipe[2];
	struct hob_mutex mutex;
} shared;

static bool may_be(int err)
{
	return err == -plan.error && at_load(&plan.failed, RELAXED);
}

static int work(void *arg)
{
	struct hob_scope *s;
	int err;

	at_add(&shared.started, 1, RELAXED);
	hob_yield();
	CHECK_EQ(hob_sleep(hob_after(20 * HOB_US)), 0);
	CHECK_EQ(hob_mutex_lock(&shared.mutex, HOB_NEVER), 0);
	hob_yield();
	hob_mutex_unlock(&shared.mutex);
	err = hob_scope_create(&s);
	CHECK(err == 0 || may_be(err));
	if (!err)
		hob_scope_destroy(s);
	(void)arg;
	return 0;
}

static int pass(void *arg)
{
	char byte;
	ssize_t n;

	(void)arg;
	n = hob_read(shared.pipe[0], &byte, 1, HOB_NEVER);
	CHECK(n == 1 || may_be((int)n));
	n = hob_poll(shared.pipe[0], POLLIN, hob_after(50 * HOB_US));
	CHECK(n == -ETIMEDOUT || n == POLLIN || may_be((int)n));
	return 0;
}

static int main_task(void *arg)
{
	struct hob_scope *s;
	int err;

	(void)arg;
	shared.began = true;
	err = hob_scope_create(&s);
	CHECK(err == 0 || may_be(err));
	if (err)
		return 7;
	for (int i = 0; i < 150; i++) { /* more than one slab and one batch of stacks */
		err = hob_spawn(s, i < 2 ? pass : work, NULL);
		CHECK(err == 0 || may_be(err) || (err == -ENOMEM && at_load(&plan.failed, RELAXED)));
		shared.spawned += !err && i >= 2;
	}
	CHECK_EQ(sys_real.write(shared.pipe[1], "ab", 2), 2);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 7;
}

/* One run; true where the plan came to pass. */
static bool run(enum hob_backend backend)
{
	struct hob_options o = { .workers = 2, .backend = backend, .stack_bytes = 64 << 10 };
	static char name[100];
	char rest[4];
	int r;

	snprintf(name, sizeof name, "backend %d, %s no. %" PRIu32 " fails with %d, %s", (int)backend,
		 plan.kind < KINDS ? kinds[plan.kind].name : "none", plan.nth, plan.error,
		 plan.for_good ? "and all after it" : "once");
	test_name = name;
	plan.asked = plan.failed = 0;
	shared.started = 0;
	shared.spawned = 0;
	shared.began = false;
	memory = maps = fds = threads = rings = 0;
	r = hob_run(&o, main_task, NULL);
	CHECK(r == 7 || r == -plan.error || r == -ENOMEM);
	CHECK_EQ(shared.began, r == 7);
	CHECK_EQ(shared.started, shared.spawned);
	CHECK(r == 7 || plan.failed);
	CHECK_EQ(memory, 0);
	CHECK_EQ(maps, 0);
	CHECK_EQ(fds, 0);
	CHECK_EQ(threads, 0);
	CHECK_EQ(rings, 0);
	while (sys_real.read(shared.pipe[0], rest, sizeof rest) > 0)
		;
	return plan.failed;
}

static void fail_each(enum hob_backend backend, enum kind kind)
{
	plan.kind = kind;
	for (int e = 0; e < 2; e++) {
		if (!kinds[kind].errors[e])
			continue;
		plan.error = kinds[kind].errors[e];
		for (int for_good = 0; for_good < 2; for_good++) {
			plan.for_good = for_good;
			plan.nth = 0;
			while (run(backend)) {
				watchdog(100);
				/* every one of the first, then fewer and fewer of those that are alike */
				plan.nth += 1 + plan.nth / (SLOW_BUILD ? 8 : 32);
				CHECK(plan.nth < ENOUGH);
			}
		}
	}
}

static void every_request_fails(enum hob_backend backend)
{
	for (enum kind kind = 0; kind < KINDS; kind++)
		fail_each(backend, kind);
}

static void every_request_fails_over_epoll(void)
{
	every_request_fails(HOB_BACKEND_EPOLL);
}

static void every_request_fails_over_io_uring(void)
{
	every_request_fails(HOB_BACKEND_IO_URING);
}

static void every_request_fails_where_hob_chooses(void)
{
	plan.kind = RING;
	plan.error = EMFILE;
	plan.for_good = false;
	plan.nth = 0;
	CHECK(run(HOB_BACKEND_AUTO)); /* the probe fails: epoll it is */
	CHECK(shared.began);
	plan.kind = KINDS;
	CHECK(!run(HOB_BACKEND_AUTO));
}

int main(void)
{
	struct io_uring ring;
	struct io_uring_params params = { 0 };
	int before, refused;

	test_start();
	watchdog(100);
	CHECK_EQ(pipe2(shared.pipe, O_NONBLOCK | O_CLOEXEC), 0);
	refused = sys_real.ring_init(4, &ring, &params);
	if (!refused)
		sys_real.ring_exit(&ring);
	before = fds_open();
	stand_between();
	TEST(every_request_fails_over_epoll);
	if (refused)
		TEST_SKIP(every_request_fails_over_io_uring, "io_uring is refused here");
	else
		TEST(every_request_fails_over_io_uring);
	TEST(every_request_fails_where_hob_chooses);
	CHECK_EQ(fds_open(), before);
	return test_done();
}
