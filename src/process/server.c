/* The helper: one thread that forks workers, reaps them, and kills them when it is asked to. It is the workers' parent,
 * so a pid it has not reaped is nobody else's, and it can kill by pid.
 *
 * It leaves the terminal's session, so that Ctrl-C is the program's business alone. A worker leads a process group of
 * its own: what it forks is killed with it, and becomes the helper's to reap. (A process that has left the group as
 * well is beyond reach; HOB_CONFINE_STRICT lets nobody fork.)
 */
#include "process/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/sys.h"
#include "process/helper.h"
#include "process/worker.h"

enum { CONTROL, PARENT, CHILDREN, LIVES }; /* in the polled; the life lines come last */
enum { CONTROL_FD = 3, PARENT_FD = 4 };

struct server {
	unsigned n, room;      /* workers */
	struct pollfd *polled; /* LIVES + n; .fd -1: that worker is being killed, and nobody waits to be told */
	pid_t *pids;
};

static void tell(int life, int32_t kind, int32_t value)
{
	struct note note = { kind, value };

	sys.send(life, &note, sizeof note, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int grow(struct server *s)
{
	unsigned room = s->room ? s->room * 2 : 8;
	struct pollfd *polled = sys.alloc((LIVES + room) * sizeof *polled);
	pid_t *pids = sys.alloc(room * sizeof *pids);

	if (!polled || !pids) {
		sys.free(polled);
		sys.free(pids);
		return -ENOMEM;
	}
	if (s->polled) {
		memcpy(polled, s->polled, (LIVES + s->n) * sizeof *polled);
		memcpy(pids, s->pids, s->n * sizeof *pids);
	}
	sys.free(s->polled);
	sys.free(s->pids);
	s->polled = polled;
	s->pids = pids;
	s->room = room;
	return 0;
}

/* A worker, or why not. */
static int make(struct server *s, const struct order *order, const int fds[ORDER_FDS])
{
	pid_t self = getpid(), pid;
	int err = s->n == s->room ? grow(s) : 0;

	if (err)
		return err;
	pid = sys.fork();
	if (pid < 0)
		return pid;
	if (pid == 0)
		worker_main(order, self, fds[ORDER_MEMORY], fds[ORDER_SOCKET]);
	sys.setpgid(pid, pid); /* the worker does it, too: whoever is first */
	s->pids[s->n] = pid;
	s->polled[LIVES + s->n] = (struct pollfd){ .fd = fds[ORDER_LIFE], .events = POLLIN };
	s->n++;
	return 0;
}

/* Descriptors that could not be had are closed, and their other ends tell. False: no more orders will come. */
static bool take_order(struct server *s)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int[ORDER_FDS]))];
	} passed = { 0 };
	struct order order;
	struct iovec text = { &order, sizeof order };
	struct msghdr msg = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = sizeof passed
	};
	ssize_t got = sys.recvmsg(CONTROL_FD, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	int fds[ORDER_FDS], n = 0, err = -EMFILE;

	if (got <= 0) /* an order that cannot be read would be asked for without end: better to end, and be missed */
		return got == -EAGAIN || got == -EINTR;
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len >= CMSG_LEN(sizeof(int))) {
		n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(fds, CMSG_DATA(c), (size_t)n * sizeof(int));
	}
	if (n == ORDER_FDS && got == sizeof order)
		err = make(s, &order, fds);
	for (int i = 0; i < n; i++) {
		if (i == ORDER_LIFE && !err)
			continue;
		if (i == ORDER_LIFE)
			tell(fds[i], NOTE_FAILED, err);
		sys.close(fds[i]);
	}
	return true;
}

static void kill_all_of(pid_t pid)
{
	sys.kill(pid, SIGKILL);
	sys.kill(-pid, SIGKILL);
}

static void hear(struct server *s, unsigned i)
{
	struct pollfd *p = &s->polled[LIVES + i];
	char byte;
	ssize_t n = sys.recv(p->fd, &byte, 1, MSG_DONTWAIT);

	if (n == -EAGAIN || n == -EINTR)
		return;
	kill_all_of(s->pids[i]);
	if (n <= 0) {
		sys.close(p->fd);
		p->fd = -1;
	}
}

