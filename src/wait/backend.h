/* The two ways to wait for descriptors, io_uring (ring.c) and epoll (poll.c), behind one table. What they share: the
 * timers, and the descriptor by which another thread ends a sleep. */
#ifndef WAIT_BACKEND_H
#define WAIT_BACKEND_H

#include <errno.h>
#include <sys/types.h>

#include "sched/task.h"
#include "wait/timers.h"

/* Not 0: what the task waits for has come about in another way, and the wait ends with -EINTR. Whoever sets it unparks
 * the task. NULL: there is no other way. */
typedef atomic_of(uint32_t) wait_stop;

struct io_uring_sqe;
typedef void ring_prep(struct io_uring_sqe *sqe, const void *arg);

struct backend {
	struct poller_ops sched; /* first: the scheduler hands us back this part */

	/* Parks the running task: the contract of hob_poll. */
	int (*poll_fd)(int fd, short events, hob_time deadline, enum why why, wait_stop *stop);

	/* Has the kernel do what prep() writes into an entry, and parks until it is done: its result. What the entry
	 * points to stays the kernel's until this returns. A wait given up answers -ETIMEDOUT or -ECANCELED, unless
	 * the kernel was done at the last moment. -ECANCELED of a task that is not cancelled: the kernel could not have
	 * the thread it takes, and nothing was done. NULL: this backend knows readiness only. */
	ssize_t (*perform)(ring_prep *prep, const void *arg, hob_time deadline, enum why why);
};

/* Did perform() answer `r` because the kernel could have no thread? */
static inline bool lacked_thread(ssize_t r)
{
	return r == -ECANCELED && !task_cancelled(task_self());
}

extern const struct backend backend_ring, backend_epoll;

/* 0 where this kernel lets us use io_uring as ring.c needs it; otherwise why not. */
int ring_probe(void);

/* The backend of the running task, NULL outside of one. */
const struct backend *backend_self(void);

/* hob_poll without waiting: -ETIMEDOUT where nothing holds. */
int poller_look(int fd, short events);

/* For an event that the descriptor never has: -ETIMEDOUT or -ECANCELED. */
int poller_await_nothing(hob_time deadline, enum why why, wait_stop *stop);

/* hob_poll_many, for a reason of its own. */
struct pollfd;
int poll_many(struct pollfd *fds, unsigned n, hob_time deadline, enum why why, wait_stop *stop);

/* The wait of poll_many, by way of one epoll descriptor that is polled over `b`. */
int poll_gathered(const struct backend *b, struct pollfd *fds, unsigned n, hob_time deadline, enum why why,
		  wait_stop *stop);

/* One park of a wait that may be given up. */
static inline int wait_park(enum why why, hob_time deadline, wait_stop *stop)
{
	return stop && at_load(stop, ACQUIRE) ? -EINTR : task_park(why, deadline, PARK_CANCELLABLE);
}

/* What every poller starts with. */
struct poller {
	struct timers timers;
	int wake_fd; /* an eventfd */
	atomic_of(uint32_t) wake_pending;
};

int poller_init(struct poller *p);
void poller_finish(struct poller *p);
void poller_wake(struct poller *p);
void poller_woken(struct poller *p); /* by the poller, once wake_fd is readable */
bool poller_has_timers(struct poller *p);
void poller_timer_start(struct poller *p, struct timer *t);
void poller_timer_stop(struct timer *t);

/* How long a sleep may last: ns, 0 where a time has come, < 0 for ever. */
int64_t poller_timeout(struct poller *p, hob_time deadline);

#endif
