/* What the files of the CPython reader share. */
#ifndef LOOK_PYTHON_INNER_H
#define LOOK_PYTHON_INNER_H

#include <stddef.h>

#include "look/python.h"
#include "look/python_layout.h"

enum {
	LOOK_PYTHON_GILS = 16,        /* interpreters with a GIL of their own are rare; more are not told apart */
	LOOK_PYTHON_CODES = 256,      /* functions kept; a power of two */
	LOOK_PYTHON_THREADS = 65536,  /* so many at most */
	LOOK_PYTHON_DEPTH = 48,       /* frames looked at for one that is not the standard library's */
	LOOK_PYTHON_LINES = 64 << 10, /* bytes of a table of lines */
};

/* A Python thread. */
struct look_pythread {
	uint64_t state; /* its PyThreadState */
	uint64_t id;    /* of pthread_self() */
	pid_t tid;
};

/* A code object as it was read; the pointers tell whether it is still that one. */
struct look_code {
	uint64_t address, file, name, table;
	uint32_t first_line;
	unsigned char *lines;
	size_t lines_bytes;
	char function[sizeof((struct look_frame *)0)->function];
	char path[sizeof((struct look_frame *)0)->file];
	bool library; /* of Python's own library */
};

struct look_python {
	pid_t pid;
	unsigned minor;
	struct look_layout at;
	uint64_t runtime;
	uint64_t code_type, def_type; /* PyCode_Type, PyModuleDef_Type; 0: not known */
	uint64_t main;                /* the main interpreter */
	uint64_t gils[LOOK_PYTHON_GILS];
	unsigned gil_count;
	int64_t refresh_after;         /* ns */
	unsigned tid_offset;           /* of the tid in libc's struct pthread; 0: not found yet */
	struct look_pythread *threads; /* sorted by tid */
	size_t thread_count, thread_room;
	struct look_code codes[LOOK_PYTHON_CODES];
};

/* Lists interpreters and threads anew: 0; -EAGAIN where that was done only just now; or an errno of memory. */
int look_python_refresh(struct look_python *p);

/* NULL where it is none of Python's. */
const struct look_pythread *look_python_thread(const struct look_python *p, pid_t tid);

/* A code object: 0, or -EAGAIN where it makes no sense. `instruction`: an address, or with frame_on_heap the offset in
 * bytes; `tlbc`: the number of a thread's own copy of the instructions. */
int look_python_code(struct look_python *p, uint64_t address, uint64_t instruction, uint32_t tlbc,
		     struct look_frame *out, bool *library);

/* A str, as UTF-8: 0, or -EAGAIN where it is none. What is too long is cut, where `tail` is set at its front: of a path
 * the end says most. */
int look_python_text(const struct look_python *p, uint64_t address, bool tail, char *out, size_t size);

void look_python_forget_codes(struct look_python *p);

#endif
