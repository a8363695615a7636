/* The system call that a thread is in: one line of /proc/PID/task/TID/syscall, and what kind of wait its call is. */
#ifndef LOOK_CALL_H
#define LOOK_CALL_H

#include <stdbool.h>
#include <stdint.h>

enum look_call_kind {
	CALL_RUNNING, /* it runs, or could */
	CALL_NONE,    /* blocked outside of a system call: a page fault, a stop */
	CALL_FD,      /* on the descriptor that is its first argument */
	CALL_NET,     /* the same, of a socket for certain */
	CALL_FILES,   /* a file system, by a name */
	CALL_POLL,
	CALL_SELECT,
	CALL_EPOLL,
	CALL_RING,
	CALL_SLEEP,
	CALL_CHILD,
	CALL_FUTEX,
	CALL_SIGNAL,
	CALL_OTHER,
};

struct look_call {
	enum look_call_kind kind;
	long number;
	uint64_t args[6], sp, ip;
};

/* 0 or -EPROTO. The numbers are those of the machine hob was built for. */
int look_call_parse(const char *line, struct look_call *out);

/* Has the wait of CALL_POLL, CALL_SELECT or CALL_EPOLL an end in time? */
bool look_call_timed(const struct look_call *c);

#endif
