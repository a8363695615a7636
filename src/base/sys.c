/* The real calls behind the seam of base/sys.h. Each entry is thin: it turns -1 and errno into a negative errno, and
 * EINTR is passed on, since only the caller knows its deadline. */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/sys_process.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

#define NS_PER_SECOND 1000000000

static long answer(long r)
{
	return r < 0 ? -errno : r;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / NS_PER_SECOND, .tv_nsec = ns % NS_PER_SECOND };
}

static inline int64_t time_of(clockid_t clock)
{
	struct timespec t;
	if (clock_gettime(clock, &t))
		return -errno;
	return (int64_t)t.tv_sec * NS_PER_SECOND + t.tv_nsec;
}

static int64_t real_now_coarse(void)
{
	return time_of(CLOCK_MONOTONIC_COARSE);
}

static int64_t real_now(void)
{
	return time_of(CLOCK_MONOTONIC);
}

static uint64_t real_random(void)
{
	uint64_t bits;
	if (getrandom(&bits, sizeof bits, 0) == sizeof bits)
		return bits;
	return (uint64_t)real_now(); /* a seccomp filter may refuse it; what hangs on it is speed, never safety */
}

static void *real_alloc(size_t bytes)
{
	return calloc(1, bytes);
}

static void *real_alloc_aligned(size_t align, size_t bytes)
{
	if (bytes > SIZE_MAX - align)
		return NULL;
	bytes = (bytes + align - 1) / align * align; /* C11 asks for a multiple */
	void *mem = aligned_alloc(align, bytes);
	return mem ? memset(mem, 0, bytes) : NULL;
}

static void real_free(void *mem)
{
	free(mem);
}

static int real_map(size_t bytes, int prot, void **out)
{
	void *mem = mmap(NULL, bytes, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return -errno;
	*out = mem;
	return 0;
}

static int real_unmap(void *mem, size_t bytes)
{
	return (int)answer(munmap(mem, bytes));
}

static int real_protect(void *mem, size_t bytes, int prot)
{
	return (int)answer(mprotect(mem, bytes, prot));
}

static int real_advise(void *mem, size_t bytes, int advice)
{
	return (int)answer(madvise(mem, bytes, advice));
}

static int real_futex_wait(uint32_t *word, uint32_t expected, const struct timespec *deadline)
{
	return (int)answer(
		syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline, NULL, FUTEX_BITSET_MATCH_ANY));
}

static int real_futex_wake(uint32_t *word, int n)
{
	return (int)answer(syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0));
}

static int real_membarrier(int command)
{
	return (int)answer(syscall(SYS_membarrier, command, 0, 0));
}

static int real_thread_create(pthread_t *out, void *(*fn)(void *), void *arg)
{
	return -pthread_create(out, NULL, fn, arg);
}

static int real_thread_join(pthread_t t)
{
	return -pthread_join(t, NULL);
}

static int real_thread_detach(pthread_t t)
{
	return -pthread_detach(t);
}

static pid_t real_thread_id(void)
{
	return (pid_t)syscall(SYS_gettid);
}

static int64_t real_thread_cpu(pthread_t t)
{
	clockid_t clock;
	int err = pthread_getcpuclockid(t, &clock);
	return err ? -err : time_of(clock);
}

static int real_affinity(size_t bytes, cpu_set_t *set)
{
	return (int)answer(sched_getaffinity(0, bytes, set));
}

static int real_open(const char *path, int flags)
{
	return (int)answer(open(path, flags | O_CLOEXEC, 0666));
}

/* On Linux the descriptor is gone even where close says EINTR: a second close could hit somebody else's. */
static int real_close(int fd)
{
	int r = (int)answer(close(fd));
	return r == -EINTR ? 0 : r;
}

static ssize_t real_read(int fd, void *buf, size_t len)
{
	return answer(read(fd, buf, len));
}

static ssize_t real_pread(int fd, void *buf, size_t len, off_t offset)
{
	return answer(pread(fd, buf, len, offset));
}

static ssize_t real_write(int fd, const void *buf, size_t len)
{
	return answer(write(fd, buf, len));
}

static ssize_t real_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	return answer(pwrite(fd, buf, len, offset));
}

