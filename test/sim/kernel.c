/* Descriptors, and waiting for them. */
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "explore.h"

static struct file *files;
static char waiters;

/* Files ------------------------------------------------------------------------------------------------------------ */

struct process *kernel_process(void)
{
	return sim_process() ? sim_process() : &processes[0];
}

struct file *kernel_file(int fd)
{
	return fd >= 0 && fd < FDS ? kernel_process()->fds[fd] : NULL;
}

struct file *file_new(enum kind kind)
{
	struct file *f = calloc(1, sizeof *f);

	f->kind = kind;
	f->refs = 1;
	f->next = files;
	files = f;
	return f;
}

static void forget_everywhere(struct file *f)
{
	for (struct file *ep = files; ep; ep = ep->next)
		for (struct watched **w = &ep->watched; *w;) {
			struct watched *old = *w;

			if (old->file != f) {
				w = &old->next;
				continue;
			}
			*w = old->next;
			free(old);
		}
}

void file_release(struct file *f)
{
	struct file **at = &files;

	if (--f->refs)
		return;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	forget_everywhere(f);
	for (struct watched *w; (w = f->watched);) {
		f->watched = w->next;
		free(w);
	}
	socket_closed(f);
	free(f->memory);
	free(f);
	kernel_changed();
}

int kernel_install(struct file *f)
{
	struct process *p = kernel_process();
	int fd = 0;

	while (fd < FDS && p->fds[fd])
		fd++;
	if (fd == FDS || sim_fault(FAULT_FILES)) {
		file_release(f);
		return -EMFILE;
	}
	p->fds[fd] = f;
	return fd;
}

static bool any_ready(struct file *ep)
{
	for (struct watched *w = ep->watched; w; w = w->next)
		if (!w->off && file_ready(w->file) & (short)(w->events | POLLERR | POLLHUP))
			return true;
	return false;
}

short file_ready(struct file *f)
{
	bool in = false, out = false, gone = false;

	switch (f->kind) {
	case NOTHING:
	case TEXT:
	case MEMORY:
		in = out = true;
		break;
	case EVENT:
		in = f->count > 0;
		out = true;
		break;
	case STREAM:
		gone = !f->peer;
		in = f->n > 0 || gone || f->reset;
		out = gone || f->peer->n < PIPE;
		break;
	case PACKET:
		gone = !f->peer;
		in = f->n > 0 || gone || f->reset;
		out = gone || f->peer->n < MESSAGES;
		break;
	case EPOLL:
		in = any_ready(f);
		break;
	case RING:
		in = ring_readable(f->ring);
		break;
	case SIGNALS:
		in = f->process->signalled;
		break;
	case PIDFD:
		in = f->process->ended;
		break;
	}
	return (short)((in ? POLLIN : 0) | (out ? POLLOUT : 0) | (gone ? POLLHUP | POLLRDHUP : 0));
}

void kernel_changed(void)
{
	sim_unblock(&waiters, 1000);
}

bool kernel_wait(int64_t until)
{
	return sim_block(until, &waiters);
}

/* Reading and writing ---------------------------------------------------------------------------------------------- */

static size_t some_of(size_t n)
{
	return n > 1 && sim_fault(FAULT_SHORT) ? 1 + sim_roll((unsigned)n - 1) : n;
}

ssize_t file_read(struct file *f, void *buf, size_t len)
{
	switch (f->kind) {
	case EVENT:
		if (!f->count)
			return -EAGAIN;
		memcpy(buf, &f->count, sizeof f->count);
		f->count = 0;
		return sizeof f->count;
	case SIGNALS:
		if (!f->process->signalled)
			return -EAGAIN;
		f->process->signalled = false;
		return sizeof(struct signalfd_siginfo);
	case STREAM:
		if (!f->n)
			return f->peer ? -EAGAIN : 0;
		break;
	case TEXT:
		break;
	default:
		return -EINVAL;
	}
	len = some_of(len < f->n ? len : f->n);
	memcpy(buf, f->bytes, len);
	f->n -= len;
	memmove(f->bytes, f->bytes + len, f->n);
	kernel_changed();
	return (ssize_t)len;
}

