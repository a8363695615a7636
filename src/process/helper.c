/* Starting and ending the helper, and what was loaded when it was forked. */
#include "process/helper.h"

#include <errno.h>
#include <hob/net.h>
#include <hob/pool.h>
#include <link.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/sys.h"
#include "process/server.h"
#include "sched/task.h"

#define CODES_MAX 1024

static struct {
	struct lock lock; /* held across the fork: nobody else can do without a helper */
	unsigned holders;
	pid_t pid, owner; /* a copy of this process has another pid, and no helper */
	int control;
	unsigned ncodes;
	struct code {
		uintptr_t begin, end;
	} codes[CODES_MAX]; /* what may be executed */
} helper;

void helper_forget(void)
{
	helper.lock = (struct lock){ 0 };
	helper.holders = 0;
}

static int keep_code(struct dl_phdr_info *object, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		struct code *code = &helper.codes[helper.ncodes];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) || helper.ncodes == CODES_MAX)
			continue;
		code->begin = object->dlpi_addr + part->p_vaddr;
		code->end = code->begin + part->p_memsz;
		helper.ncodes++;
	}
	return 0;
}

bool helper_knows(uintptr_t fn)
{
	for (unsigned i = 0; i < helper.ncodes; i++)
		if (fn - helper.codes[i].begin < helper.codes[i].end - helper.codes[i].begin)
			return true;
	return false;
}

bool helper_there(void)
{
	return helper.holders && helper.owner == getpid();
}

/* Without signals, whose handlers must not run in the copy. The pidfd tells the helper that this process is gone, even
 * where a copy of it keeps our end of the socket; without one (an old container) it goes by the socket alone. */
static int start(void)
{
	sigset_t all, before;
	int fds[2], self, err;
	pid_t pid;

	err = sys.socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds);
	if (err)
		return err;
	self = sys.pidfd_open(getpid());
	helper.ncodes = 0;
	dl_iterate_phdr(keep_code, NULL);
	sigfillset(&all);
	sys.block_signals(&all, &before);
	pid = sys.fork();
	if (pid == 0)
		server_main(fds[1], self);
	sys.block_signals(&before, NULL);
	sys.close(fds[1]);
	if (self >= 0)
		sys.close(self);
	if (pid < 0) {
		sys.close(fds[0]);
		return pid;
	}
	helper.pid = pid;
	helper.owner = getpid();
	helper.control = fds[0];
	return 0;
}

int helper_acquire(void)
{
	int err = 0;

	if (task_self())
		return -EBUSY;
	lock(&helper.lock);
	if (helper.holders && helper.owner != getpid()) {
		sys.close(helper.control); /* our copy of it */
		helper.holders = 0;
	}
	if (!helper.holders)
		err = start();
	if (!err)
		helper.holders++;
	unlock(&helper.lock);
	return err;
}

void helper_release(void)
{
	int status;

	lock(&helper.lock);
	if (--helper.holders == 0) {
		sys.close(helper.control);
		while (sys.wait4(helper.pid, &status, 0, NULL) == -EINTR)
			;
	}
	unlock(&helper.lock);
}

int hob_pool_prepare(void)
{
	static atomic_of(uint32_t) prepared; /* the pid: a copy prepares itself */
	int err;

	if (at_load(&prepared, ACQUIRE) == (uint32_t)getpid())
		return 0;
	err = helper_acquire();
	if (!err && at_swap(&prepared, (uint32_t)getpid(), ACQ_REL) == (uint32_t)getpid())
		helper_release(); /* another thread was faster */
	return err;
}

int helper_order(const struct order *order, const int fds[ORDER_FDS], hob_time deadline)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int[ORDER_FDS]))];
	} passed = { 0 };
	struct order copy = *order;
	struct iovec text = { &copy, sizeof copy };
	struct msghdr msg = {
		.msg_iov = &text, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = sizeof passed
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	ssize_t sent;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int[ORDER_FDS]));
	memcpy(CMSG_DATA(c), fds, sizeof(int[ORDER_FDS]));
	sent = hob_sendmsg(helper.control, &msg, 0, deadline);
	return sent < 0 ? (int)sent : 0;
}
