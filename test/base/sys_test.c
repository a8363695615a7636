/* The real calls behind base/sys.h: each entry works, and answers the negative errno it should. */
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <liburing.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomic.h"
#include "test.h"

#define MS 1000000

static void clock_goes_forward(void)
{
	int64_t before = sys.now();
	CHECK(before > 0);
	for (int i = 0; i < 1000; i++) {
		int64_t now = sys.now();
		CHECK(now >= before);
		before = now;
	}
}

static void random_bits_differ(void)
{
	uint64_t ones = 0, zeros = 0;
	for (int i = 0; i < 64; i++) {
		uint64_t bits = sys.random();
		ones |= bits;
		zeros |= ~bits;
	}
	CHECK(ones == UINT64_MAX && zeros == UINT64_MAX);
}

static void memory_is_zeroed_and_aligned(void)
{
	for (size_t align = sizeof(void *); align <= 4096; align *= 2) {
		unsigned char *mem = sys.alloc_aligned(align, 100);
		CHECK(mem && (uintptr_t)mem % align == 0);
		for (int i = 0; i < 100; i++)
			CHECK_EQ(mem[i], 0);
		memset(mem, 0xff, 100);
		sys.free(mem);
	}
	unsigned char *mem = sys.alloc(100);
	CHECK(mem != NULL);
	for (int i = 0; i < 100; i++)
		CHECK_EQ(mem[i], 0);
	sys.free(mem);
	sys.free(NULL);
	CHECK(sys.alloc_aligned(64, SIZE_MAX - 8) == NULL);
}

static void mappings(void)
{
	void *mem = NULL;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	CHECK_EQ(sys.map(page, PROT_READ | PROT_WRITE, &mem), 0);
	*(char *)mem = 1;
	CHECK_EQ(sys.advise(mem, page, MADV_DONTNEED), 0);
	CHECK_EQ(*(char *)mem, 0);
	CHECK_EQ(sys.protect(mem, page, PROT_READ), 0);
	CHECK_EQ(sys.protect((char *)mem + 1, page, PROT_READ), -EINVAL);
	CHECK_EQ(sys.advise((char *)mem + 1, page, MADV_DONTNEED), -EINVAL);
	CHECK_EQ(sys.unmap((char *)mem + 1, page), -EINVAL);
	CHECK_EQ(sys.unmap(mem, page), 0);
	CHECK_EQ(sys.protect(mem, page, PROT_READ), -ENOMEM);
	CHECK_EQ(sys.map(0, PROT_READ, &mem), -EINVAL);
	CHECK_EQ(sys.map((size_t)1 << 62, PROT_READ, &mem), -ENOMEM);
}

static void *echo(void *arg)
{
	return arg;
}

static void threads_and_futexes(void)
{
	pthread_t t;
	uint32_t word = 1;
	struct timespec past = { 0 };
	CHECK_EQ(sys.thread_create(&t, echo, NULL), 0);
	CHECK_EQ(sys.thread_join(t), 0);
#ifndef BASE_TSAN /* which stops at this itself */
	CHECK_EQ(sys.thread_join(pthread_self()), -EDEADLK);
#endif
	CHECK_EQ(sys.futex_wait(&word, 2, NULL), -EAGAIN);
	CHECK_EQ(sys.futex_wait(&word, 1, &past), -ETIMEDOUT);
	CHECK_EQ(sys.futex_wake(&word, INT_MAX), 0);

	cpu_set_t set;
	CHECK_EQ(sys.affinity(1, &set), -EINVAL);
}

