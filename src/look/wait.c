/* What a blocked thread waits for.
 *
 * An event loop waits for many descriptors at once. What counts is what could come from outside: a peer before a child,
 * a child before a pipe; the loop's own wake-up (an eventfd, a pipe to itself, a nameless socket pair) counts last, and
 * a timeout before it. */
#include "look/wait.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "look/fd.h"
#include "look/file.h"
#include "look/ring.h"

enum { MOST_FDS = 64 };

/* A pipe from or to a process that is watched, too, is the program's own affair. */
static unsigned label_of(const struct look_wait_view *v, const struct look_fd *fd, enum look_state state)
{
	const struct look_pipe *pipe = fd->kind == FD_PIPE && fd->inode ? look_pipe(v->pipes, v->pid, fd->inode) : NULL;
	char text[64];
	if (!pipe || !*pipe->partner)
		return look_label(v->labels, state, look_fd_sort(fd->kind), fd->text);
	snprintf(text, sizeof text, "%s %s", pipe->reads ? "from" : "to", pipe->partner);
	return look_label(v->labels, state, LOOK_OWN, text);
}

/* The best of many ------------------------------------------------------------------------------------------------- */

struct many {
	const struct look_wait_view *v;
	struct look_fd best;
	unsigned rank, same; /* of the best: its rank, how many of that rank differ in their text */
	unsigned looked;
	int err;
};

static unsigned rank_of(const struct many *m, const struct look_fd *fd)
{
	switch (fd->kind) {
	case FD_NET:
		return 9;
	case FD_CHILD:
		return 8;
	case FD_LISTENS:
		return 7;
	case FD_TERMINAL:
		return 6;
	case FD_PIPE:
		return look_pipe(m->v->pipes, m->v->pid, fd->inode)->self ? 1 : 6;
	case FD_LOCAL:
		return *fd->text ? 5 : 2; /* a loop's own pair has no name; nor has the client's end, alas */
	case FD_TIMER:
		return 4;
	case FD_FILE:
		return 3;
	default:
		return 1;
	}
}

static void weigh(struct many *m, int fd)
{
	struct look_fd found;
	if (m->looked++ >= MOST_FDS)
		return;
	int err = look_fd(m->v->peers, m->v->pid, fd, &found);
	if (err) {
		m->err = err == -EAGAIN ? err : m->err;
		return;
	}
	unsigned rank = rank_of(m, &found);
	if (rank > m->rank) {
		m->rank = rank;
		m->best = found;
		m->same = 1;
	} else if (rank == m->rank && strcmp(found.text, m->best.text)) {
		m->same++;
	}
}

static int conclude(const struct many *m, bool timed, unsigned *label)
{
	struct look_labels *l = m->v->labels;
	char text[64];
	if (m->err)
		return m->err;
	if (m->rank <= 2 && timed)
		*label = look_label(l, LOOK_TIMER, LOOK_REAL, "");
	else if (m->rank == 2)
		*label = look_label(l, LOOK_SOCKET, LOOK_REAL, "");
	else if (m->rank <= 1)
		*label = m->looked ? look_label(l, LOOK_LOCK, LOOK_OWN, "another thread, to wake an event loop")
				   : look_label(l, LOOK_OTHER, LOOK_REAL, "for nothing");
	else if (m->same > 1) {
		snprintf(text, sizeof text, "%u%s at once", m->same, m->looked > MOST_FDS ? " or more" : "");
		*label = look_label(l, look_fd_state(m->best.kind), look_fd_sort(m->best.kind), text);
	} else
		*label = label_of(m->v, &m->best, look_fd_state(m->best.kind));
	return 0;
}

static int of_poll(struct many *m, const struct look_call *c, unsigned *label)
{
	struct pollfd fds[MOST_FDS];
	size_t n = c->args[1] < MOST_FDS ? (size_t)c->args[1] : MOST_FDS;
	if (n && sys.vm_read(m->v->pid, c->args[0], fds, n * sizeof *fds) != (ssize_t)(n * sizeof *fds))
		n = 0;
	for (size_t i = 0; i < n; i++)
		if (fds[i].fd >= 0)
			weigh(m, fds[i].fd);
	return conclude(m, look_call_timed(c), label);
}

static int of_select(struct many *m, const struct look_call *c, unsigned *label)
{
	uint64_t sets[3][FD_SETSIZE / 64] = { 0 };
	unsigned n = c->args[0] < FD_SETSIZE ? (unsigned)c->args[0] : FD_SETSIZE;
	size_t bytes = (n + 63) / 64 * 8;
	for (int i = 0; i < 3; i++)
		if (n && c->args[1 + i] && sys.vm_read(m->v->pid, c->args[1 + i], sets[i], bytes) != (ssize_t)bytes)
			memset(sets[i], 0, sizeof sets[i]);
	for (unsigned fd = 0; fd < n; fd++)
		if ((sets[0][fd / 64] | sets[1][fd / 64] | sets[2][fd / 64]) >> fd % 64 & 1)
			weigh(m, (int)fd);
	return conclude(m, look_call_timed(c), label);
}

