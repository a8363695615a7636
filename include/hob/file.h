/* Files and file systems. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_FILE_H
#define HOB_FILE_H

#include <hob/task.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A disk may take long, so none of these calls waits for one on a worker: io_uring does the work, or a thread of
 * hob_blocking where io_uring is not there or cannot. They answer what the system call of that name answers, or a
 * negative errno; paths are relative to the directory of the process. A call that has begun on a thread ends before it
 * answers, whatever the deadline (a FIFO's other end, a dead NFS server); -ETIMEDOUT and -ECANCELED say that it was not
 * done, and so does -EAGAIN: neither io_uring nor we can have a thread. Reading and writing: hob/wait.h. */

/* open(2), close on exec always: the descriptor. `mode` counts where a file is created. With O_NONBLOCK,
 * which means nothing to regular files, io_uring opens what is in the cache without the help of a thread. [parks] */
HOB_API int hob_open(const char *path, int flags, mode_t mode, hob_time deadline);

/* close(2). The descriptor is closed in any case, also in a cancelled task and where an error is answered, which is
 * about what was written before. May be called outside of a task. Parks, for a thread, with a regular file alone: a
 * socket with SO_LINGER holds up its worker. [parks] */
HOB_API int hob_close(int fd);

HOB_API int hob_fsync(int fd, hob_time deadline);                   /* [parks] */
HOB_API int hob_fdatasync(int fd, hob_time deadline);               /* [parks] */
HOB_API int hob_ftruncate(int fd, off_t length, hob_time deadline); /* [parks] */

/* statx(2): with AT_EMPTY_PATH in `flags` and an empty path, of the descriptor `dir`. [parks] */
struct statx;
HOB_API int hob_statx(int dir, const char *path, int flags, unsigned mask, struct statx *out, hob_time deadline);

HOB_API int hob_rename(const char *from, const char *to, hob_time deadline); /* [parks] */
HOB_API int hob_unlink(const char *path, hob_time deadline);                 /* [parks] */
HOB_API int hob_rmdir(const char *path, hob_time deadline);                  /* [parks] */
HOB_API int hob_mkdir(const char *path, mode_t mode, hob_time deadline);     /* [parks] */

/* Moving bytes within the kernel: how many, which may be fewer than asked; 0 at the end of what is read. An offset is
 * moved on, and where it is NULL that of the descriptor is used. At most 1 MiB at a time, so that what has begun on a
 * thread ends soon. */

/* Between files, [parks]; -EXDEV and -EOPNOTSUPP on some file systems: read and write then. */
HOB_API ssize_t hob_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len, hob_time deadline);

/* To or from a pipe; waits until both ends are ready. A socket at one end must have O_NONBLOCK set. [parks] */
HOB_API ssize_t hob_splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, hob_time deadline);

/* From a file to a socket or pipe, which must have O_NONBLOCK set. [parks] */
HOB_API ssize_t hob_sendfile(int to, int from, off_t *from_at, size_t len, hob_time deadline);

#ifdef __cplusplus
}
#endif
#endif
