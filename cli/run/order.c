/* --keep-order: jobs that ended before their turn. */
#include "run/order.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "run/run.h"

void order_init(struct order *o)
{
	*o = (struct order){ .spool = -1 };
	list_init(&o->held);
}

void order_finish(struct order *o)
{
	if (o->spool >= 0)
		close(o->spool);
}

/* Appends a piece of a file to the spool. */
static int move(struct order *o, int from, off_t at, off_t bytes)
{
	static char buf[64 * 1024]; /* nothing parks in here */
	while (bytes) {
		ssize_t got = pread(from, buf, bytes < (off_t)sizeof buf ? (size_t)bytes : sizeof buf, at);
		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got < 0)
			continue;
		for (ssize_t done = 0; done < got;) {
			ssize_t put = pwrite(o->spool, buf + done, (size_t)(got - done), o->spool_end);
			if (put < 0 && errno != EINTR)
				return -errno;
			put = put < 0 ? 0 : put;
			done += put;
			o->spool_end += put;
		}
		at += got;
		bytes -= got;
	}
	return 0;
}

static int move_output(struct order *o, struct pieces *p)
{
	int err = 0;
	if (!p->bytes[0] && !p->bytes[1])
		return 0;
	if (o->spool < 0) {
		o->spool = files_unnamed();
		if (o->spool < 0)
			return o->spool;
		fcntl(o->spool, F_SETFL, 0); /* pwrite would append */
	}
	for (int i = 0; i < 2 && !err; i++) {
		off_t begin = o->spool_end;
		err = move(o, p->fd[i], p->from[i], p->bytes[i]);
		p->fd[i] = o->spool;
		p->from[i] = begin;
		p->bytes[i] = o->spool_end - begin;
	}
	return err;
}

int order_hold(struct order *o, struct job *j)
{
	struct link *l = o->held.prev;
	int err = move_output(o, &j->output);
	if (err) {
		j->output = (struct pieces){ 0 };
		j->outcome.lost = err;
	}
	while (l != &o->held && container_of(l, struct job, link)->order > j->order)
		l = l->prev;
	list_push(l->next, &j->link);
	o->count++;
	return err;
}

struct job *order_next(struct order *o)
{
	struct job *j = container_of(o->held.next, struct job, link);
	if (list_empty(&o->held) || j->order != o->turn) {
		if (list_empty(&o->held) && o->spool >= 0 && o->spool_end && !ftruncate(o->spool, 0))
			o->spool_end = 0;
		return NULL;
	}
	list_remove(&j->link);
	o->count--;
	return j;
}
