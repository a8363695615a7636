/* What each entry of the table of system calls may fail with, as its manual page has it, and the operations of the
 * ring. Clocks, chance, free, unmap and what ends threads do not fail. */
#ifndef TEST_FAULT_ERRORS_H
#define TEST_FAULT_ERRORS_H

#include <errno.h>
#include <liburing.h>
#include <stddef.h>

#include "base/sys.h"

enum { ERRORS = 7, ENTRIES = sizeof(struct sys) / sizeof(void *), RING_ENTRY = 256 };

#define AT(name) (offsetof(struct sys, name) / sizeof(void *))

/* clang-format off */
#define EACH_ENTRY(X) \
	X(alloc, ENOMEM) \
	X(alloc_aligned, ENOMEM) \
	X(map, ENOMEM, EAGAIN) \
	X(protect, ENOMEM, EACCES) \
	X(advise, EINVAL, ENOMEM, EAGAIN) \
	X(futex_wait, EINTR, EAGAIN) \
	X(membarrier, EINVAL, ENOSYS, ENOMEM, EPERM) \
	X(thread_create, EAGAIN, EPERM) \
	X(thread_create_sized, EAGAIN, EPERM, ENOMEM) \
	X(affinity, EINVAL, EPERM) \
	X(open, ENOENT, EMFILE, ENFILE, EACCES, ENOMEM, EINTR) \
	X(close, EIO, ENOSPC, EDQUOT) \
	X(read, EINTR, EIO, EAGAIN, EISDIR, ENOMEM) \
	X(pread, EINTR, EIO, EISDIR, ENOMEM) \
	X(write, EINTR, EIO, ENOSPC, EPIPE, EDQUOT, EFBIG) \
	X(pwrite, EINTR, EIO, ENOSPC, EDQUOT, EFBIG) \
	X(readv, EINTR, EIO, EAGAIN, ENOMEM) \
	X(writev, EINTR, EIO, ENOSPC, EPIPE, EDQUOT) \
	X(getdents, ENOENT, EIO, ENOMEM) \
	X(poll, EINTR, ENOMEM, EINVAL) \
	X(eventfd, EMFILE, ENFILE, ENOMEM, ENODEV) \
	X(signalfd, EMFILE, ENFILE, ENOMEM, ENODEV) \
	X(inotify_init, EMFILE, ENFILE, ENOMEM) \
	X(inotify_add_watch, ENOENT, ENOSPC, EACCES, ENOMEM) \
	X(inotify_rm_watch, EINVAL) \
	X(getfl, EBADF) \
	X(setfl, EPERM, EBADF) \
	X(fstat, EIO, ENOMEM, EOVERFLOW) \
	X(readlink, ENOENT, EACCES, EIO, ENOMEM) \
	X(socket, EMFILE, ENFILE, ENOMEM, ENOBUFS, EACCES, EAFNOSUPPORT) \
	X(socketpair, EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES) \
	X(bind, EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOMEM) \
	X(listen, EADDRINUSE, EOPNOTSUPP) \
	X(accept, EINTR, EMFILE, ENFILE, ENOMEM, ECONNABORTED, EPERM) \
	X(connect, EINTR, ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL, EACCES, ENOMEM) \
	X(setsockopt, ENOPROTOOPT, ENOMEM, EPERM) \
	X(getsockopt, ENOPROTOOPT, ENOBUFS) \
	X(getaddrinfo, ENOMEM, EMFILE) \
	X(recv, EINTR, ECONNRESET, ENOMEM, EAGAIN) \
	X(send, EINTR, ECONNRESET, EPIPE, ENOBUFS, ENOMEM, EAGAIN) \
	X(recvmsg, EINTR, ECONNRESET, ENOMEM, EAGAIN) \
	X(sendmsg, EINTR, ECONNRESET, EPIPE, ENOBUFS, ENOMEM, ETOOMANYREFS) \
	X(open_mode, ENOENT, EMFILE, EACCES, ENOSPC, EROFS, EINTR) \
	X(fsync, EIO, ENOSPC, EINTR, EDQUOT) \
	X(fdatasync, EIO, ENOSPC, EINTR, EDQUOT) \
	X(ftruncate, EIO, EINTR, EFBIG, EPERM) \
	X(statx, ENOENT, EACCES, ENOMEM) \
	X(rename, ENOENT, EACCES, ENOSPC, EXDEV, EROFS) \
	X(unlink, ENOENT, EACCES, EBUSY, EROFS) \
	X(rmdir, ENOENT, EACCES, ENOTEMPTY, EBUSY) \
	X(mkdir, EEXIST, EACCES, ENOSPC, EMLINK) \
	X(copy_file_range, EXDEV, EIO, ENOSPC, ENOMEM, EOPNOTSUPP) \
	X(splice, EINVAL, ENOMEM, EAGAIN, EINTR) \
	X(sendfile, EINVAL, EIO, ENOMEM, EAGAIN, EINTR) \
	X(epoll_create, EMFILE, ENFILE, ENOMEM) \
	X(epoll_ctl, ENOMEM, ENOSPC) \
	X(epoll_wait, EINTR) \
	X(ring_init, EMFILE, ENFILE, ENOMEM, EPERM, ENOSYS) \
	X(ring_submit, EAGAIN, EBUSY, EINTR) \
	X(ring_wait, EINTR, ETIME, EAGAIN) \
	X(pidfd_open, EMFILE, ENFILE, ENOMEM, ENODEV, ENOSYS) \
	X(spawn, ENOENT, EACCES, EAGAIN, ENOMEM, E2BIG) \
	X(wait4, EINTR) \
	X(fork, EAGAIN, ENOMEM) \
	X(setsid, EPERM) \
	X(setpgid, EPERM, EACCES) \
	X(prctl, EINVAL, EPERM) \
	X(setrlimit, EPERM, EINVAL) \
	X(memfd, EMFILE, ENFILE, ENOMEM) \
	X(seal, EPERM, EBUSY) \
	X(map_shared, ENOMEM, EAGAIN, EPERM) \
	X(futex_wait_shared, EINTR, EAGAIN) \
	X(dup_from, EMFILE, EBADF) \
	X(dup_to, EINTR, EBUSY, EMFILE) \
	X(close_from, EPERM, ENOSYS, ENOMEM) \
	X(vm_read, EFAULT, EPERM, ESRCH, ENOMEM) \
	X(cpu_clock, ESRCH)
