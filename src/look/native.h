/* The native function that a thread of another process is in: by its instruction pointer, the map of its memory and the
 * ELF files mapped there, line numbers by libdw where that is built in. */
#ifndef LOOK_NATIVE_H
#define LOOK_NATIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "look/frame.h"

/* What is known of one process's code. Made at the first need; an execve makes it stale: close, and open anew. */
struct look_native;

int look_native_open(pid_t pid, struct look_native **out); /* 0 or a negative errno: -EPERM, -ESRCH, -ENOMEM, ... */
void look_native_close(struct look_native *n);             /* NULL is fine */

/* The innermost frame outside of libc, from a thread's stack and instruction pointers (the last two numbers of
 * /proc/TID/syscall, for a thread that is blocked). Some microseconds; the first of a file takes as long as its symbols
 * need, mostly a millisecond. Where the line is not known `file` is the program or library, where the function is not
 * it is "". -ENOENT: nothing is known. Nothing is stopped. */
int look_native_frame(struct look_native *n, uint64_t sp, uint64_t ip, struct look_frame *out);

/* The same in two halves, since names are what takes long: the address in that frame, and what an address is called.
 * The second needs the process no more. */
int look_native_place(struct look_native *n, uint64_t sp, uint64_t ip, uint64_t *place);
bool look_native_knows(struct look_native *n, uint64_t place); /* is it in a file? Opens that, to name it later. */
int look_native_name(struct look_native *n, uint64_t place, struct look_frame *out);

#endif
