/* Waiting over epoll, where io_uring is refused (containers, old kernels, qemu): one epoll descriptor a worker.
 *
 * epoll keeps one registration a descriptor, tasks may be many: a `watch` a descriptor holds those that wait. It is
 * armed one-shot for the union of what they want, and after each event for what is left, so a descriptor nobody waits
 * for makes no events. Closing a descriptor ends its registration by itself; ENOENT and EEXIST tell which of ADD and
 * MOD is right, since descriptor numbers are reused behind our back.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/check.h"
#include "base/sys.h"
#include "wait/backend.h"

#define EVENTS (HOSTILE ? 1 : 64)
#define CHUNK 1024 /* watches are allocated so many descriptors at a time */

struct watch {
	struct link waiters; /* .next NULL: never used */
	bool known;          /* epoll has (had) it: try MOD first */
};

struct epoll {
	struct poller poller;
	struct lock lock; /* of all below, but ep */
	int ep;
	size_t nchunks;
	struct watch **chunks; /* by descriptor / CHUNK */
	atomic_of(uint32_t) nwaiters;
};

struct waiter {
	struct link link; /* in its watch; under the lock */
	struct task *task;
	short events;
	short revents; /* or a negative errno */
	atomic_of(bool) done;
};

static void destroy(struct poller *p)
{
	struct epoll *e = container_of(p, struct epoll, poller);

	if (e->ep >= 0)
		sys.close(e->ep);
	poller_finish(p);
	for (size_t i = 0; i < e->nchunks; i++)
		sys.free(e->chunks[i]);
	sys.free(e->chunks);
	sys.free(e);
}

static int create(struct poller **out)
{
	struct epoll *e = sys.alloc(sizeof *e);
	struct epoll_event ev = { .events = EPOLLIN };
	int err;

	if (!e)
		return -ENOMEM;
	e->ep = sys.epoll_create();
	err = poller_init(&e->poller);
	if (e->ep < 0)
		err = e->ep;
	if (!err) {
		ev.data.fd = e->poller.wake_fd;
		err = sys.epoll_ctl(e->ep, EPOLL_CTL_ADD, e->poller.wake_fd, &ev);
	}
	if (err) {
		destroy(&e->poller);
		return err;
	}
	*out = &e->poller;
	return 0;
}

static struct watch *find(struct epoll *e, int fd)
{
	size_t chunk = (size_t)fd / CHUNK;

	return chunk < e->nchunks && e->chunks[chunk] ? &e->chunks[chunk][fd % CHUNK] : NULL;
}

static struct watch *find_or_make(struct epoll *e, int fd)
{
	size_t chunk = (size_t)fd / CHUNK;
	struct watch *w;

	if (chunk >= e->nchunks) {
		size_t n = chunk * 2 + 1;
		struct watch **more = sys.alloc(n * sizeof *more);

		if (!more)
			return NULL;
		if (e->nchunks)
			memcpy(more, e->chunks, e->nchunks * sizeof *more);
		sys.free(e->chunks);
		e->chunks = more;
		e->nchunks = n;
	}
	if (!e->chunks[chunk])
		e->chunks[chunk] = sys.alloc(CHUNK * sizeof(struct watch));
	w = find(e, fd);
	if (w && !w->waiters.next)
		list_init(&w->waiters);
	return w;
}

/* Registers for what the waiters want. */
static int arm(struct epoll *e, struct watch *w, int fd)
{
	struct epoll_event ev = { .events = EPOLLONESHOT, .data.fd = fd };
	int err;

	for (struct link *l = w->waiters.next; l != &w->waiters; l = l->next)
		ev.events |= (uint16_t)container_of(l, struct waiter, link)->events;
	err = sys.epoll_ctl(e->ep, w->known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev);
	if (err == -ENOENT || err == -EEXIST)
		err = sys.epoll_ctl(e->ep, err == -ENOENT ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev);
	w->known = !err;
	return err;
}

static void leave(struct epoll *e, struct waiter *waiter)
{
	list_remove(&waiter->link);
	at_sub(&e->nwaiters, 1, RELAXED);
}

/* Gives the wait up, unless it is over already. */
static void give_up(struct epoll *e, struct waiter *waiter, int fd)
{
	struct watch *w;

	lock(&e->lock);
	if (!at_load(&waiter->done, RELAXED)) {
		leave(e, waiter);
		w = find(e, fd);
		if (list_empty(&w->waiters)) { /* it is armed for nobody */
			sys.epoll_ctl(e->ep, EPOLL_CTL_DEL, fd, NULL);
			w->known = false;
		}
	}
	unlock(&e->lock);
}