static ssize_t real_readv(int fd, const struct iovec *iov, int n)
{
	return answer(readv(fd, iov, n));
}

static ssize_t real_writev(int fd, const struct iovec *iov, int n)
{
	return answer(writev(fd, iov, n));
}

static ssize_t real_getdents(int fd, void *buf, size_t len)
{
	return answer(syscall(SYS_getdents64, fd, buf, len));
}

static int real_poll(struct pollfd *fds, unsigned n, int timeout_ms)
{
	return (int)answer(poll(fds, n, timeout_ms));
}

static int real_eventfd(void)
{
	return (int)answer(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
}

static int real_getfl(int fd)
{
	return (int)answer(fcntl(fd, F_GETFL));
}

static int real_setfl(int fd, int flags)
{
	return (int)answer(fcntl(fd, F_SETFL, flags));
}

static int real_fstat(int fd, struct stat *st)
{
	return (int)answer(fstat(fd, st));
}

static ssize_t real_readlink(const char *path, char *to, size_t size)
{
	return answer(readlink(path, to, size));
}

static int real_socket(int family, int type, int protocol)
{
	return (int)answer(socket(family, type | SOCK_CLOEXEC, protocol));
}

static int real_socketpair(int family, int type, int protocol, int fds[2])
{
	return (int)answer(socketpair(family, type | SOCK_CLOEXEC, protocol, fds));
}

static int real_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return (int)answer(bind(fd, addr, len));
}

static int real_listen(int fd, int backlog)
{
	return (int)answer(listen(fd, backlog));
}

static int real_accept(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	return (int)answer(accept4(fd, addr, len, flags | SOCK_CLOEXEC));
}

static int real_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return (int)answer(connect(fd, addr, len));
}

static int real_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return (int)answer(setsockopt(fd, level, name, value, len));
}

static int real_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	return (int)answer(getsockopt(fd, level, name, value, len));
}

static int real_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	switch (getaddrinfo(host, service, hints, out)) {
	case 0:
		return 0;
	case EAI_MEMORY:
		return -ENOMEM;
	case EAI_SYSTEM:
		return -errno;
	default:
		return -ENOENT;
	}
}

static void real_freeaddrinfo(struct addrinfo *found)
{
	freeaddrinfo(found);
}

static ssize_t real_recv(int fd, void *buf, size_t len, int flags)
{
	return answer(recv(fd, buf, len, flags));
}

static ssize_t real_send(int fd, const void *buf, size_t len, int flags)
{
	return answer(send(fd, buf, len, flags));
}

static ssize_t real_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return answer(recvmsg(fd, msg, flags));
}

static ssize_t real_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return answer(sendmsg(fd, msg, flags));
}

static int real_epoll_create(void)
{
	return (int)answer(epoll_create1(EPOLL_CLOEXEC));
}

static int real_epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	return (int)answer(epoll_ctl(ep, op, fd, ev));
}

/* epoll_pwait2 came with Linux 5.11. Before, and where a seccomp filter of an older container refuses what it does
 * not know, the timeout is rounded up to milliseconds: late is allowed, early is not. */
static int real_epoll_wait(int ep, struct epoll_event *evs, int n, int64_t timeout_ns)
{
	static atomic_of(uint32_t) missing; /* relaxed: whoever does not see it asks the kernel once more */

	if (timeout_ns > 0 && !at_load(&missing, RELAXED)) {
		struct timespec t = timespec_of(timeout_ns);
		long r = answer(syscall(SYS_epoll_pwait2, ep, evs, n, &t, NULL, (size_t)0));
		if (r != -ENOSYS && r != -EPERM)
			return (int)r;
		at_store(&missing, 1, RELAXED);
	}
	int64_t ms = timeout_ns < 0 ? -1 : timeout_ns / 1000000 + (timeout_ns % 1000000 != 0);
	return (int)answer(epoll_wait(ep, evs, n, ms > INT_MAX ? INT_MAX : (int)ms));
}

static int real_ring_init(unsigned entries, struct io_uring *ring, struct io_uring_params *params)
{
	return io_uring_queue_init_params(entries, ring, params);
}

static void real_ring_exit(struct io_uring *ring)
{
	io_uring_queue_exit(ring);
}