static void descriptors(void)
{
	char buf[4];
	int pipes[2];
	CHECK_EQ(sys.open("/nonexistent/file", O_RDONLY), -ENOENT);
	int fd = sys.open("/dev/zero", O_RDONLY);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(sys.read(fd, buf, sizeof buf), sizeof buf);
	CHECK_EQ(sys.pread(fd, buf, sizeof buf, 0), sizeof buf);
	CHECK_EQ(sys.write(fd, buf, sizeof buf), -EBADF);
	struct stat st;
	CHECK_EQ(sys.getfl(fd) & O_ACCMODE, O_RDONLY);
	CHECK_EQ(sys.fstat(fd, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_EQ(sys.getdents(fd, buf, sizeof buf), -ENOTDIR);
	CHECK_EQ(sys.close(fd), 0);
	CHECK_EQ(sys.close(fd), -EBADF);
	CHECK_EQ(sys.read(fd, buf, sizeof buf), -EBADF);
	CHECK_EQ(sys.getfl(fd), -EBADF);
	CHECK_EQ(sys.fstat(fd, &st), -EBADF);

	_Alignas(8) char entries[4096];
	fd = sys.open("/", O_RDONLY | O_DIRECTORY);
	CHECK(sys.getdents(fd, entries, sizeof entries) > 0);
	CHECK_EQ(sys.close(fd), 0);

	CHECK_EQ(pipe(pipes), 0);
	CHECK_EQ(sys.pread(pipes[0], buf, sizeof buf, 0), -ESPIPE);
	struct pollfd p = { .fd = pipes[0], .events = POLLIN };
	CHECK_EQ(sys.poll(&p, 1, 0), 0);
	CHECK_EQ(sys.write(pipes[1], buf, 1), 1);
	CHECK_EQ(sys.poll(&p, 1, -1), 1);
	CHECK_EQ(sys.close(pipes[0]), 0);
	signal(SIGPIPE, SIG_IGN);
	CHECK_EQ(sys.write(pipes[1], buf, 1), -EPIPE);
	CHECK_EQ(sys.close(pipes[1]), 0);

	fd = sys.eventfd();
	CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	uint64_t count;
	CHECK_EQ(sys.read(fd, &count, sizeof count), -EAGAIN);
	CHECK_EQ(sys.close(fd), 0);
}

static void vectors_and_positions(void)
{
	FILE *f = tmpfile();
	char buf[4] = { 0 };
	struct iovec part = { buf, 2 };
	int fd;

	CHECK(f);
	fd = fileno(f);
	CHECK_EQ(sys.pwrite(fd, "abcd", 4, 0), 4);
	CHECK_EQ(sys.readv(fd, &part, 1), 2);
	CHECK_EQ(strcmp(buf, "ab"), 0);
	CHECK_EQ(sys.writev(fd, &part, 1), 2);
	CHECK_EQ(sys.pread(fd, buf, 4, 0), 4);
	CHECK_EQ(memcmp(buf, "abab", 4), 0);
	CHECK_EQ(sys.setfl(fd, sys.getfl(fd) | O_NONBLOCK), 0);
	CHECK(sys.getfl(fd) & O_NONBLOCK);
	fclose(f);
	CHECK_EQ(sys.pwrite(fd, buf, 1, 0), -EBADF);
	CHECK_EQ(sys.readv(fd, &part, 1), -EBADF);
	CHECK_EQ(sys.writev(fd, &part, 1), -EBADF);
	CHECK_EQ(sys.setfl(fd, 0), -EBADF);
}

static void sockets(void)
{
	const struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;
	int fd = sys.socket(AF_INET, SOCK_STREAM, 0), client = sys.socket(AF_INET, SOCK_STREAM, 0), peer, on = 0;
	struct sockaddr_storage addr;
	socklen_t len = sizeof addr, size = sizeof on;
	char buf[4];
	struct iovec part = { buf, sizeof buf };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	CHECK_EQ(sys.getaddrinfo("no numeric host", NULL, &numeric, &found), -ENOENT);
	CHECK_EQ(sys.getaddrinfo("127.0.0.1", NULL, &numeric, &found), 0);
	CHECK(fd >= 0 && fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(sys.bind(fd, found->ai_addr, found->ai_addrlen), 0);
	CHECK_EQ(sys.bind(fd, found->ai_addr, found->ai_addrlen), -EINVAL);
	sys.freeaddrinfo(found);
	CHECK_EQ(sys.accept(fd, NULL, NULL, 0), -EINVAL);
	CHECK_EQ(sys.listen(fd, 1), 0);
	CHECK_EQ(sys.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &(int){ 1 }, sizeof(int)), 0);
	CHECK_EQ(sys.getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
	CHECK_EQ(on, 1);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	CHECK_EQ(sys.connect(client, (struct sockaddr *)&addr, len), 0);
	CHECK_EQ(sys.connect(client, (struct sockaddr *)&addr, len), -EISCONN);
	peer = sys.accept(fd, (struct sockaddr *)&addr, &len, SOCK_NONBLOCK);
	CHECK(peer >= 0 && fcntl(peer, F_GETFD) & FD_CLOEXEC && fcntl(peer, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(sys.recv(peer, buf, 4, 0), -EAGAIN);
	CHECK_EQ(sys.recvmsg(peer, &msg, 0), -EAGAIN);
	CHECK_EQ(sys.send(client, "abcd", 4, 0), 4);
	CHECK_EQ(sys.recv(peer, buf, 4, MSG_WAITALL), 4);
	CHECK_EQ(sys.sendmsg(peer, &msg, 0), 4);
	CHECK_EQ(sys.recvmsg(client, &msg, MSG_WAITALL), 4);
	CHECK_EQ(memcmp(buf, "abcd", 4), 0);
	CHECK_EQ(sys.close(fd), 0);
	CHECK_EQ(sys.close(client), 0);
	CHECK_EQ(sys.close(peer), 0);
	CHECK_EQ(sys.send(peer, buf, 1, 0), -EBADF);
	CHECK_EQ(sys.sendmsg(peer, &msg, 0), -EBADF);
	CHECK_EQ(sys.listen(fd, 1), -EBADF);
	CHECK_EQ(sys.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, size), -EBADF);
	CHECK_EQ(sys.getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size), -EBADF);
	CHECK_EQ(sys.socket(-1, SOCK_STREAM, 0), -EAFNOSUPPORT);
	int pair[2];
	CHECK_EQ(sys.socketpair(AF_INET, SOCK_STREAM, 0, pair), -EOPNOTSUPP);
	CHECK_EQ(sys.socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	CHECK(fcntl(pair[0], F_GETFD) & FD_CLOEXEC && fcntl(pair[1], F_GETFD) & FD_CLOEXEC);
	CHECK_EQ(sys.close(pair[0]), 0);
	CHECK_EQ(sys.close(pair[1]), 0);
}

static void epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN }, out;
	int ep = sys.epoll_create(), fd = sys.eventfd();
	CHECK(ep >= 0 && (fcntl(ep, F_GETFD) & FD_CLOEXEC));
	CHECK_EQ(sys.epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev), -ENOENT);
	CHECK_EQ(sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), 0);
	CHECK_EQ(sys.epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), -EEXIST);
	CHECK_EQ(sys.epoll_wait(ep, &out, 0, 0), -EINVAL);
	CHECK_EQ(sys.epoll_wait(ep, &out, 0, 1), -EINVAL);
	CHECK_EQ(sys.epoll_wait(ep, &out, 1, 0), 0);
	for (int64_t timeout = 1; timeout < 3 * MS; timeout = timeout * 9 + 1) {
		int64_t deadline = sys.now() + timeout;
		CHECK_EQ(sys.epoll_wait(ep, &out, 1, timeout), 0);
		CHECK(sys.now() >= deadline);
	}
	uint64_t one = 1;
	CHECK_EQ(sys.write(fd, &one, sizeof one), sizeof one);
	CHECK_EQ(sys.epoll_wait(ep, &out, 1, -1), 1);
	CHECK_EQ(sys.epoll_wait(ep, &out, 1, 5 * MS), 1);
	CHECK_EQ(sys.epoll_wait(ep, &out, 1, INT64_MAX), 1);
	sys.close(fd);
	sys.close(ep);
	CHECK_EQ(sys.epoll_wait(ep, &out, 1, 0), -EBADF);
	CHECK_EQ(sys.epoll_wait(ep, &out, 1, 1), -EBADF);
}

