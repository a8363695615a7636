/* The semaphore. A permit is handed to the one that has waited longest, so none is counted while somebody waits. */
#include <errno.h>
#include <hob/sync.h>

#include "sync/waitlist.h"

struct sem {
	struct lock lock;
	uint32_t permits;
	struct waitlist waiters;
};

_Static_assert(sizeof(struct sem) == sizeof(struct hob_sem), "the public semaphore has room for ours");

static struct sem *sem_of(struct hob_sem *s)
{
	return (struct sem *)(void *)s;
}

int hob_sem_wait(struct hob_sem *s, hob_time deadline)
{
	struct sem *sem = sem_of(s);
	struct task *t = task_self();
	struct turn turn;
	bool got;

	if (!t)
		return -EPERM;
	if (task_cancelled(t))
		return -ECANCELED;
	lock(&sem->lock);
	got = sem->permits > 0;
	if (got)
		sem->permits--;
	else
		waitlist_add(&sem->waiters, &turn);
	unlock(&sem->lock);
	return got ? 0 : turn_await_clear(&turn, &sem->lock, WHY_SEM, deadline);
}

int hob_sem_post(struct hob_sem *s, uint32_t n)
{
	struct sem *sem = sem_of(s);
	struct task *t;
	int err = 0;

	lock(&sem->lock);
	for (; n > 0 && (t = waitlist_give(&sem->waiters)); n--)
		task_unpark(t);
	if (__builtin_add_overflow(sem->permits, n, &sem->permits)) {
		sem->permits -= n; /* nobody waited, or it would have been 0 */
		err = -EOVERFLOW;
	}
	unlock(&sem->lock);
	return err;
}