static int real_ring_submit(struct io_uring *ring)
{
	return io_uring_submit(ring);
}

/* Linux 5.10 cannot time io_uring_enter without a timeout request in the submission queue, which is the caller's
 * alone. But a ring can be polled: POLLIN says that a completion is there. */
static int ring_wait_by_poll(struct io_uring *ring, int64_t timeout_ns)
{
	struct pollfd p = { .fd = ring->ring_fd, .events = POLLIN };
	struct timespec t = timespec_of(timeout_ns);
	long r = answer(ppoll(&p, 1, &t, NULL));
	return r == 0 ? -ETIME : r < 0 ? (int)r : 0;
}

static int real_ring_wait(struct io_uring *ring, unsigned submit, int64_t timeout_ns)
{
	unsigned registered = ring->enter_ring_fd != ring->ring_fd ? IORING_ENTER_REGISTERED_RING : 0;
	struct __kernel_timespec t = { timeout_ns / NS_PER_SECOND, timeout_ns % NS_PER_SECOND };
	struct io_uring_getevents_arg arg = { .sigmask_sz = _NSIG / 8, .ts = timeout_ns < 0 ? 0 : (uintptr_t)&t };
	bool extended = ring->features & IORING_FEAT_EXT_ARG, by_poll = timeout_ns >= 0 && !extended;
	unsigned flags = registered | (by_poll ? 0 : IORING_ENTER_GETEVENTS) | (extended ? IORING_ENTER_EXT_ARG : 0);
	int r = 0;
	if (submit || !by_poll)
		r = io_uring_enter2((unsigned)ring->enter_ring_fd, submit, !by_poll, flags,
				    extended ? (sigset_t *)&arg : NULL, sizeof arg);
	if (r < 0 || (unsigned)r < submit)
		return r < 0 ? r : -EAGAIN;
	return by_poll ? ring_wait_by_poll(ring, timeout_ns) : 0;
}

static int real_pidfd_open(pid_t pid)
{
	return (int)answer(syscall(SYS_pidfd_open, pid, 0)); /* close on exec always */
}

static int real_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	return (int)answer(wait4(pid, status, options, usage));
}

static int real_thread_create_sized(pthread_t *out, size_t stack_bytes, void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	int err = pthread_attr_init(&attr);

	if (err)
		return -err;
	err = pthread_attr_setstacksize(&attr, stack_bytes);
	if (!err)
		err = pthread_create(out, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	return -err;
}

static int real_signalfd(const sigset_t *set)
{
	return (int)answer(signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK));
}

static int real_inotify_init(void)
{
	return (int)answer(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
}

static int real_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return (int)answer(inotify_add_watch(fd, path, mask));
}

static int real_inotify_rm_watch(int fd, int watch)
{
	return (int)answer(inotify_rm_watch(fd, watch));
}

static int real_open_mode(const char *path, int flags, mode_t mode)
{
	return (int)answer(open(path, flags | O_CLOEXEC, mode));
}

static int real_fsync(int fd)
{
	return (int)answer(fsync(fd));
}

static int real_fdatasync(int fd)
{
	return (int)answer(fdatasync(fd));
}

static int real_ftruncate(int fd, off_t length)
{
	return (int)answer(ftruncate(fd, length));
}

static int real_statx(int dir, const char *path, int flags, unsigned mask, struct statx *out)
{
	return (int)answer(statx(dir, path, flags, mask, out));
}

static int real_rename(const char *from, const char *to)
{
	return (int)answer(rename(from, to));
}

static int real_unlink(const char *path)
{
	return (int)answer(unlink(path));
}

static int real_rmdir(const char *path)
{
	return (int)answer(rmdir(path));
}

static int real_mkdir(const char *path, mode_t mode)
{
	return (int)answer(mkdir(path, mode));
}

static ssize_t real_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len)
{
	return answer(copy_file_range(from, from_at, to, to_at, len, 0));
}

static ssize_t real_splice(int from, off_t *from_at, int to, off_t *to_at, size_t len)
{
	return answer(splice(from, from_at, to, to_at, len, SPLICE_F_NONBLOCK));
}

static ssize_t real_sendfile(int to, int from, off_t *from_at, size_t len)
{
	return answer(sendfile(to, from, from_at, len));
}

