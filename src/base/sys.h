/* The seam for the kernel and the C library: every system call, allocation, clock and random number of src/ is called
 * through this one table, so that a fault injector, a simulated kernel and a fake clock can stand behind it.
 * test/house/lint.py forbids the raw forms elsewhere.
 *
 * Entries keep the meaning of the call they are named after, but answer a negative errno instead of -1 and errno.
 */
#ifndef BASE_SYS_H
#define BASE_SYS_H

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

struct addrinfo;
struct io_uring;
struct io_uring_cqe;
struct io_uring_params;
struct iovec;
struct perf_event_attr;
struct pollfd;
struct stat;
struct statx;

struct sys {
	/* clocks and chance */
	int64_t (*now)(void);        /* CLOCK_MONOTONIC, ns */
	int64_t (*now_coarse)(void); /* the same, some milliseconds late, at a tenth of the price */
	uint64_t (*random)(void);    /* 64 random bits */

	/* memory: alloc answers zeroed memory or NULL */
	void *(*alloc)(size_t bytes);
	void *(*alloc_aligned)(size_t align, size_t bytes); /* zeroed */
	void (*free)(void *mem);
	int (*map)(size_t bytes, int prot, void **out); /* private, anonymous, without reserving swap */
	int (*unmap)(void *mem, size_t bytes);
	int (*protect)(void *mem, size_t bytes, int prot);
	int (*advise)(void *mem, size_t bytes, int advice);

	/* threads */
	int (*futex_wait)(uint32_t *word, uint32_t expected, const struct timespec *deadline);
	int (*futex_wake)(uint32_t *word, int n);
	int (*membarrier)(int command);
	int (*thread_create)(pthread_t *out, void *(*fn)(void *), void *arg);
	int (*thread_create_sized)(pthread_t *out, size_t stack_bytes, void *(*fn)(void *), void *arg);
	int (*thread_join)(pthread_t t);
	int (*thread_detach)(pthread_t t);
	pthread_t (*thread_self)(void);
	pid_t (*thread_id)(void);           /* of the caller: gettid(2) */
	int64_t (*thread_cpu)(pthread_t t); /* ns that a thread not yet joined has computed, or a negative errno */
	int (*affinity)(size_t bytes, cpu_set_t *set); /* of this process: sched_getaffinity(0) */

