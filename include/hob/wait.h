/* What a task can wait for. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_WAIT_H
#define HOB_WAIT_H

#include <hob/task.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sleeps until the time given; 0 once it has come, -ECANCELED before. [parks] */
HOB_API int hob_sleep(hob_time until);

/* Waits until one of `events` (POLLIN, POLLOUT, POLLPRI, POLLRDHUP of poll(2)) holds on the descriptor; answers those
 * that do, with POLLERR and POLLHUP where they hold. A regular file is always ready. -EBADF, -ETIMEDOUT, -ECANCELED.
 * The descriptor must stay open until the call returns. [parks] */
HOB_API int hob_poll(int fd, short events, hob_time deadline);

/* poll(2): waits until one of `n` descriptors has one of the events asked of it; answers how many have, as their
 * `revents` say. Negative descriptors are passed over; one that is not open has POLLNVAL. -ETIMEDOUT, -ECANCELED; and
 * -EMFILE, -ENFILE, -ENOMEM where it has to wait, since that takes a descriptor. It costs time in proportion to `n`,
 * as poll(2) does. [parks] */
struct pollfd;
HOB_API int hob_poll_many(struct pollfd *fds, unsigned n, hob_time deadline);

/* read(2) and write(2), once: bytes moved (fewer than asked are possible), 0 at the end of a file, or the negative
 * errno. The descriptor may be in blocking mode; where several tasks read one such pipe or terminal, set O_NONBLOCK.
 * `buf` is borrowed until the call returns, in every case. [parks] */
HOB_API ssize_t hob_read(int fd, void *buf, size_t len, hob_time deadline);
HOB_API ssize_t hob_write(int fd, const void *buf, size_t len, hob_time deadline);

/* readv(2) and writev(2), once, as hob_read and hob_write. [parks] */
HOB_API ssize_t hob_readv(int fd, const struct iovec *iov, int n, hob_time deadline);
HOB_API ssize_t hob_writev(int fd, const struct iovec *iov, int n, hob_time deadline);

/* pread(2) and pwrite(2), once: at the position `at`, and where the descriptor stands is left alone. -ESPIPE for what
 * has no positions. Over epoll, and where io_uring can have no thread, the worker itself waits for the disk. [parks] */
HOB_API ssize_t hob_pread(int fd, void *buf, size_t len, off_t at, hob_time deadline);
HOB_API ssize_t hob_pwrite(int fd, const void *buf, size_t len, off_t at, hob_time deadline);

/* hob_read and hob_write until `len` bytes have been moved: then 0, otherwise why not: -ENODATA where the file ended
 * before. *done, which may be NULL, is how many were moved in any case, so a transfer given up can be gone on with.
 * [parks] */
HOB_API int hob_read_all(int fd, void *buf, size_t len, size_t *done, hob_time deadline);
HOB_API int hob_write_all(int fd, const void *buf, size_t len, size_t *done, hob_time deadline);

/* Reads a descriptor by lines, through a buffer of the caller's. It allocates nothing, so nothing is to be freed. One
 * task at a time. The fields are the library's. */
struct hob_reader {
	int fd;
	char *buf;
	size_t size, begin, end, searched;
};

HOB_API void hob_reader_init(struct hob_reader *r, int fd, void *buf, size_t size);

/* The next line: its length with the newline, and where it stands in the buffer until the next call (it is not ended
 * by a NUL). The last line of a file may have no newline; 0 at the end. -E2BIG for a line longer than the buffer, again
 * and again until hob_reader_read has taken some of it. On every error nothing read is lost. [parks] */
HOB_API ssize_t hob_read_line(struct hob_reader *r, char **line, hob_time deadline);

/* hob_read, of what is in the buffer first: for what comes after the lines. [parks] */
HOB_API ssize_t hob_reader_read(struct hob_reader *r, void *buf, size_t len, hob_time deadline);

/* Runs fn(arg) on a thread outside of the workers, and answers what that returned: for what blocks and has no parking
 * form here. fn is no task: [parks] calls answer -EPERM to it. Its stack is 256 KiB. Threads come as calls need them,
 * up to hob_options.blocking_max, and leave after a second without work; calls beyond that wait their turn, in order.
 * Nothing stops a call that has begun, since fn may use what is the caller's: the deadline and cancellation end the
 * wait for its turn only, with -ETIMEDOUT (also for a deadline past) or -ECANCELED, and then fn does not run. -EAGAIN:
 * not one thread could be had. -ENOMEM. [parks] */
HOB_API int hob_blocking(hob_task_fn *fn, void *arg, hob_time deadline);

/* wait4(2) for one child: 0, and its wait status and resources used (each may be NULL), once it has ended and is
 * reaped. -ECHILD, -ETIMEDOUT, -ECANCELED: the child is not reaped and may be waited for again. [parks] */
HOB_API int hob_child_wait(pid_t pid, int *status, struct rusage *usage, hob_time deadline);

#ifdef __cplusplus
}
#endif
#endif
