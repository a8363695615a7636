#include "sync/waitlist.h"

void waitlist_add(struct waitlist *l, struct turn *turn)
{
	if (!l->head.next)
		list_init(&l->head);
	turn->task = task_self();
	turn->given = false;
	list_push(&l->head, &turn->link);
}

struct task *waitlist_give(struct waitlist *l)
{
	struct link *first = l->head.next ? list_pop(&l->head) : NULL;
	struct turn *turn;
	struct task *t;

	if (!first)
		return NULL;
	turn = container_of(first, struct turn, link);
	t = turn->task;
	at_store(&turn->given, true, RELEASE); /* from here on the task may leave */
	return t;
}

int turn_await(struct turn *turn, struct lock *owner, enum why why, hob_time deadline, enum park how)
{
	int err = 0;

	while (!err && !at_load(&turn->given, ACQUIRE)) {
		task_waits_for(turn->task, owner);
		err = task_park(why, deadline, how);
	}
	if (!err)
		return 0;
	lock(owner);
	if (at_load(&turn->given, RELAXED))
		err = 0; /* it was given at the last moment: it must not be lost */
	else
		list_remove(&turn->link);
	unlock(owner);
	return err;
}

int turn_await_clear(struct turn *turn, struct lock *owner, enum why why, hob_time deadline)
{
	int err = turn_await(turn, owner, why, deadline, PARK_CANCELLABLE);

	lock(owner);
	unlock(owner);
	return err;
}