	/* descriptors */
	int (*open)(const char *path, int flags); /* O_CLOEXEC is added */
	int (*close)(int fd);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*pread)(int fd, void *buf, size_t len, off_t offset);
	ssize_t (*write)(int fd, const void *buf, size_t len);
	ssize_t (*pwrite)(int fd, const void *buf, size_t len, off_t offset);
	ssize_t (*readv)(int fd, const struct iovec *iov, int n);
	ssize_t (*writev)(int fd, const struct iovec *iov, int n);
	ssize_t (*getdents)(int fd, void *buf, size_t len); /* entries of a directory: getdents64(2) */
	int (*poll)(struct pollfd *fds, unsigned n, int timeout_ms);
	int (*eventfd)(void);                 /* close on exec, non-blocking */
	int (*signalfd)(const sigset_t *set); /* this, too */
	int (*inotify_init)(void);            /* and this */
	int (*inotify_add_watch)(int fd, const char *path, uint32_t mask);
	int (*inotify_rm_watch)(int fd, int watch);
	int (*getfl)(int fd); /* fcntl(F_GETFL) */
	int (*setfl)(int fd, int flags);
	int (*fstat)(int fd, struct stat *st);
	ssize_t (*readlink)(const char *path, char *to, size_t size); /* no NUL is added */

	/* sockets; SOCK_CLOEXEC is added wherever one is made */
	int (*socket)(int family, int type, int protocol);
	int (*socketpair)(int family, int type, int protocol, int fds[2]);
	int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(int fd, int backlog);
	int (*accept)(int fd, struct sockaddr *addr, socklen_t *len, int flags);
	int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
	int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t len);
	int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *len);
	/* to read addresses and services: -ENOENT where it is none */
	int (*getaddrinfo)(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out);
	void (*freeaddrinfo)(struct addrinfo *found);
	ssize_t (*recv)(int fd, void *buf, size_t len, int flags);
	ssize_t (*send)(int fd, const void *buf, size_t len, int flags);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	ssize_t (*sendmsg)(int fd, const struct msghdr *msg, int flags);
	/* files */
	int (*open_mode)(const char *path, int flags, mode_t mode); /* O_CLOEXEC is added */
	int (*fsync)(int fd);
	int (*fdatasync)(int fd);
	int (*ftruncate)(int fd, off_t length);
	int (*statx)(int dir, const char *path, int flags, unsigned mask, struct statx *out);
	int (*rename)(const char *from, const char *to);
	int (*unlink)(const char *path);
	int (*rmdir)(const char *path);
	int (*mkdir)(const char *path, mode_t mode);
	ssize_t (*copy_file_range)(int from, off_t *from_at, int to, off_t *to_at, size_t len);
	ssize_t (*splice)(int from, off_t *from_at, int to, off_t *to_at, size_t len); /* pipes: SPLICE_F_NONBLOCK */
	ssize_t (*sendfile)(int to, int from, off_t *from_at, size_t len);

	/* epoll; `deadline` as in futex_wait's wrapper: ns, INT64_MAX for ever, 0 polls */
	int (*epoll_create)(void);
	int (*epoll_ctl)(int ep, int op, int fd, struct epoll_event *ev);
	int (*epoll_wait)(int ep, struct epoll_event *evs, int n, int64_t timeout_ns); /* < 0: for ever */

	/* io_uring, by way of liburing */
	int (*ring_init)(unsigned entries, struct io_uring *ring, struct io_uring_params *params);
	void (*ring_exit)(struct io_uring *ring);
	int (*ring_submit)(struct io_uring *ring);
	/* Submits so many of those that the kernel sees already (no others), then waits for one completion: by one call
	 * where the kernel can. An error other than -ETIME and -EINTR: not all were taken, and it has not waited. */
	int (*ring_wait)(struct io_uring *ring, unsigned submit, int64_t timeout_ns);

	/* children */
	int (*pidfd_open)(pid_t pid);
	int (*spawn)(pid_t *out, const char *path, const posix_spawn_file_actions_t *actions,
		     const posix_spawnattr_t *attr, char *const *argv, char *const *envp); /* posix_spawnp(3) */
	int (*wait4)(pid_t pid, int *status, int options, struct rusage *usage);

	/* children that share memory with this process, and are confined: src/process */
	pid_t (*fork)(void);
	void (*exit_now)(int status) __attribute__((noreturn)); /* _exit(2) */
	int (*kill)(pid_t pid, int signal);
	int (*wait_peek)(pid_t *out); /* a child that has ended, not reaped; 0: none yet. -ECHILD */
	int (*setsid)(void);
	int (*setpgid)(pid_t pid, pid_t group);
	int (*prctl)(int option, unsigned long a, unsigned long b);
	int (*setrlimit)(int resource, const struct rlimit *limit);
	int (*block_signals)(const sigset_t *set, sigset_t *old); /* of this thread: SIG_SETMASK */
	int (*sigdefault)(void);                                  /* every signal has its default action */
	int (*memfd)(const char *name);                           /* close on exec, may be sealed */
	int (*seal)(int fd, int seals);                           /* fcntl(F_ADD_SEALS) */
	int (*map_shared)(int fd, size_t bytes, int prot, void **out);
	int (*move)(void *mem, size_t bytes, void *to); /* of what is mapped, in the place of what is mapped there */
	int (*futex_wait_shared)(uint32_t *word, uint32_t expected); /* the word may be another process's, too */
	int (*futex_wake_shared)(uint32_t *word, int n);
	int (*dup_from)(int fd, int least);       /* the lowest number free from there; close on exec */
	int (*dup_to)(int fd, int to, int flags); /* dup3(2), also to itself */
	int (*close_from)(int first);             /* that and all above */

	/* other processes */
	ssize_t (*vm_read)(pid_t pid, uint64_t address, void *to, size_t len); /* process_vm_readv(2): one piece */
	int64_t (*cpu_clock)(pid_t pid); /* CPU time of all threads it has and had, ns; 0: of the calling thread */
	int (*perf_open)(const struct perf_event_attr *attr, pid_t tid, int cpu); /* close on exec */
	int (*perf_join)(int fd, int to);                                         /* it writes into the ring of `to` */
};

/* The table in use. Set by tests before a runtime starts, never while one runs. */
extern struct sys sys;

/* The real calls, to go back to. */
extern const struct sys sys_real;

#endif