static int real_spawn(pid_t *out, const char *path, const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attr, char *const *argv, char *const *envp)
{
	return -posix_spawnp(out, path, actions, attr, argv, envp);
}

static ssize_t real_vm_read(pid_t pid, uint64_t address, void *to, size_t len)
{
	struct iovec here = { to, len }, there = { (void *)(uintptr_t)address, len };
	return answer(process_vm_readv(pid, &here, 1, &there, 1, 0));
}

static int64_t real_cpu_clock(pid_t pid)
{
	/* MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the kernel; clock_getcpuclockid(3) asks it once more. Of the
	 * number, 29 bits arrive. */
	if (pid >> 28)
		return -ESRCH;
	clockid_t clock = pid ? (clockid_t)(~(unsigned)pid << 3 | 2) : CLOCK_THREAD_CPUTIME_ID;
	int64_t ns = time_of(clock);
	return ns == -EINVAL ? -ESRCH : ns;
}

/* In the order of sys.h. */
/* clang-format off */
#define REAL_TABLE { \
	.now = real_now, \
	.now_coarse = real_now_coarse, \
	.random = real_random, \
	.alloc = real_alloc, \
	.alloc_aligned = real_alloc_aligned, \
	.free = real_free, \
	.map = real_map, \
	.unmap = real_unmap, \
	.protect = real_protect, \
	.advise = real_advise, \
	.futex_wait = real_futex_wait, \
	.futex_wake = real_futex_wake, \
	.membarrier = real_membarrier, \
	.thread_create = real_thread_create, \
	.thread_create_sized = real_thread_create_sized, \
	.thread_join = real_thread_join, \
	.thread_detach = real_thread_detach, \
	.thread_self = pthread_self, .thread_id = real_thread_id, \
	.thread_cpu = real_thread_cpu, \
	.affinity = real_affinity, \
	.open = real_open, \
	.close = real_close, \
	.read = real_read, \
	.pread = real_pread, \
	.write = real_write, \
	.pwrite = real_pwrite, \
	.readv = real_readv, \
	.writev = real_writev, \
	.getdents = real_getdents, \
	.poll = real_poll, \
	.eventfd = real_eventfd, \
	.signalfd = real_signalfd, \
	.inotify_init = real_inotify_init, \
	.inotify_add_watch = real_inotify_add_watch, \
	.inotify_rm_watch = real_inotify_rm_watch, \
	.getfl = real_getfl, \
	.setfl = real_setfl, \
	.fstat = real_fstat, \
	.readlink = real_readlink, \
	.socket = real_socket, \
	.socketpair = real_socketpair, \
	.bind = real_bind, \
	.listen = real_listen, \
	.accept = real_accept, \
	.connect = real_connect, \
	.setsockopt = real_setsockopt, \
	.getsockopt = real_getsockopt, \
	.getaddrinfo = real_getaddrinfo, \
	.freeaddrinfo = real_freeaddrinfo, \
	.recv = real_recv, \
	.send = real_send, \
	.recvmsg = real_recvmsg, \
	.sendmsg = real_sendmsg, \
	.open_mode = real_open_mode, \
	.fsync = real_fsync, \
	.fdatasync = real_fdatasync, \
	.ftruncate = real_ftruncate, \
	.statx = real_statx, \
	.rename = real_rename, \
	.unlink = real_unlink, \
	.rmdir = real_rmdir, \
	.mkdir = real_mkdir, \
	.copy_file_range = real_copy_file_range, \
	.splice = real_splice, \
	.sendfile = real_sendfile, \
	.epoll_create = real_epoll_create, \
	.epoll_ctl = real_epoll_ctl, \
	.epoll_wait = real_epoll_wait, \
	.ring_init = real_ring_init, \
	.ring_exit = real_ring_exit, \
	.ring_submit = real_ring_submit, \
	.ring_wait = real_ring_wait, \
	.pidfd_open = real_pidfd_open, \
	.spawn = real_spawn, \
	.wait4 = real_wait4, \
	.vm_read = real_vm_read, \
	.cpu_clock = real_cpu_clock, \
	REAL_PROCESS_TABLE, \
}
/* clang-format on */

const struct sys sys_real = REAL_TABLE;
struct sys sys = REAL_TABLE;