/* In a child whose kernel refuses epoll_pwait2 with the error given, as kernels before 5.11 and old containers do.
 * Exits 0 where the tests pass, 77 where there are no filters here. */
static int epoll_under_filter(int error)
{
#if defined(__x86_64__)
	unsigned arch = AUDIT_ARCH_X86_64;
#else
	unsigned arch = AUDIT_ARCH_AARCH64;
#endif
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 441, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		struct timespec t = { 0 };
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
			_exit(77);
		CHECK(syscall(441, -1, NULL, 0, &t, NULL, 0) == -1 && errno == error);
		epoll();
		_exit(0);
	}
	int status;
	CHECK_EQ(sys.wait4(pid, &status, 0, NULL), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void epoll_of_older_kernels(void)
{
	CHECK_EQ(epoll_under_filter(ENOSYS), 0);
	CHECK_EQ(epoll_under_filter(EPERM), 0);
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void interruptions_are_passed_on(void)
{
	struct sigaction act = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 2000 }, { 0, 2000 } }, never = { 0 };
	struct epoll_event out;
	uint32_t word = 0;
	char c;
	int pipes[2], ep = sys.epoll_create();
	CHECK_EQ(pipe(pipes), 0);
	CHECK_EQ(sigaction(SIGALRM, &act, NULL), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &often, NULL), 0);
	CHECK_EQ(sys.read(pipes[0], &c, 1), -EINTR);
	CHECK_EQ(sys.poll(NULL, 0, -1), -EINTR);
	CHECK_EQ(sys.futex_wait(&word, 0, NULL), -EINTR);
	CHECK_EQ(sys.epoll_wait(ep, &out, 1, -1), -EINTR);
	CHECK_EQ(sys.epoll_wait(ep, &out, 1, INT64_MAX), -EINTR);
	CHECK_EQ(setitimer(ITIMER_REAL, &never, NULL), 0);
	sys.close(pipes[0]);
	sys.close(pipes[1]);
	sys.close(ep);
}

