/* What a task can wait for. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_WAIT_H
#define HOB_WAIT_H

#include <hob/task.h>
#include <sys/resource.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sleeps until the time given; 0 once it has come, -ECANCELED before. [parks] */
HOB_API int hob_sleep(hob_time until);

/* Waits until one of `events` (POLLIN, POLLOUT, POLLPRI, POLLRDHUP of poll(2)) holds on the descriptor; answers those
 * that do, with POLLERR and POLLHUP where they hold. A regular file is always ready. -EBADF, -ETIMEDOUT, -ECANCELED.
 * The descriptor must stay open until the call returns. [parks] */
HOB_API int hob_poll(int fd, short events, hob_time deadline);

/* read(2) and write(2), once: bytes moved (fewer than asked are possible), 0 at the end of a file, or the negative
 * errno. The descriptor may be in blocking mode; where several tasks read one such descriptor, set O_NONBLOCK.
 * `buf` is borrowed until the call returns, in every case. [parks] */
HOB_API ssize_t hob_read(int fd, void *buf, size_t len, hob_time deadline);
HOB_API ssize_t hob_write(int fd, const void *buf, size_t len, hob_time deadline);

/* wait4(2) for one child: 0, and its wait status and resources used (each may be NULL), once it has ended and is
 * reaped. -ECHILD, -ETIMEDOUT, -ECANCELED: the child is not reaped and may be waited for again. [parks] */
HOB_API int hob_child_wait(pid_t pid, int *status, struct rusage *usage, hob_time deadline);

#ifdef __cplusplus
}
#endif
#endif
