/* What a thread does with its time, seen from outside. */
#ifndef LOOK_STATE_H
#define LOOK_STATE_H

enum look_state {
	LOOK_COMPUTE, /* on a core */
	LOOK_READY,   /* could compute, has no core */
	LOOK_NET,     /* the rest waits, by cause */
	LOOK_SOCKET,  /* of this machine: a Unix socket */
	LOOK_PIPE,
	LOOK_DISK,
	LOOK_TIMER,
	LOOK_CHILD,
	LOOK_LOCK, /* a futex: a lock, a condition, another thread */
	LOOK_GIL,
	LOOK_TERMINAL,
	LOOK_FAULT, /* a page that is not in memory */
	LOOK_OTHER,
	LOOK_STATES,          /* how many there are */
	LOOK_WAITS = LOOK_NET /* the first that waits */
};

/* The word of the issue, the reports and the JSON: "network", "disk", ... */
const char *look_state_name(enum look_state s);

#endif