/* With a request prepared but not submitted, which a wait must leave alone. */
static void ring_waits(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	io_uring_prep_nop(io_uring_get_sqe(ring));
	CHECK_EQ(sys.ring_wait(ring, 0, 0), -ETIME);
	int64_t deadline = sys.now() + MS;
	CHECK_EQ(sys.ring_wait(ring, 0, MS), -ETIME);
	CHECK(sys.now() >= deadline);
	CHECK_EQ(io_uring_sq_ready(ring), 1);
	CHECK_EQ(sys.ring_submit(ring), 1);
	CHECK_EQ(sys.ring_wait(ring, 0, -1), 0);
	CHECK_EQ(sys.ring_wait(ring, 0, 0), 0); /* it is still there */
	CHECK_EQ(sys.ring_wait(ring, 0, MS), 0);
	CHECK_EQ(io_uring_peek_cqe(ring, &cqe), 0);
	io_uring_cqe_seen(ring, cqe);
	CHECK_EQ(sys.ring_wait(ring, 0, 0), -ETIME);
	io_uring_prep_nop(io_uring_get_sqe(ring));
	io_uring_smp_store_release(ring->sq.ktail, ring->sq.sqe_head = ring->sq.sqe_tail);
	CHECK_EQ(sys.ring_wait(ring, 1, 0), 0);
	CHECK_EQ(sys.ring_wait(ring, 1, MS), -EAGAIN); /* there is none to submit, so it does not wait */
	CHECK_EQ(io_uring_peek_cqe(ring, &cqe), 0);
	io_uring_cqe_seen(ring, cqe);
}

