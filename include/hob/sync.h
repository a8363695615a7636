/* How tasks talk and take turns. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_SYNC_H
#define HOB_SYNC_H

#include <hob/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A mutex for tasks: who waits for it parks. Handed to waiters in the order they came; not recursive; unlocked by the
 * task that locked it. All zero is an unlocked mutex, nothing needs to be freed. */
struct hob_mutex {
	uint64_t opaque[3];
};

/* 0, -ETIMEDOUT, -ECANCELED (also where the mutex is free: a cancelled task takes no new locks). [parks] */
HOB_API int hob_mutex_lock(struct hob_mutex *m, hob_time deadline);
HOB_API void hob_mutex_unlock(struct hob_mutex *m);

/* A condition: a place to wait for a change of what a mutex guards. All zero is one without waiters. */
struct hob_cond {
	uint64_t opaque[3];
};

/* Unlocks the mutex, waits for a signal, locks the mutex again: also on -ETIMEDOUT and -ECANCELED it is locked when
 * the call returns. Wakes may be spurious: call it in a loop over what you wait for. [parks] */
HOB_API int hob_cond_wait(struct hob_cond *c, struct hob_mutex *m, hob_time deadline);
HOB_API void hob_cond_signal(struct hob_cond *c);    /* wakes the one that has waited longest; any thread */
HOB_API void hob_cond_broadcast(struct hob_cond *c); /* wakes all; any thread */

/* A semaphore: permits, taken by those that wait in the order they came. All zero is one without permits. */
struct hob_sem {
	uint64_t opaque[3];
};

/* Takes a permit: 0, -ETIMEDOUT, -ECANCELED. Once it has one, it may free the semaphore that nobody else waits for.
 * [parks] */
HOB_API int hob_sem_wait(struct hob_sem *s, hob_time deadline);

/* Adds n permits. -EOVERFLOW: more than UINT32_MAX would be left; none was added. Any thread. */
HOB_API int hob_sem_post(struct hob_sem *s, uint32_t n);

/* A wait group: so many things are still to be done. All zero is one with nothing to do. */
struct hob_group {
	uint64_t opaque[3];
};

/* n more things to do. Any thread. */
HOB_API void hob_group_add(struct hob_group *g, uint32_t n);

/* One of them is done; the last wakes all that wait. Any thread. */
HOB_API void hob_group_done(struct hob_group *g);

/* Waits until nothing is left to do: 0, -ETIMEDOUT, -ECANCELED. Then the group may be used again, or be freed.
 * [parks] */
HOB_API int hob_group_wait(struct hob_group *g, hob_time deadline);

/* What is to be done once. All zero is what was not yet. */
struct hob_once {
	uint64_t opaque[3];
};

/* Runs fn(arg), unless that has been done by this call or another: 0 when it has. One at a time runs it, others wait
 * meanwhile, in the order they came. What it answers below 0 its caller answers, and it counts as not done: then the
 * longest waiting runs its own. A call that waits for another may answer -ETIMEDOUT or -ECANCELED; the deadline does
 * not bound fn. From within fn it would wait for itself. [parks] */
HOB_API int hob_once(struct hob_once *o, hob_task_fn *fn, void *arg, hob_time deadline);

/* A read-write lock: held by many that read, or by one that writes. All that wait stand in one line, and one that comes
 * to read waits behind a writer that waits: nobody starves. Not recursive, for readers too. All zero is unlocked. */
struct hob_rwlock {
	uint64_t opaque[3];
};

/* 0, -ETIMEDOUT, -ECANCELED, as hob_mutex_lock. [parks] */
HOB_API int hob_rwlock_read(struct hob_rwlock *l, hob_time deadline);
HOB_API int hob_rwlock_write(struct hob_rwlock *l, hob_time deadline);

/* Lets go of it, whichever way it is held, by the task that locked it. */
HOB_API void hob_rwlock_unlock(struct hob_rwlock *l);

