/* Every entry of the table of system calls fails, by its number in the table: the Nth call of it, once or from then on,
 * with each errno it may have, over both backends, while a small program does a little of everything. No run hangs,
 * crashes, leaves a descriptor, memory or a mapping behind, or loses a task; what an answer may be is the other fault
 * tests' part. */
#include <errno.h>
#include <fcntl.h>
#include <hob.h>
#include <poll.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "sched/rig.h"

enum { ENTRIES = sizeof(struct sys) / sizeof(void *), ERRORS = 5 };

typedef long call_fn(long, long, long, long, long, long);

#define AT(name) (offsetof(struct sys, name) / sizeof(void *))

/* What may fail, and how. Those that must not, or that other tests fail, are not here: free, unmap, close, clocks. */
static const struct {
	const char *name;
	unsigned at;
	int errors[ERRORS];
} entries[] = {
#define ENTRY(name, ...)                                                                                               \
	{                                                                                                              \
#name, AT(name),                                                                                       \
		{                                                                                                      \
			__VA_ARGS__                                                                                    \
		}                                                                                                      \
	}
	ENTRY(alloc, ENOMEM),
	ENTRY(alloc_aligned, ENOMEM),
	ENTRY(map, ENOMEM, EAGAIN),
	ENTRY(protect, ENOMEM, EACCES),
	ENTRY(advise, EINVAL, ENOMEM, EAGAIN),
	ENTRY(futex_wait, EINTR, EAGAIN),
	ENTRY(membarrier, EINVAL, ENOSYS, ENOMEM, EPERM),
	ENTRY(thread_create, EAGAIN, EPERM),
	ENTRY(thread_create_sized, EAGAIN, EPERM),
	ENTRY(affinity, EINVAL, EPERM),
	ENTRY(open, ENOENT, EMFILE, EACCES, EINTR),
	ENTRY(read, EINTR, EIO, EAGAIN, EISDIR),
	ENTRY(pread, EINTR, EIO, EISDIR),
	ENTRY(write, EINTR, EIO, ENOSPC, EPIPE, EDQUOT),
	ENTRY(pwrite, EINTR, EIO, ENOSPC, EDQUOT, EFBIG),
	ENTRY(poll, EINTR, ENOMEM),
	ENTRY(eventfd, EMFILE, ENFILE, ENOMEM),
	ENTRY(getfl, EBADF),
	ENTRY(setfl, EPERM),
	ENTRY(fstat, EIO, ENOMEM),
	ENTRY(socketpair, EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES),
	ENTRY(recv, EINTR, ECONNRESET, ENOMEM, EAGAIN),
	ENTRY(send, EINTR, ECONNRESET, EPIPE, ENOBUFS, ENOMEM),
	ENTRY(open_mode, ENOENT, EMFILE, EACCES, ENOSPC, EROFS),
	ENTRY(fsync, EIO, ENOSPC, EINTR, EDQUOT),
	ENTRY(fdatasync, EIO, ENOSPC, EINTR, EDQUOT),
	ENTRY(ftruncate, EIO, EINTR, EFBIG, EPERM),
	ENTRY(statx, ENOENT, EACCES, ENOMEM),
	ENTRY(unlink, ENOENT, EACCES, EBUSY, EROFS),
	ENTRY(epoll_create, EMFILE, ENFILE, ENOMEM),
	ENTRY(epoll_ctl, ENOMEM, ENOSPC),
	ENTRY(epoll_wait, EINTR),
	ENTRY(ring_init, EMFILE, ENOMEM, EPERM, ENOSYS),
	ENTRY(ring_submit, EAGAIN, EBUSY, EINTR),
	ENTRY(ring_wait, EINTR, ETIME, EAGAIN),
};

enum { LISTED = sizeof entries / sizeof *entries };

static struct {
	unsigned at; /* ENTRIES: none */
	int error;
	uint32_t nth;
	bool for_good;
	atomic_of(uint32_t) asked, failed;
} plan;

static atomic_of(int32_t) memory, maps, threads;

/* The kernel refuses no count of an eventfd that has room. */
static bool of_eventfd(unsigned at, long len)
{
	return (at == AT(read) || at == AT(write)) && len == 8;
}

static bool fails(unsigned at, long len)
{
	uint32_t n;

	if (at != plan.at || of_eventfd(at, len))
		return false;
	n = at_add(&plan.asked, 1, RELAXED);
	if (n != plan.nth && !(plan.for_good && n > plan.nth))
		return false;
	/* What is asked again until it is done is not refused for ever. */
	if (n > plan.nth + 200)
		return false;
	at_add(&plan.failed, 1, RELAXED);
	return true;
}