static void rings(void)
{
	struct io_uring ring;
	struct io_uring_params params = { 0 };
	CHECK_EQ(sys.ring_init(8, &ring, &params), 0);
	ring_waits(&ring);
	unsigned features = ring.features;
	ring.features &= ~IORING_FEAT_EXT_ARG; /* Linux 5.10 */
	ring_waits(&ring);
	ring.features = features;
	if (io_uring_register_ring_fd(&ring) == 1)
		ring_waits(&ring);
	sys.ring_exit(&ring);

	params = (struct io_uring_params){ .flags = UINT_MAX };
	CHECK_EQ(sys.ring_init(8, &ring, &params), -EINVAL);
}

static void children(void)
{
	int status;
	struct rusage usage;
	CHECK_EQ(sys.pidfd_open(-1), -EINVAL);
	CHECK_EQ(sys.wait4(-1, NULL, WNOHANG, NULL), -ECHILD);
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		_exit(3);
	int fd = sys.pidfd_open(pid);
	CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	struct pollfd p = { .fd = fd, .events = POLLIN };
	CHECK_EQ(sys.poll(&p, 1, -1), 1);
	CHECK_EQ(sys.wait4(pid, &status, 0, &usage), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	CHECK_EQ(sys.close(fd), 0);
}

static void another_process_is_read(void)
{
	volatile uint64_t here = 0x123456789abcdef0;
	uint64_t copy = 0;
	ssize_t n = sys.vm_read(getpid(), (uintptr_t)&here, &copy, sizeof copy);
	if (n == -ENOSYS) /* an emulator, or a kernel built without it */
		return;
	CHECK_EQ(n, (ssize_t)sizeof copy);
	CHECK(copy == here);
	CHECK_EQ(sys.vm_read(getpid(), 16, &copy, sizeof copy), -EFAULT);
	CHECK_EQ(sys.vm_read(INT_MAX, (uintptr_t)&here, &copy, sizeof copy), -ESRCH);
}

static void cpu_clocks_run(void)
{
	int64_t before = sys.cpu_clock(0);
	CHECK(before >= 0);
	while (sys.cpu_clock(0) < before + 1000000)
		;
	CHECK(sys.cpu_clock(getpid()) >= 0);
	CHECK_EQ(sys.cpu_clock(INT_MAX), -ESRCH);
}

static void clocks_may_be_sampled(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1
	};
	int fd = sys.perf_open(&attr, 0, -1);
	if (fd < 0) { /* no rights to, or an emulator */
		CHECK(fd == -EACCES || fd == -EPERM || fd == -ENOSYS || fd == -EINVAL);
		return;
	}
	CHECK_EQ(sys.perf_open(&attr, INT_MAX, -1), -ESRCH);
	CHECK(sys.perf_join(fd, -2) < 0);
	CHECK_EQ(sys.close(fd), 0);
}

static void links_are_read(void)
{
	char to[8];
	CHECK_EQ(sys.readlink("/proc/self/cwd", to, 1), 1);
	CHECK_EQ(to[0], '/');
	CHECK_EQ(sys.readlink("/proc/self/nothing", to, sizeof to), -ENOENT);
}

int main(void)
{
	test_start();
	TEST(clock_goes_forward);
	TEST(random_bits_differ);
	TEST(memory_is_zeroed_and_aligned);
	TEST(mappings);
	TEST(threads_and_futexes);
	TEST(descriptors);
	TEST(vectors_and_positions);
	TEST(sockets);
	TEST(epoll);
	if (epoll_under_filter(ENOSYS) == 77)
		TEST_SKIP(epoll_of_older_kernels, "no seccomp filters here");
	else
		TEST(epoll_of_older_kernels);
	TEST(interruptions_are_passed_on);
	struct io_uring ring;
	struct io_uring_params params = { 0 };
	if (sys.ring_init(1, &ring, &params) < 0) {
		TEST_SKIP(rings, "no io_uring here");
	} else {
		sys.ring_exit(&ring);
		TEST(rings);
	}
	TEST(children);
	TEST(another_process_is_read);
	TEST(cpu_clocks_run);
	TEST(clocks_may_be_sampled);
	TEST(links_are_read);
	return test_done();
}
