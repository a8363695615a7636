/* The mutex and the condition. The mutex is handed over: who unlocks it gives it to the one that has waited longest,
 * so it is fair and a waiter that gives up at that very moment still owns it. */
#include <errno.h>
#include <hob/sync.h>

#include "base/check.h"
#include "sync/waitlist.h"

struct mutex {
	struct lock lock;
	uint32_t owner; /* task_mark(); 0: it is free */
	struct waitlist waiters;
};

struct cond {
	struct lock lock;
	uint32_t unused;
	struct waitlist waiters;
};

_Static_assert(sizeof(struct mutex) == sizeof(struct hob_mutex), "the public mutex has room for ours");
_Static_assert(offsetof(struct mutex, owner) == PAGE_MUTEX_OWNER, "readers from outside look there");
_Static_assert(sizeof(struct cond) == sizeof(struct hob_cond), "the public condition has room for ours");

static struct mutex *mutex_of(struct hob_mutex *m)
{
	return (struct mutex *)(void *)m;
}

static struct cond *cond_of(struct hob_cond *c)
{
	return (struct cond *)(void *)c;
}

static int acquire(struct mutex *m, const struct task *t, hob_time deadline, enum park how)
{
	struct turn turn;
	bool got;

	lock(&m->lock);
	got = !m->owner;
	if (got)
		m->owner = task_mark(t);
	else
		waitlist_add(&m->waiters, &turn);
	unlock(&m->lock);
	return got ? 0 : turn_await(&turn, &m->lock, WHY_MUTEX, deadline, how);
}

int hob_mutex_lock(struct hob_mutex *m, hob_time deadline)
{
	struct task *t = task_self();

	if (!t)
		return -EPERM;
	if (task_cancelled(t))
		return -ECANCELED;
	return acquire(mutex_of(m), t, deadline, PARK_CANCELLABLE);
}

static void release(struct mutex *m)
{
	struct task *t;

	lock(&m->lock);
	DEBUG_CHECK(m->owner);
	t = waitlist_give(&m->waiters);
	m->owner = t ? task_mark(t) : 0;
	unlock(&m->lock);
	if (t)
		task_unpark(t);
}

void hob_mutex_unlock(struct hob_mutex *m)
{
	release(mutex_of(m));
}

int hob_cond_wait(struct hob_cond *c, struct hob_mutex *m, hob_time deadline)
{
	struct cond *cond = cond_of(c);
	struct task *t = task_self();
	struct turn turn;
	int err;

	if (!t)
		return -EPERM;
	lock(&cond->lock);
	waitlist_add(&cond->waiters, &turn);
	unlock(&cond->lock);
	release(mutex_of(m));
	err = turn_await_clear(&turn, &cond->lock, WHY_COND, deadline);
	acquire(mutex_of(m), t, HOB_NEVER, PARK_SHIELDED);
	return err;
}

void hob_cond_signal(struct hob_cond *c)
{
	struct cond *cond = cond_of(c);
	struct task *t;

	lock(&cond->lock);
	t = waitlist_give(&cond->waiters);
	if (t)
		task_unpark(t);
	unlock(&cond->lock);
}

void hob_cond_broadcast(struct hob_cond *c)
{
	struct cond *cond = cond_of(c);
	struct task *t;

	/* A waiter that comes while we go on is taken along: a spurious wake, which its caller expects. */
	lock(&cond->lock);
	while ((t = waitlist_give(&cond->waiters)))
		task_unpark(t);
	unlock(&cond->lock);
}