static void count(unsigned at, bool worked)
{
	if (at == AT(alloc) || at == AT(alloc_aligned))
		at_add(&memory, worked, RELAXED);
	else if (at == AT(map))
		at_add(&maps, worked, RELAXED);
	else if (at == AT(thread_create) || at == AT(thread_create_sized))
		at_add(&threads, worked, RELAXED);
}

/* Arguments are words, and so are results, on both machines: so one function passes any call on. */
static long pass_on(unsigned at, long a, long b, long c, long d, long e, long f)
{
	bool gives_pointer = at == AT(alloc) || at == AT(alloc_aligned);
	call_fn *real;
	long r;

	if (fails(at, c))
		return gives_pointer ? 0 : -plan.error;
	memcpy(&real, (const char *)&sys_real + at * sizeof real, sizeof real);
	r = real(a, b, c, d, e, f);
	count(at, gives_pointer ? r != 0 : (int)r == 0);
	return r;
}

#define STUB(n)                                                                                                        \
	static long stub_##n(long a, long b, long c, long d, long e, long f)                                           \
	{                                                                                                              \
		return pass_on(AT(n), a, b, c, d, e, f);                                                               \
	}
/* clang-format off */
#define EACH(X) \
	X(alloc) X(alloc_aligned) X(map) X(protect) X(advise) X(futex_wait) X(membarrier) X(thread_create) \
	X(thread_create_sized) X(affinity) X(open) X(read) X(pread) X(write) X(pwrite) X(poll) X(eventfd) \
	X(getfl) X(setfl) X(fstat) X(socketpair) X(recv) X(send) X(open_mode) X(fsync) X(fdatasync) \
	X(ftruncate) X(statx) X(unlink) X(epoll_create) X(epoll_ctl) X(epoll_wait) X(ring_init) \
	X(ring_submit) X(ring_wait)
/* clang-format on */
EACH(STUB)

static void put(unsigned at, call_fn *fn)
{
	memcpy((char *)&sys + at * sizeof fn, &fn, sizeof fn);
}

static void give_free(void *mem)
{
	at_sub(&memory, mem != NULL, RELAXED);
	sys_real.free(mem);
}

static int give_unmap(void *mem, size_t bytes)
{
	at_sub(&maps, 1, RELAXED);
	return sys_real.unmap(mem, bytes);
}

static int give_thread(pthread_t t)
{
	at_sub(&threads, 1, RELAXED);
	return sys_real.thread_join(t);
}

static int give_thread_away(pthread_t t)
{
	at_sub(&threads, 1, RELAXED);
	return sys_real.thread_detach(t);
}

/* To remove a descriptor from epoll never fails for want of anything. */
static int try_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	return op == EPOLL_CTL_DEL ? sys_real.epoll_ctl(ep, op, fd, ev)
				   : (int)stub_epoll_ctl(ep, op, fd, (long)(uintptr_t)ev, 0, 0);
}

static void stand_between(void)
{
#define PUT(n) put(AT(n), stub_##n);
	EACH(PUT)
	sys.epoll_ctl = try_ctl;
	sys.free = give_free;
	sys.unmap = give_unmap;
	sys.thread_join = give_thread;
	sys.thread_detach = give_thread_away;
}

/* The program. ------------------------------------------------------------------------------------------------- */

static char path[] = "/tmp/hob-fault-XXXXXX";
static atomic_of(uint32_t) ran;

static int a_file(void *arg)
{
	char buf[8];
	int fd = hob_open(path, O_RDWR, 0, HOB_NEVER);
	struct statx st;

	(void)arg;
	at_add(&ran, 1, RELAXED);
	if (fd < 0)
		return 0;
	(void)hob_pwrite(fd, "hello", 5, 0, HOB_NEVER);
	hob_fsync(fd, HOB_NEVER);
	(void)hob_pread(fd, buf, 5, 0, HOB_NEVER);
	hob_ftruncate(fd, 0, HOB_NEVER);
	hob_statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &st, HOB_NEVER);
	hob_close(fd);
	return 0;
}

static int a_pair(void *arg)
{
	int fds[2];
	char buf[8];

	(void)arg;
	at_add(&ran, 1, RELAXED);
	if (hob_unix_pair(fds))
		return 0;
	if (hob_send(fds[0], "hello", 5, 0, hob_after(HOB_MS)) == 5)
		(void)hob_recv(fds[1], buf, 5, 0, hob_after(HOB_MS));
	if (hob_write(fds[1], "x", 1, hob_after(HOB_MS)) == 1)
		(void)hob_read(fds[0], buf, 1, hob_after(HOB_MS));
	hob_poll(fds[0], POLLIN, hob_after(20 * HOB_US));
	hob_close(fds[0]);
	hob_close(fds[1]);
	return 0;
}

