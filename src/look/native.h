/* The native function that a thread of another process is in: by its instruction pointer, the map of its memory and the
 * ELF files mapped there, line numbers by libdw where that is built in. */
#ifndef LOOK_NATIVE_H
#define LOOK_NATIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "look/elf.h"
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

/* The frames of a stack, from the innermost to the outermost, at most `most`; answers how many. Where there is no libdw
 * they are guesses, as above. A stack that hob made ends where the task's function does. */
unsigned look_native_stack(struct look_native *n, const struct look_cursor *from, struct look_frame *out,
			   unsigned most);

/* Where a stack of hob's that is switched off goes on, by what lies at its stack pointer. 0 or -EFAULT. */
int look_native_parked(pid_t pid, uint64_t sp, struct look_cursor *out);

#endif