ssize_t file_write(struct file *f, const void *buf, size_t len)
{
	uint64_t more;

	switch (f->kind) {
	case EVENT:
		memcpy(&more, buf, sizeof more);
		f->count += more;
		kernel_changed();
		return sizeof more;
	case STREAM:
		if (!f->peer)
			return -EPIPE;
		if (f->peer->n == PIPE)
			return -EAGAIN;
		len = some_of(len < PIPE - f->peer->n ? len : PIPE - f->peer->n);
		memcpy(f->peer->bytes + f->peer->n, buf, len);
		f->peer->n += len;
		kernel_changed();
		return (ssize_t)len;
	case NOTHING:
	case TEXT:
		return (ssize_t)len;
	default:
		return -EINVAL;
	}
}

static ssize_t sys_read(int fd, void *buf, size_t len)
{
	struct file *f = kernel_file(fd);
	ssize_t n;

	sim_point();
	if (!f)
		return -EBADF;
	if (sim_fault(FAULT_SIGNAL) && !f->nonblock && f->kind != TEXT)
		return -EINTR;
	f->refs++;
	while ((n = file_read(f, buf, len)) == -EAGAIN && !f->nonblock)
		kernel_wait(INT64_MAX);
	file_release(f);
	return n;
}

static ssize_t sys_write(int fd, const void *buf, size_t len)
{
	struct file *f = kernel_file(fd);
	ssize_t n;

	sim_point();
	if (!f)
		return -EBADF;
	if (sim_fault(FAULT_SIGNAL) && !f->nonblock)
		return -EINTR;
	f->refs++;
	while ((n = file_write(f, buf, len)) == -EAGAIN && !f->nonblock)
		kernel_wait(INT64_MAX);
	file_release(f);
	return n;
}

static int sys_close(int fd)
{
	struct file *f = kernel_file(fd);

	sim_point();
	if (!f)
		sim_fail("descriptor %d is closed, and is not open", fd);
	kernel_process()->fds[fd] = NULL;
	file_release(f);
	return 0;
}

static int sys_eventfd(void)
{
	struct file *f = file_new(EVENT);

	f->nonblock = true;
	return kernel_install(f);
}

/* The state of a thread is all that is there to be read. */
static int sys_open(const char *path, int flags)
{
	struct file *f;
	int tid;

	sim_point();
	(void)flags;
	if (strcmp(path, "/dev/null") == 0)
		return kernel_install(file_new(NOTHING));
	if (sscanf(path, "/proc/self/task/%d/stat", &tid) != 1)
		return -ENOENT;
	f = file_new(TEXT);
	f->n = (size_t)snprintf(f->bytes, sizeof f->bytes, "%d (a) b) %c 1 2 3", tid, sim_thread_state(tid));
	return kernel_install(f);
}

static int sys_getfl(int fd)
{
	struct file *f = kernel_file(fd);

	return !f ? -EBADF : O_RDWR | (f->nonblock ? O_NONBLOCK : 0);
}

static int sys_setfl(int fd, int flags)
{
	struct file *f = kernel_file(fd);

	if (!f)
		return -EBADF;
	f->nonblock = flags & O_NONBLOCK;
	return 0;
}

static int sys_fstat(int fd, struct stat *st)
{
	*st = (struct stat){ .st_mode = S_IFIFO };
	return kernel_file(fd) ? 0 : -EBADF;
}

/* Waiting ---------------------------------------------------------------------------------------------------------- */

static int look(struct pollfd *fds, unsigned n)
{
	int ready = 0;

	for (unsigned i = 0; i < n; i++) {
		struct file *f = kernel_file(fds[i].fd);

		fds[i].revents = 0;
		if (fds[i].fd < 0)
			continue;
		fds[i].revents = f ? file_ready(f) & (fds[i].events | POLLERR | POLLHUP) : POLLNVAL;
		ready += fds[i].revents != 0;
	}
	return ready;
}

static int64_t until_of(int64_t timeout)
{
	return timeout < 0 ? INT64_MAX : sim_clock + timeout;
}