/* clang-format on */

struct fault_errors {
	const char *name;
	unsigned at;
	int errors[ERRORS];
};

/* clang-format off */
static const struct fault_errors fault_errors[] = {
#define ENTRY(name, ...) { #name, AT(name), { __VA_ARGS__ } },
	EACH_ENTRY(ENTRY)
#undef ENTRY
#define RING(op, ...) { "ring: " #op, RING_ENTRY + IORING_OP_##op, { __VA_ARGS__ } },
	RING(POLL_ADD, ENOMEM, EINTR)
	RING(READ, EINTR, EIO, EAGAIN, ENOMEM, ECANCELED)
	RING(WRITE, EINTR, EIO, EAGAIN, ENOSPC, EPIPE, ECANCELED)
	RING(READV, EINTR, EIO, EAGAIN, ENOMEM, ECANCELED)
	RING(WRITEV, EINTR, EIO, EAGAIN, ENOSPC, ENOMEM, ECANCELED)
	RING(FSYNC, EIO, ENOSPC, EINTR, EDQUOT, ECANCELED)
	RING(SENDMSG, EINTR, ECONNRESET, EPIPE, ENOBUFS, ENOMEM, ECANCELED)
	RING(RECVMSG, EINTR, ECONNRESET, ENOMEM, EAGAIN, ECANCELED)
	RING(SEND, EINTR, ECONNRESET, EPIPE, ENOBUFS, EAGAIN, ECANCELED)
	RING(RECV, EINTR, ECONNRESET, ENOMEM, EAGAIN, ECANCELED)
	RING(ACCEPT, EINTR, EMFILE, ENFILE, ENOMEM, ECONNABORTED, EAGAIN, ECANCELED)
	RING(CONNECT, ECONNREFUSED, ENETUNREACH, EACCES, ENOMEM, ECANCELED)
	RING(OPENAT, ENOENT, EMFILE, EACCES, ENOSPC, EINTR, ECANCELED)
	RING(STATX, ENOENT, EACCES, ENOMEM, EINVAL, ECANCELED)
	RING(ASYNC_CANCEL, ENOENT, EALREADY, EINVAL, ENOMEM)
	RING(RENAMEAT, ENOENT, EACCES, EXDEV, EINVAL, ECANCELED)
	RING(UNLINKAT, ENOENT, EACCES, EBUSY, EINVAL, ECANCELED)
	RING(MKDIRAT, EEXIST, EACCES, ENOSPC, EINVAL, ECANCELED)
#undef RING
};
/* clang-format on */

static inline const struct fault_errors *errors_of(unsigned at)
{
	for (size_t i = 0; i < sizeof fault_errors / sizeof *fault_errors; i++)
		if (fault_errors[i].at == at)
			return &fault_errors[i];
	return NULL;
}

#endif
