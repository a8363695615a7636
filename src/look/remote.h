/* The memory of another process, which runs on while we read: whatever is found there may be half of something, or
 * nothing. So nothing is believed: every length is bounded, every address may be wrong, and what does not fit is an
 * error, never a crash. */
#ifndef LOOK_REMOTE_H
#define LOOK_REMOTE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* All of `len` bytes: 0; -EFAULT where they are not all there; -EPERM, -ESRCH. */
int look_peek(pid_t pid, uint64_t address, void *out, size_t len);

/* A pointer, with the same answers. */
int look_peek_pointer(pid_t pid, uint64_t address, uint64_t *out);

/* A string that ends with a NUL, at most size - 1 bytes of it; always ended. -ENAMETOOLONG where no NUL was found. */
int look_peek_string(pid_t pid, uint64_t address, char *out, size_t size);

#endif
