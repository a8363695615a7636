/* A CPython inside of another process: its GIL, and the function each of its threads is in. Only reads. */
#ifndef LOOK_PYTHON_H
#define LOOK_PYTHON_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "look/frame.h"

struct look_python;

/* What does not change while the interpreter lives. */
struct look_python_kind {
	unsigned major, minor; /* 3.8 to 3.14 */
	bool free_threaded;    /* built without a GIL; it may have been turned on again */
};

/* What one look at the GIL of the main interpreter shows. */
struct look_python_gil {
	bool enabled;      /* always on a GIL build */
	bool held;         /* by somebody, whether that thread computes or blocks */
	pid_t holder;      /* the thread that holds it, 0: nobody, or not known */
	uint64_t switches; /* so often has it passed from one thread to another, since the start; 0: not known */
};

/* Finds the interpreter of a process, by /proc/PID/maps and its ELF files: some milliseconds. 0; -ENOENT: there is none
 * in it, or not yet (a program that only starts: ask again later); -EPERM: its memory is not ours to read; -ENOTSUP: a
 * CPython of a version or build that is not known; -ESRCH; -ENOMEM. A program that calls execve is another one: close,
 * and open anew. */
int look_python_open(pid_t pid, struct look_python **out);
void look_python_close(struct look_python *p); /* NULL is fine */

struct look_python_kind look_python_kind(const struct look_python *p);

/* One or two reads of memory: some microseconds. 0, or the errno of memory that cannot be read. */
int look_python_gil(struct look_python *p, struct look_python_gil *out);

/* Is a thread that sleeps on the futex at this address waiting for a GIL? Pure but for what the last
 * look_python_gil() has read. */
bool look_python_waits(const struct look_python *p, uint64_t futex);

/* The Python function that a thread is in: 0; -ENOENT: the thread runs no Python; -EAGAIN: it moved while we read. */
int look_python_frame(struct look_python *p, pid_t tid, struct look_frame *out);

/* Calls fn for each loaded extension module that turns the GIL on in a free-threaded build, having no Py_mod_gil slot;
 * on a GIL build: that would. `name` lives for the call. 0, or a negative errno where modules cannot be read. */
typedef void look_python_module_fn(void *arg, const char *name);
int look_python_gil_modules(struct look_python *p, look_python_module_fn *fn, void *arg);

#endif
