/* What both pollers share. */
#include <errno.h>
#include <poll.h>

#include "base/sys.h"
#include "sched/run.h"
#include "wait/backend.h"

const struct backend *backend_self(void)
{
	const struct poller_ops *ops = task_self() ? sched_poller_ops() : NULL;

	return ops ? container_of(ops, struct backend, sched) : NULL;
}

int poller_look(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	if (fd < 0) /* poll(2) passes those over */
		return -EBADF;
	do
		n = sys.poll(&p, 1, 0);
	while (n == -EINTR);
	if (n < 0)
		return n;
	if (n == 0)
		return -ETIMEDOUT;
	return p.revents & POLLNVAL ? -EBADF : p.revents;
}

int poller_await_nothing(hob_time deadline, enum why why, wait_stop *stop)
{
	int err;

	do
		err = wait_park(why, deadline, stop);
	while (!err);
	return err;
}

int poller_init(struct poller *p)
{
	timers_init(&p->timers);
	p->wake_fd = sys.eventfd();
	return p->wake_fd < 0 ? p->wake_fd : 0;
}

void poller_finish(struct poller *p)
{
	if (p->wake_fd >= 0)
		sys.close(p->wake_fd);
}

/* Only the first wake since the poller woke writes: one system call however many wakers. The swap of poller_woken
 * comes after its read of the descriptor, so a waker that finds the flag set either has its byte still unread, or the
 * poller has yet to return and will look at what the waker left (its swap read ours: release, acquire). */
void poller_wake(struct poller *p)
{
	uint64_t one = 1;

	if (at_swap(&p->wake_pending, 1, ACQ_REL) == 0)
		while (sys.write(p->wake_fd, &one, sizeof one) == -EINTR)
			;
}

void poller_woken(struct poller *p)
{
	uint64_t count;

	sys.read(p->wake_fd, &count, sizeof count);
	at_swap(&p->wake_pending, 0, ACQ_REL);
}

bool poller_has_timers(struct poller *p)
{
	return at_load(&p->timers.next, RELAXED) != HOB_NEVER;
}

void poller_timer_start(struct poller *p, struct timer *t)
{
	t->poller = p;
	timers_start(&p->timers, t);
}

void poller_timer_stop(struct timer *t)
{
	timers_stop(&t->poller->timers, t);
}

int64_t poller_timeout(struct poller *p, hob_time deadline)
{
	hob_time next = at_load(&p->timers.next, RELAXED);
	hob_time now;

	if (next < deadline)
		deadline = next;
	if (deadline == HOB_NEVER)
		return -1;
	now = sys.now();
	return deadline > now ? deadline - now : 0;
}
