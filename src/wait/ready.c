/* Waiting for time, and for descriptors to become ready. */
#include <errno.h>
#include <hob/wait.h>
#include <poll.h>

#include "base/sys.h"
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
	return b->poll_fd(fd, events, deadline, WHY_POLL, NULL);
}

/* Many at once: an epoll descriptor of our own has all of them, and is polled for as one, over either backend. */

/* What all entries for this descriptor want together: epoll has one registration a descriptor. */
static uint32_t wanted(const struct pollfd *fds, unsigned n, int fd)
{
	uint32_t events = 0;

	for (unsigned i = 0; i < n; i++)
		if (fds[i].fd == fd)
			events |= (uint16_t)fds[i].events;
	return events;
}

static int gather(int ep, const struct pollfd *fds, unsigned n)
{
	int err = 0;

	for (unsigned i = 0; i < n && !err; i++) {
		struct epoll_event ev = { .events = (uint16_t)fds[i].events };

		if (fds[i].fd < 0)
			continue;
		err = sys.epoll_ctl(ep, EPOLL_CTL_ADD, fds[i].fd, &ev);
		if (err == -EEXIST) {
			ev.events = wanted(fds, n, fds[i].fd);
			err = sys.epoll_ctl(ep, EPOLL_CTL_MOD, fds[i].fd, &ev);
		}
		if (err == -EPERM) /* always ready, but for nothing that is wanted here */
			err = 0;
	}
	return err;
}

static int look(struct pollfd *fds, unsigned n)
{
	int ready;

	do
		ready = sys.poll(fds, n, 0);
	while (ready == -EINTR);
	return ready ? ready : -ETIMEDOUT;
}

static int await_one(const struct backend *b, struct pollfd *p, hob_time deadline, enum why why, wait_stop *stop)
{
	int r = b->poll_fd(p->fd, p->events, deadline, why, stop);

	if (r < 0 && r != -EBADF)
		return r;
	p->revents = r < 0 ? POLLNVAL : (short)r;
	return 1;
}

int poll_gathered(const struct backend *b, struct pollfd *fds, unsigned n, hob_time deadline, enum why why,
		  wait_stop *stop)
{
	int ep = sys.epoll_create(), ready = -ETIMEDOUT, err;

	if (ep < 0)
		return ep;
	err = gather(ep, fds, n);
	if (err == -EBADF) /* closed since we looked: poll(2) says which */
		ready = look(fds, n);
	while (!err && ready == -ETIMEDOUT) {
		err = b->poll_fd(ep, POLLIN, deadline, why, stop);
		err = err < 0 ? err : 0;
		if (err != -ECANCELED && err != -EINTR)
			ready = look(fds, n); /* also where another task was faster: then it was for nothing */
	}
	sys.close(ep);
	return ready == -ETIMEDOUT ? err : ready;
}

int poll_many(struct pollfd *fds, unsigned n, hob_time deadline, enum why why, wait_stop *stop)
{
	const struct backend *b = backend_self();
	int ready;

	if (!b)
		return -EPERM;
	if (task_cancelled(task_self()))
		return -ECANCELED;
	ready = look(fds, n);
	if (ready != -ETIMEDOUT || deadline <= 0)
		return ready;
	if (n == 1 && fds->fd >= 0)
		return await_one(b, fds, deadline, why, stop);
	return poll_gathered(b, fds, n, deadline, why, stop);
}

int hob_poll_many(struct pollfd *fds, unsigned n, hob_time deadline)
{
	return poll_many(fds, n, deadline, WHY_POLL, NULL);
}
