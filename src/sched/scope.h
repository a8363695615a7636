/* A scope, inside of the library. */
#ifndef SCHED_SCOPE_H
#define SCHED_SCOPE_H

#include "base/list.h"
#include "base/lock.h"
#include "sched/task.h"

struct runtime;

/* On the stack of the task that waits for a scope's end. Whoever ends it takes this out of the scope, lets go of the
 * scope, and then tells: so the waiter needs no look of its own at the scope, which it may free at once. */
struct ending {
	struct task *task;
	int error; /* the scope's */
	atomic_of(bool) told;
};

struct hob_scope {
	struct runtime *rt;
	struct hob_scope *parent; /* NULL: the root of a runtime */
	struct link sibling;      /* in parent->children, under the parent's lock */
	/* Until its first task comes it is its creator's alone, in no list of its parent's, and without a need for a
	 * lock. Written under the parent's lock, and from then on its own lock is that of all below. */
	atomic_of(bool) linked;
	atomic_of(bool) empty; /* its end has been told, or seen under the lock, and no task has come since */

	/* A lock is taken after that of a scope above it, never before. */
	struct lock lock;
	atomic_of(uint32_t) cancelled; /* written under the lock */
	struct link tasks;
	struct link children;
	struct ending *waiter; /* in hob_scope_wait or destroy */
	struct task *drainer;  /* the runtime's first task, at the end */
	int error;
	bool cancels_on_error;
};

/* Of zeroed memory: the root of a runtime. */
void scope_init_root(struct hob_scope *s, struct runtime *rt);

/* Adds a task that is not yet runnable. False: the scope is cancelled, and it was not `forced`. */
bool scope_enter(struct hob_scope *s, struct task *t, bool forced);

/* Takes the running task out, and those that `ended` before it (linked by next), and keeps its error. The scope may be
 * gone when this returns. */
void scope_leave(struct task *t, struct task *ended, int result);

/* Ended ones that a worker keeps, linked by parent. */
void scopes_free(struct hob_scope *list);

/* Cancels, and waits, shielded, until no task is left in the scopes below this one. */
void scope_drain(struct hob_scope *s);

#endif
