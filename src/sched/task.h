/* A task, and how it parks. Every parking call of the library is a loop of three lines over what stands here:
 *
 *	while (!done(&op))
 *		if ((err = task_park(WHY_..., deadline, PARK_CANCELLABLE)))
 *			...take the op back, or wait for it shielded...
 *
 * A wake is a permit, not a message (as in Java's LockSupport): it may be early, late or spurious, so the condition is
 * looked at again each time. In return a waker needs no lock of the sleeper's, and may be late: see park.c.
 */
#ifndef SCHED_TASK_H
#define SCHED_TASK_H

#include "base/list.h"
#include "fiber/fiber.h"
#include "meter/page.h"
#include "meter/why.h"
#include "sched/poller.h"

enum { PERMIT_NONE, PERMIT_PARKED, PERMIT_GIVEN };

/* What the scheduler knows of a lane: the first part of a struct hob_lane, whose task computes with it alone. */
struct task_lane {
	void (*let_go)(struct task *t);                    /* before it leaves its core: t->lane is NULL then */
	void (*take)(struct task *t, struct task_lane *l); /* once it is back; waits, shielded, while another has it */
	void (*checkpoint)(struct task *t);                /* where it might have left its core, and did not have to */
};

/* Two cache lines. Tasks lie in slabs that are type-stable (slab.h), so a late unpark of a task that has ended touches
 * a task, though perhaps another one, which takes it for a spurious wake. */
struct task {
	struct fiber fiber; /* has its stack from the spawn on; .sp is NULL until the first run */
	int64_t stamp;      /* when it came into the state that it is in: see account.h */
	atomic_of(uint32_t) permit;
	uint8_t why;
	uint8_t site;     /* where it was spawned: see meter/site.h */
	uint16_t shields; /* begun, and not ended: while there are any it is not cancelled */
	union {
		struct task *next;     /* in the inject queue, or free */
		const void *waits_for; /* parked: the object, for those who ask: see task_waits_for */
	};
	struct hob_scope *scope;
	union {
		hob_task_fn *fn;   /* until it begins */
		struct life *life; /* from then on: see account.h */
	};
	union {
		void *arg;              /* until it begins */
		struct task_lane *lane; /* from then on: the one it is in, or NULL */
	};
	struct link in_scope;
	struct timer timer;
};

enum park { PARK_CANCELLABLE, PARK_SHIELDED };

/* The running task; NULL on a thread that runs none. */
struct task *task_self(void);

/* True once the scope of the task is cancelled, and the task has no shield. */
bool task_cancelled(const struct task *t);

/* Parks the running task until it is unparked: 0, possibly for no reason. -ETIMEDOUT once the deadline has passed,
 * -ECANCELED where its scope is cancelled and `how` is PARK_CANCELLABLE: then it did not park, or was woken for it. A
 * task in a lane lets go of that meanwhile, and is in it again when this answers, whatever that is. */
int task_park(enum why why, hob_time deadline, enum park how);

/* Says, before it parks, what the running task waits for: what stands in its stack trace by name. */
static inline void task_waits_for(struct task *t, const void *object)
{
	t->waits_for = object;
}

/* Who has a mutex, in half a word: not 0. */
static inline uint32_t task_mark(const struct task *t)
{
	return page_mark((uintptr_t)t);
}

/* Gives the task its permit: it returns from task_park, now or at the next call. What was written before is seen by
 * the task after. Any thread. */
void task_unpark(struct task *t);

/* Books, for where the running task was spawned, that it has had its lane for so long. */
void task_laned(hob_time ns);

/* hob_spawn on behalf of another call: the reports know the task as `named`, spawned by the caller of that. */
int task_spawn(struct hob_scope *s, hob_task_fn *fn, void *arg, hob_task_fn *named, void *caller);

/* The poller of the worker that runs the calling task. Valid until the next park. */
struct poller *task_poller(void);

#endif