static int add_one(void *arg)
{
	++*(int *)arg;
	return 0;
}

static int a_thread(void *arg)
{
	int n = 0, err = hob_blocking(add_one, &n, HOB_NEVER);

	(void)arg;
	at_add(&ran, 1, RELAXED);
	CHECK(err < 0 || n == 1);
	return 0;
}

static int receive(void *arg)
{
	int item;

	at_add(&ran, 1, RELAXED);
	(void)hob_chan_recv(arg, &item, HOB_NEVER);
	return 0;
}

static int add_range(size_t from, size_t to, void *arg)
{
	at_add((uint32_t *)arg, (uint32_t)(to - from), RELAXED);
	return 0;
}

static int main_task(void *arg)
{
	hob_task_fn *const tasks[] = { a_file, a_pair, a_thread };
	uint32_t spawned = 0, sum = 0;
	struct hob_chan *c = NULL;
	struct hob_scope *s;

	(void)arg;
	if (hob_scope_create(&s))
		return 7;
	for (unsigned i = 0; i < 3; i++)
		spawned += hob_spawn(s, tasks[i], NULL) == 0;
	if (hob_chan_create(&c, sizeof(int), 0) == 0)
		spawned += hob_spawn(s, receive, c) == 0;
	hob_sleep(hob_after(10 * HOB_US));
	if (c)
		hob_chan_close(c);
	CHECK(hob_parallel_for(64, 8, add_range, &sum) < 0 || sum == 64);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(at_load(&ran, RELAXED), spawned);
	hob_chan_destroy(c);
	hob_scope_destroy(s);
	return 7;
}

static unsigned points, workers = 2;

static void name_point(enum hob_backend backend, const char *name)
{
	static char text[120];

	snprintf(text, sizeof text, "backend %d, %u workers, %s no. %" PRIu32 " fails with %d, %s", (int)backend,
		 workers, name, plan.nth, plan.error, plan.for_good ? "and all after it" : "once");
	test_name = text;
}

/* True where the plan came to pass. */
static bool run(enum hob_backend backend, const char *name)
{
	struct hob_options o = { .workers = workers, .backend = backend, .stack_bytes = 64 << 10 };
	int r, before = fds_open();

	name_point(backend, name);
	plan.asked = plan.failed = 0;
	ran = 0;
	memory = maps = threads = 0;
	r = hob_run(&o, main_task, NULL);
	CHECK(r == 7 || (r < 0 && plan.failed));
	CHECK_EQ(memory, 0);
	CHECK_EQ(maps, 0);
	CHECK_EQ(threads, 0);
	CHECK_EQ(fds_open(), before);
	points += plan.failed != 0;
	return plan.failed;
}

static void fail_each(enum hob_backend backend)
{
	for (unsigned i = 0; i < LISTED; i++)
		for (unsigned k = 0; k < ERRORS * 2; k++) {
			plan.at = entries[i].at;
			plan.error = entries[i].errors[k / 2];
			plan.for_good = k % 2;
			if (!plan.error)
				continue;
			/* where that takes long: fewer and fewer of those that are alike */
			for (plan.nth = 0; run(backend, entries[i].name);
			     plan.nth += 1 + (SLOW_BUILD ? plan.nth / 8 : 0))
				watchdog(20);
		}
	plan.at = ENTRIES;
}

static void each_entry_fails_over_epoll(void)
{
	for (workers = 1; workers <= 2; workers++)
		fail_each(HOB_BACKEND_EPOLL);
}

static void each_entry_fails_over_io_uring(void)
{
	for (workers = 1; workers <= 2; workers++)
		fail_each(HOB_BACKEND_IO_URING);
}

int main(void)
{
	int fd;

	test_start();
	watchdog(60);
	fd = mkstemp(path);
	CHECK(fd >= 0);
	close(fd);
	plan.at = ENTRIES;
	run(HOB_BACKEND_AUTO, "none");
	stand_between();
	TEST(each_entry_fails_over_epoll);
	if (hob_run(&(struct hob_options){ .backend = HOB_BACKEND_IO_URING }, add_one, &fd) < 0)
		TEST_SKIP(each_entry_fails_over_io_uring, "io_uring is refused here");
	else
		TEST(each_entry_fails_over_io_uring);
	printf("# %u points\n", points);
	unlink(path);
	return test_done();
}