/* The lines "tfd: N events: ..." of what an epoll watches. */
static int of_epoll(struct many *m, const struct look_call *c, unsigned *label)
{
	char path[48], text[8192];
	snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", m->v->pid, (int)c->args[0]);
	if (look_file(path, text, sizeof text) > 0)
		for (const char *at = text; (at = strstr(at, "tfd:")); at += 4)
			weigh(m, atoi(at + 4));
	return conclude(m, look_call_timed(c), label);
}

/* One thing -------------------------------------------------------------------------------------------------------- */

static int of_fd(const struct look_wait_view *v, const struct look_call *c, unsigned *label)
{
	struct look_fd fd;
	int err = look_fd(v->peers, v->pid, (int)c->args[0], &fd);
	if (err == -EAGAIN)
		return err;
	enum look_state state = err ? LOOK_OTHER : look_fd_state(fd.kind);
	if (c->kind == CALL_NET && state == LOOK_OTHER)
		state = LOOK_NET; /* a family that the tables do not show, or a connection that is just being made */
	*label = err ? look_label(v->labels, state, LOOK_REAL, "") : label_of(v, &fd, state);
	return 0;
}

/* glibc waits for a mutex with the value 2 (locked, with waiters), and for the end of a thread on its number, which the
 * kernel clears; musl's and Go's locks look like conditions, and that is what they are called here. Java sleeps on a
 * condition with a timeout, as others wait for work: what ends it cannot be seen. */
static const char *futex_text(const struct look_call *c, enum look_sort *sort)
{
	unsigned op = c->args[1] & FUTEX_CMD_MASK, value = (unsigned)c->args[2];
	bool shared = !(c->args[1] & FUTEX_PRIVATE_FLAG);
	if (op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2 || (op == FUTEX_WAIT && value == 2))
		return "a mutex";
	*sort = LOOK_OWN;
	if (op == FUTEX_WAIT_BITSET && shared && value > 2)
		return "the end of another thread";
	return c->args[3] ? "a condition or semaphore, or for a time" : "a condition or semaphore";
}

int look_wait(const struct look_wait_view *v, const struct look_call *c, unsigned *label)
{
	struct many m = { .v = v };
	enum look_state state = LOOK_OTHER;
	enum look_sort sort = LOOK_REAL;
	const char *text = "";
	switch (c->kind) {
	case CALL_FD:
	case CALL_NET:
		return of_fd(v, c, label);
	case CALL_POLL:
		return of_poll(&m, c, label);
	case CALL_SELECT:
		return of_select(&m, c, label);
	case CALL_EPOLL:
		return of_epoll(&m, c, label);
	case CALL_FILES:
		state = LOOK_DISK;
		break;
	case CALL_SLEEP:
		state = LOOK_TIMER;
		break;
	case CALL_CHILD:
		state = LOOK_CHILD;
		sort = LOOK_OWN;
		break;
	case CALL_FUTEX:
		state = LOOK_LOCK;
		text = futex_text(c, &sort);
		break;
	case CALL_NONE:
		state = LOOK_FAULT;
		break;
	case CALL_SIGNAL:
		text = "a signal";
		break;
	case CALL_RING:
		return look_ring(v, c, label);
	default:
		break;
	}
	*label = look_label(v->labels, state, sort, text);
	return 0;
}

unsigned look_wait_channel(struct look_labels *labels, const char *wchan)
{
	static const struct {
		const char *has;
		enum look_state state;
	} known[] = {
		{ "futex", LOOK_LOCK },         { "nanosleep", LOOK_TIMER },
		{ "pipe", LOOK_PIPE },          { "unix_stream", LOOK_SOCKET },
		{ "unix_", LOOK_SOCKET },       { "inet_csk", LOOK_NET },
		{ "tcp_", LOOK_NET },           { "sk_", LOOK_NET },
		{ "skb_", LOOK_NET },           { "do_wait", LOOK_CHILD },
		{ "kernel_wait4", LOOK_CHILD }, { "n_tty", LOOK_TERMINAL },
		{ "io_schedule", LOOK_DISK },   { "folio_wait", LOOK_DISK },
		{ "wait_on_page", LOOK_DISK },  { "jbd2", LOOK_DISK },
		{ "submit_bio", LOOK_DISK },    { "blk", LOOK_DISK },
		{ "filemap", LOOK_DISK },       { "handle_mm_fault", LOOK_FAULT },
	};
	char text[64] = "";
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strstr(wchan, known[i].has))
			return known[i].state; /* the label without a text */
	if (*wchan && strcmp(wchan, "0"))
		snprintf(text, sizeof text, "in the kernel's %.40s", wchan);
	return look_label(labels, LOOK_OTHER, LOOK_REAL, text);
}
