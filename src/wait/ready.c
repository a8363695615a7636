/* Waiting for time, and for descriptors to become ready. */
#include <errno.h>
#include <hob/wait.h>
#include <poll.h>

#include "wait/backend.h"

int hob_sleep(hob_time until)
{
	int err;

	if (!task_self())
		return -EPERM;
	do
		err = task_park(WHY_SLEEP, until, PARK_CANCELLABLE);
	while (!err);
	return err == -ETIMEDOUT ? 0 : err;
}

int hob_poll(int fd, short events, hob_time deadline)
{
	const struct backend *b = backend_self();

	if (!b)
		return -EPERM;
	if (task_cancelled(task_self()))
		return -ECANCELED;
	if (deadline <= 0)
		return poller_look(fd, events);
	return b->poll_fd(fd, events, deadline, WHY_POLL);
}