/* An event: how a signal handler, or whatever must not wait or take a lock, wakes a task. It takes a descriptor
 * (eventfd(2)). */
struct hob_event;

/* -ENOMEM, or -EMFILE and -ENFILE where descriptors are lacking. Any thread. */
HOB_API int hob_event_create(struct hob_event **out);

/* Nobody waits for it, or sets it, any more. Any thread. */
HOB_API void hob_event_destroy(struct hob_event *e);

/* Sets it, until one wait has taken it; often set is set once. Any thread, and any signal handler: async-signal-safe,
 * which nothing else of this library is. What was written before it is seen by whoever takes it. */
HOB_API void hob_event_set(struct hob_event *e);

/* Waits until it is set, and takes it: of several that wait, one does. 0, -ETIMEDOUT, -ECANCELED. [parks] */
HOB_API int hob_event_wait(struct hob_event *e, hob_time deadline);

/* Channels ------------------------------------------------------------------------------------------------------- */

/* A queue of items of one size between tasks: many may send, many receive. A send puts its item into one of `capacity`
 * places, and waits while there is none; without places (0, a rendezvous) it waits for its receiver. Items arrive in
 * the order they were sent. Those that wait are served in the order they came, before any that comes later, and an
 * item goes straight to the receiver that waits for it: there is no overtaking, and nobody starves.
 *
 * A channel serves the tasks of one runtime. Other threads may send and receive too, as long as they only try
 * (deadline 0), and may close. */
struct hob_chan;

/* item_bytes may be 0, and the items NULL then: it is the sending that counts. -ENOMEM. Any thread. */
HOB_API int hob_chan_create(struct hob_chan **out, size_t item_bytes, size_t capacity);

/* Frees the channel and the items that are left in it; nobody waits at it any more. Any thread. */
HOB_API void hob_chan_destroy(struct hob_chan *c);

/* Copies one item in, or out. 0; -EPIPE: it is closed, and for hob_chan_recv empty too; -ETIMEDOUT, -ECANCELED (also
 * where it would not have had to wait). On an error nothing was sent, or received. [parks] */
HOB_API int hob_chan_send(struct hob_chan *c, const void *item, hob_time deadline);
HOB_API int hob_chan_recv(struct hob_chan *c, void *item, hob_time deadline);

/* No item is sent from now on: sends that wait answer -EPIPE, receivers get what stands in its places and -EPIPE after
 * that. Idempotent; does not wait. Any thread. */
HOB_API void hob_chan_close(struct hob_chan *c);

/* One of several things to do, whichever is possible first. */
enum hob_case_kind { HOB_CASE_RECV, HOB_CASE_SEND, HOB_CASE_FD };

struct hob_case {
	enum hob_case_kind kind;
	struct hob_chan *chan; /* NULL: this case is never chosen */
	void *item;            /* of a send: only read */
	int error;             /* set in the case that is answered: 0, or -EPIPE as hob_chan_send and _recv answer it */
	int fd;                /* HOB_CASE_FD: when one of `events` holds, as by hob_poll; < 0: never */
	short events;
	short revents; /* set in the case that is answered: those that hold; its error is -EBADF for a closed one */
};

#define HOB_CASES_MAX 64

/* Waits until one of the cases can be done, does that one and no other, and answers its index. Where several can be
 * done at once each has its turn as often as the others; where it waits, its cases stand in line at their channels like
 * all who wait there. A channel may stand in several cases. A descriptor that is ready is only told of: nothing of it
 * is lost where another case is done. -ETIMEDOUT, -ECANCELED: none was done. -EINVAL: n is more than HOB_CASES_MAX.
 * Foreign threads: deadline 0 only, and channels only. [parks] */
HOB_API int hob_select(struct hob_case *cases, unsigned n, hob_time deadline);

#ifdef __cplusplus
}
#endif
#endif