static void bury(struct server *s, pid_t pid, int status)
{
	unsigned i = 0;

	while (i < s->n && s->pids[i] != pid)
		i++;
	if (i == s->n) /* some worker's child */
		return;
	if (s->polled[LIVES + i].fd >= 0) {
		tell(s->polled[LIVES + i].fd, NOTE_ENDED, status);
		sys.close(s->polled[LIVES + i].fd);
	}
	s->n--;
	s->pids[i] = s->pids[s->n];
	s->polled[LIVES + i] = s->polled[LIVES + s->n];
}

/* What a worker has forked is killed before the worker is reaped: until then its group's number is its own. */
static void reap(struct server *s)
{
	struct signalfd_siginfo info[8];
	pid_t pid;
	int status;

	sys.read(s->polled[CHILDREN].fd, info, sizeof info);
	while (sys.wait_peek(&pid) == 0 && pid) {
		sys.kill(-pid, SIGKILL);
		if (sys.wait4(pid, &status, 0, NULL) == pid)
			bury(s, pid, status);
	}
}

static _Noreturn void end(struct server *s)
{
	int status;

	for (unsigned i = 0; i < s->n; i++)
		kill_all_of(s->pids[i]);
	for (unsigned i = 0; i < s->n; i++)
		sys.wait4(s->pids[i], &status, 0, NULL);
	sys.exit_now(0);
}

/* Descriptors 0 to 2 and the two it needs, all others closed: above all our copy of the program's end of `control`, or
 * it would never be seen to close. */
static bool settle(int control, int parent)
{
	int null = sys.open("/dev/null", O_RDWR);

	control = sys.dup_from(control, 16);
	parent = parent < 0 ? -1 : sys.dup_from(parent, 16);
	if (null < 0 || control < 0 || sys.dup_to(null, 0, 0) < 0 || sys.dup_to(null, 1, 0) < 0)
		return false;
	if (sys.getfl(2) < 0 && sys.dup_to(null, 2, 0) < 0)
		return false;
	if (sys.dup_to(control, CONTROL_FD, O_CLOEXEC) < 0)
		return false;
	if (parent >= 0 && sys.dup_to(parent, PARENT_FD, O_CLOEXEC) < 0)
		return false;
	return sys.close_from(parent >= 0 ? PARENT_FD + 1 : PARENT_FD) == 0;
}

_Noreturn void server_main(int control, int parent)
{
	struct server s = { 0 };
	sigset_t children;
	bool orders = true;

	helper_forget();
	sys.sigdefault();
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sys.block_signals(&children, NULL);
	sys.setsid();
	sys.prctl(PR_SET_CHILD_SUBREAPER, 1, 0);
	sys.prctl(PR_SET_NAME, (unsigned long)"hob helper", 0);
	if (!settle(control, parent) || grow(&s))
		sys.exit_now(1);
	s.polled[CONTROL] = (struct pollfd){ .fd = CONTROL_FD, .events = POLLIN };
	s.polled[PARENT] = (struct pollfd){ .fd = parent < 0 ? -1 : PARENT_FD, .events = POLLIN };
	s.polled[CHILDREN] = (struct pollfd){ .fd = sys.signalfd(&children), .events = POLLIN };
	if (s.polled[CHILDREN].fd < 0)
		sys.exit_now(1);
	while (orders && !s.polled[PARENT].revents) {
		if (sys.poll(s.polled, LIVES + s.n, -1) < 0)
			continue;
		for (unsigned i = 0; i < s.n; i++)
			if (s.polled[LIVES + i].fd >= 0 && s.polled[LIVES + i].revents)
				hear(&s, i);
		if (s.polled[CHILDREN].revents)
			reap(&s);
		if (s.polled[CONTROL].revents)
			orders = take_order(&s);
	}
	end(&s);
}
