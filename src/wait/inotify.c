/* inotify: the descriptor, and a buffer of the events read and not yet told. */
#include <errno.h>
#include <hob/process.h>
#include <hob/wait.h>
#include <limits.h>
#include <sys/inotify.h>

#include "base/sys.h"
#include "sched/task.h"

/* The kernel gives whole events only, and the longest has a name of NAME_MAX bytes and its end. */
#define BYTES (4096 + sizeof(struct inotify_event) + NAME_MAX + 1)

struct hob_inotify {
	int fd;
	size_t from, until;
	_Alignas(struct inotify_event) char buf[BYTES];
};

int hob_inotify_create(struct hob_inotify **out)
{
	struct hob_inotify *n = sys.alloc(sizeof *n);
	int fd;

	if (!n)
		return -ENOMEM;
	fd = sys.inotify_init();
	if (fd < 0) {
		sys.free(n);
		return fd;
	}
	n->fd = fd;
	*out = n;
	return 0;
}

void hob_inotify_destroy(struct hob_inotify *n)
{
	if (!n)
		return;
	sys.close(n->fd);
	sys.free(n);
}

struct watch {
	int fd;
	const char *path;
	uint32_t mask;
};

static int add(void *arg)
{
	struct watch *w = arg;

	return sys.inotify_add_watch(w->fd, w->path, w->mask);
}

int hob_inotify_add(struct hob_inotify *n, const char *path, uint32_t mask, hob_time deadline)
{
	return hob_blocking(add, &(struct watch){ n->fd, path, mask }, deadline); /* it looks the path up on the disk */
}

int hob_inotify_remove(struct hob_inotify *n, int watch)
{
	return sys.inotify_rm_watch(n->fd, watch);
}

int hob_inotify_next(struct hob_inotify *n, const struct inotify_event **event, hob_time deadline)
{
	const struct inotify_event *e;
	ssize_t got;

	if (!task_self())
		return -EPERM;
	if (task_cancelled(task_self()))
		return -ECANCELED;
	if (n->from == n->until) {
		got = hob_read(n->fd, n->buf, sizeof n->buf, deadline);
		if (got <= 0)
			return got < 0 ? (int)got : -EIO;
		n->from = 0;
		n->until = (size_t)got;
	}
	e = (const struct inotify_event *)(const void *)(n->buf + n->from);
	n->from += sizeof *e + e->len;
	*event = e;
	return 0;
}
