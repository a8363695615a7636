/* What a process waits for, at one instant. */
#ifndef LOOK_WAITING_H
#define LOOK_WAITING_H

#include <sys/types.h>

enum look_wait {
	LOOK_WAIT_UNKNOWN, /* it does not wait, or the kernel does not tell */
	LOOK_WAIT_TIMER,
	LOOK_WAIT_DISK,
	LOOK_WAIT_NETWORK,
	LOOK_WAIT_PIPE,
	LOOK_WAIT_EVENTS, /* poll, select, epoll: descriptors of any kind */
	LOOK_WAIT_LOCK,
	LOOK_WAIT_OTHER,
	LOOK_WAITS,
};

/* Where it waits for a child, what that one waits for, and so on. By the kernel function that it sleeps in
 * (/proc/PID/wchan), so the names of kernels from 5.10 on decide. */
enum look_wait look_waiting(pid_t pid);

/* A word or two. */
const char *look_wait_name(enum look_wait wait);

#endif
