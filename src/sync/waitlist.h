/* Tasks that wait in the order they came, for something that another task gives them. Guarded by its owner's lock. */
#ifndef SYNC_WAITLIST_H
#define SYNC_WAITLIST_H

#include "base/lock.h"
#include "sched/task.h"

/* All zero is an empty one. */
struct waitlist {
	struct link head;
};

/* On the stack of the task that waits. */
struct turn {
	struct link link;
	struct task *task;
	atomic_of(bool) given;
};

/* The list is the owner's lock's; so are these two. */
void waitlist_add(struct waitlist *l, struct turn *turn);

/* Takes the longest waiting out and gives it its turn; answers whom to unpark (any time later), or NULL. */
struct task *waitlist_give(struct waitlist *l);

/* Parks until the turn is given: 0. Otherwise the error, and the turn is out of the list. `lock` is not held. */
int turn_await(struct turn *turn, struct lock *owner, enum why why, hob_time deadline, enum park how);

/* The same, cancellable, and who gave the turn is out of the lock by then. For what may be freed once the turn has
 * come, and for turns given by foreign threads, which may still be within the runtime, and that must not end before:
 * such a one holds the lock until it is out. */
int turn_await_clear(struct turn *turn, struct lock *owner, enum why why, hob_time deadline);

static inline bool waitlist_empty(const struct waitlist *l)
{
	return !l->head.next || list_empty(&l->head);
}

#endif
