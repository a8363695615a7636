/* What tasks wait for. */
#ifndef METER_WHY_H
#define METER_WHY_H

/* Why a task is parked; the meter and the reports name it. */
enum why {
	WHY_NONE,
	WHY_SCOPE, /* for the tasks of a scope to end */
	WHY_JOIN,  /* for a job that another core runs */
	WHY_SLEEP,
	WHY_POLL, /* for a descriptor to become ready */
	WHY_READ,
	WHY_WRITE,
	WHY_CHILD,
	WHY_SIGNAL,
	WHY_MUTEX,
	WHY_COND,
	WHY_ACCEPT,
	WHY_CONNECT,
	WHY_DNS, /* for a name server */
	WHY_SEND,
	WHY_RECV,
	WHY_SELECT,
	WHY_SEM,
	WHY_GROUP,
	WHY_ONCE,
	WHY_RWLOCK,
	WHY_FILE,     /* for a file system */
	WHY_BLOCKING, /* for a thread that blocks in its place */
	WHY_LANE,
	WHY_PROCESS, /* for a worker process */
	WHYS,
};

/* As people call it: "sleep", "read". */
const char *why_name(enum why why);

#endif