static int sys_poll(struct pollfd *fds, unsigned n, int timeout_ms)
{
	int64_t until = until_of(timeout_ms < 0 ? -1 : timeout_ms * INT64_C(1000000));
	int ready;

	sim_point();
	if (sim_fault(FAULT_SIGNAL))
		return -EINTR;
	while ((ready = look(fds, n)) == 0 && sim_clock < until)
		kernel_wait(until);
	return ready;
}

static int epoll_new(void)
{
	sim_point();
	return kernel_install(file_new(EPOLL));
}

static int epoll_change(int ep, int op, int fd, struct epoll_event *ev)
{
	struct file *e = kernel_file(ep), *f = kernel_file(fd);
	struct watched **at;

	sim_point();
	SIM_CHECK(e && e->kind == EPOLL);
	if (!f)
		return -EBADF;
	if (f->kind == TEXT || f->kind == MEMORY)
		return -EPERM;
	if (op != EPOLL_CTL_DEL && sim_fault(FAULT_KERNEL))
		return -ENOMEM;
	for (at = &e->watched; *at && ((*at)->file != f || (*at)->fd != fd); at = &(*at)->next)
		;
	if (op == EPOLL_CTL_ADD ? *at != NULL : !*at)
		return op == EPOLL_CTL_ADD ? -EEXIST : -ENOENT;
	if (op == EPOLL_CTL_DEL) {
		struct watched *old = *at;

		*at = old->next;
		free(old);
		return 0;
	}
	if (!*at)
		*at = calloc(1, sizeof **at);
	(*at)->file = f;
	(*at)->fd = fd;
	(*at)->events = ev->events;
	(*at)->off = false;
	(*at)->data = ev->data;
	kernel_changed();
	return 0;
}

static int gather(struct file *e, struct epoll_event *evs, int n)
{
	int got = 0;

	for (struct watched *w = e->watched; w && got < n; w = w->next) {
		uint32_t events = (uint32_t)file_ready(w->file) & (w->events | EPOLLERR | EPOLLHUP);

		if (w->off || !events)
			continue;
		evs[got].events = events;
		evs[got++].data = w->data;
		w->off = w->events & EPOLLONESHOT;
	}
	/* whoever was first goes last, so that others have their turn */
	if (e->watched && e->watched->next) {
		struct watched *first = e->watched, **at = &e->watched;

		*at = first->next;
		while (*at)
			at = &(*at)->next;
		*at = first;
		first->next = NULL;
	}
	return got;
}

static int epoll_await(int ep, struct epoll_event *evs, int n, int64_t timeout_ns)
{
	struct file *e = kernel_file(ep);
	int64_t until = until_of(timeout_ns);
	int got;

	sim_point();
	SIM_CHECK(e && e->kind == EPOLL);
	if (sim_fault(FAULT_SIGNAL))
		return -EINTR;
	while ((got = gather(e, evs, n)) == 0 && sim_clock < until)
		kernel_wait(until);
	return got;
}

/* Worlds ----------------------------------------------------------------------------------------------------------- */

void kernel_begin(void)
{
	process_begin();
	for (int fd = 0; fd < 3; fd++)
		processes[0].fds[fd] = file_new(NOTHING);
}

void kernel_end(void)
{
	for (int fd = 0; fd < 3; fd++) {
		file_release(processes[0].fds[fd]);
		processes[0].fds[fd] = NULL;
	}
	for (int fd = 0; fd < FDS; fd++)
		if (processes[0].fds[fd])
			sim_fail("descriptor %d was not closed", fd);
	process_end();
	if (files)
		sim_fail("a file of kind %d is left", (int)files->kind);
}

void kernel_table(struct sys *s)
{
	s->open = sys_open;
	s->close = sys_close;
	s->read = sys_read;
	s->write = sys_write;
	s->poll = sys_poll;
	s->eventfd = sys_eventfd;
	s->getfl = sys_getfl;
	s->setfl = sys_setfl;
	s->fstat = sys_fstat;
	s->epoll_create = epoll_new;
	s->epoll_ctl = epoll_change;
	s->epoll_wait = epoll_await;
}
