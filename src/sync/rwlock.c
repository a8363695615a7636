/* The read-write lock: one line for readers and writers, so that neither starves the other. Handed over like the mutex:
 * whoever lets go, or leaves the line, lets in those at its head. */
#include <errno.h>
#include <hob/sync.h>

#include "base/check.h"
#include "sync/waitlist.h"

struct rwlock {
	struct lock lock;
	uint32_t held; /* by so many readers, or WRITTEN */
	struct waitlist waiters;
};

#define WRITTEN UINT32_MAX

struct rwturn {
	struct turn turn;
	bool writes;
};

_Static_assert(sizeof(struct rwlock) == sizeof(struct hob_rwlock), "the public lock has room for ours");

static struct rwlock *rwlock_of(struct hob_rwlock *l)
{
	return (struct rwlock *)(void *)l;
}

static bool enter(struct rwlock *l, bool writes)
{
	if (l->held == WRITTEN || (writes && l->held))
		return false;
	l->held = writes ? WRITTEN : l->held + 1;
	return true;
}

/* Lets in as many from the head of the line as there may be. Under the lock. */
static void admit(struct rwlock *l)
{
	while (!waitlist_empty(&l->waiters)) {
		struct turn *first = container_of(l->waiters.head.next, struct turn, link);

		if (!enter(l, container_of(first, struct rwturn, turn)->writes))
			break;
		task_unpark(waitlist_give(&l->waiters));
	}
}

static int acquire(struct hob_rwlock *rw, bool writes, hob_time deadline)
{
	struct rwlock *l = rwlock_of(rw);
	struct task *t = task_self();
	struct rwturn mine = { .writes = writes };
	bool got;
	int err;

	if (!t)
		return -EPERM;
	if (task_cancelled(t))
		return -ECANCELED;
	lock(&l->lock);
	got = waitlist_empty(&l->waiters) && enter(l, writes);
	if (!got)
		waitlist_add(&l->waiters, &mine.turn);
	unlock(&l->lock);
	if (got)
		return 0;
	err = turn_await(&mine.turn, &l->lock, WHY_RWLOCK, deadline, PARK_CANCELLABLE);
	if (err) { /* readers may have waited for this writer alone */
		lock(&l->lock);
		admit(l);
		unlock(&l->lock);
	}
	return err;
}

int hob_rwlock_read(struct hob_rwlock *l, hob_time deadline)
{
	return acquire(l, false, deadline);
}

int hob_rwlock_write(struct hob_rwlock *l, hob_time deadline)
{
	return acquire(l, true, deadline);
}

void hob_rwlock_unlock(struct hob_rwlock *rw)
{
	struct rwlock *l = rwlock_of(rw);

	lock(&l->lock);
	DEBUG_CHECK(l->held);
	l->held = l->held == WRITTEN ? 0 : l->held - 1;
	admit(l);
	unlock(&l->lock);
}