static int enter(struct epoll *e, struct waiter *waiter, int fd)
{
	struct watch *w;
	int err = -ENOMEM;

	lock(&e->lock);
	w = find_or_make(e, fd);
	if (w) {
		list_push(&w->waiters, &waiter->link);
		at_add(&e->nwaiters, 1, RELAXED);
		err = arm(e, w, fd);
		if (err)
			leave(e, waiter);
	}
	unlock(&e->lock);
	return err;
}

static int poll_fd(int fd, short events, hob_time deadline, enum why why, wait_stop *stop)
{
	struct epoll *e = container_of(task_poller(), struct epoll, poller);
	struct waiter waiter = { .task = task_self(), .events = events };
	int err;

	if (fd < 0)
		return -EBADF;
	err = enter(e, &waiter, fd);
	if (err == -EPERM) /* a file that is always ready, for this and no more */
		return events & (POLLIN | POLLOUT) ? events & (POLLIN | POLLOUT)
						   : poller_await_nothing(deadline, why, stop);
	if (err)
		return err;
	while (!err && !at_load(&waiter.done, ACQUIRE))
		err = wait_park(why, deadline, stop);
	if (!at_load(&waiter.done, ACQUIRE))
		give_up(e, &waiter, fd);
	if (at_load(&waiter.done, ACQUIRE))
		return waiter.revents;
	return err == -ETIMEDOUT ? poller_look(fd, events) : err; /* a deadline that was past still polls */
}

/* Ends the wait of those in `w` that asked for one of `events`, with what they asked for, or of all with an error. */
static void finish(struct epoll *e, struct watch *w, short events, int err)
{
	for (struct link *l = w->waiters.next, *next; l != &w->waiters; l = next) {
		struct waiter *waiter = container_of(l, struct waiter, link);
		struct task *t = waiter->task;

		next = l->next;
		waiter->revents = err ? (short)err : events & (short)(waiter->events | POLLERR | POLLHUP);
		if (!waiter->revents)
			continue;
		leave(e, waiter);
		at_store(&waiter->done, true, RELEASE); /* the task may leave from here on */
		task_unpark(t);
	}
}

/* An event on a descriptor: takes out the waiters it is for, and arms it again for the others. */
static void deliver(struct epoll *e, int fd, uint32_t events)
{
	short revents = (short)(events & (POLLIN | POLLOUT | POLLPRI | POLLRDHUP | POLLERR | POLLHUP));
	struct watch *w;
	int err;

	lock(&e->lock);
	w = find(e, fd);
	finish(e, w, revents, 0);
	err = list_empty(&w->waiters) ? 0 : arm(e, w, fd);
	if (err)
		finish(e, w, 0, err);
	unlock(&e->lock);
}

/* Answers how many events there were. */
static int collect(struct epoll *e, int64_t timeout)
{
	struct epoll_event evs[EVENTS];
	int n = sys.epoll_wait(e->ep, evs, EVENTS, timeout);

	for (int i = 0; i < n; i++) {
		if (evs[i].data.fd == e->poller.wake_fd)
			poller_woken(&e->poller);
		else
			deliver(e, evs[i].data.fd, evs[i].events);
	}
	return n < 0 ? 0 : n;
}

static void poll_epoll(struct poller *p, hob_time deadline)
{
	struct epoll *e = container_of(p, struct epoll, poller);
	unsigned done = 0;
	int n = at_load(&e->nwaiters, RELAXED) ? EVENTS : 0;

	while (n == EVENTS)
		done += (unsigned)(n = collect(e, 0));
	done += timers_fire(&p->timers);
	if (done || deadline == 0)
		return;
	collect(e, poller_timeout(p, deadline));
	timers_fire(&p->timers);
}

static bool expects(struct poller *p)
{
	return at_load(&container_of(p, struct epoll, poller)->nwaiters, RELAXED) || poller_has_timers(p);
}

const struct backend backend_epoll = {
	.sched = {
		.kind = HOB_BACKEND_EPOLL,
		.create = create,
		.destroy = destroy,
		.poll = poll_epoll,
		.wake = poller_wake,
		.expects = expects,
		.timer_start = poller_timer_start,
		.timer_stop = poller_timer_stop,
	},
	.poll_fd = poll_fd,
};
