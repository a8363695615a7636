/* The wait group. */
#include <errno.h>
#include <hob/sync.h>

#include "base/check.h"
#include "sync/waitlist.h"

struct group {
	struct lock lock;
	uint32_t left;
	struct waitlist waiters;
};

_Static_assert(sizeof(struct group) == sizeof(struct hob_group), "the public group has room for ours");

static struct group *group_of(struct hob_group *g)
{
	return (struct group *)(void *)g;
}

void hob_group_add(struct hob_group *g, uint32_t n)
{
	struct group *group = group_of(g);

	lock(&group->lock);
	ALWAYS(!__builtin_add_overflow(group->left, n, &group->left));
	unlock(&group->lock);
}

void hob_group_done(struct hob_group *g)
{
	struct group *group = group_of(g);
	struct task *t;

	lock(&group->lock);
	ALWAYS(group->left > 0); /* done more often than added */
	if (--group->left == 0)
		while ((t = waitlist_give(&group->waiters)))
			task_unpark(t);
	unlock(&group->lock);
}

int hob_group_wait(struct hob_group *g, hob_time deadline)
{
	struct group *group = group_of(g);
	struct task *t = task_self();
	struct turn turn;
	bool done;

	if (!t)
		return -EPERM;
	if (task_cancelled(t))
		return -ECANCELED;
	lock(&group->lock);
	done = group->left == 0;
	if (!done)
		waitlist_add(&group->waiters, &turn);
	unlock(&group->lock);
	return done ? 0 : turn_await_clear(&turn, &group->lock, WHY_GROUP, deadline);
}
