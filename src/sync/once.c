/* Once. Whoever fails hands the right to try to the one that has waited longest; whoever does it wakes all. */
#include <errno.h>
#include <hob/sync.h>

#include "sync/waitlist.h"

enum { ONCE_IDLE, ONCE_RUNS, ONCE_DONE };

struct once {
	struct lock lock;
	atomic_of(uint32_t) state; /* written under the lock */
	struct waitlist waiters;
};

_Static_assert(sizeof(struct once) == sizeof(struct hob_once), "the public once has room for ours");

static int run(struct once *once, hob_task_fn *fn, void *arg)
{
	int err = fn(arg);
	struct task *t;

	lock(&once->lock);
	if (err < 0) {
		t = waitlist_give(&once->waiters); /* it still runs, by t */
		if (t)
			task_unpark(t);
		else
			at_store(&once->state, ONCE_IDLE, RELAXED);
	} else {
		at_store(&once->state, ONCE_DONE, RELEASE);
		while ((t = waitlist_give(&once->waiters)))
			task_unpark(t);
	}
	unlock(&once->lock);
	return err < 0 ? err : 0;
}

int hob_once(struct hob_once *o, hob_task_fn *fn, void *arg, hob_time deadline)
{
	struct once *once = (struct once *)(void *)o;
	struct task *t = task_self();
	struct turn turn;
	uint32_t state;
	int err;

	if (at_load(&once->state, ACQUIRE) == ONCE_DONE)
		return 0;
	if (!t)
		return -EPERM;
	if (task_cancelled(t))
		return -ECANCELED;
	lock(&once->lock);
	state = at_load(&once->state, RELAXED);
	if (state == ONCE_IDLE)
		at_store(&once->state, ONCE_RUNS, RELAXED);
	else if (state == ONCE_RUNS)
		waitlist_add(&once->waiters, &turn);
	unlock(&once->lock);
	if (state == ONCE_DONE)
		return 0;
	err = state == ONCE_IDLE ? 0 : turn_await_clear(&turn, &once->lock, WHY_ONCE, deadline);
	if (err || at_load(&once->state, ACQUIRE) == ONCE_DONE)
		return err;
	return run(once, fn, arg);
}
