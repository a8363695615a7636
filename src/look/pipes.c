/* Who is at the other end of a pipe: both ends have one inode, and the link of a descriptor is readable, or writable,
 * as the descriptor is. */
#include "look/pipes.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/numbered.h"
#include "base/sys.h"
#include "look/sampler.h"

enum { FDS_MOST = 256, PROCESSES_MOST = 128 };
#define STALE 200000000 /* ns */

struct ends {
	pid_t pid;
	uint64_t inode;
	bool read, written;
	unsigned looked;
};

static int look_at_fd(void *arg, pid_t fd)
{
	struct ends *e = arg;
	struct statx st;
	char path[48], text[64];
	snprintf(path, sizeof path, "/proc/%d/fd/%d", e->pid, fd);
	ssize_t len = sys.readlink(path, text, sizeof text - 1);
	text[len > 0 ? len : 0] = '\0';
	if (!strncmp(text, "pipe:[", 6) && strtoull(text + 6, NULL, 10) == e->inode &&
	    !sys.statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_MODE, &st)) {
		e->read |= st.stx_mode & S_IRUSR;
		e->written |= st.stx_mode & S_IWUSR;
	}
	return ++e->looked == FDS_MOST || (e->read && e->written);
}

static struct ends ends_of(pid_t pid, uint64_t inode)
{
	struct ends e = { .pid = pid, .inode = inode };
	char path[32];
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	each_numbered(path, look_at_fd, &e);
	return e;
}

static void look_up(const struct look_pipes *p, struct look_pipe *pipe)
{
	unsigned looked = 0;
	struct ends mine = ends_of(pipe->pid, pipe->inode);
	pipe->reads = mine.read;
	pipe->self = mine.read && mine.written;
	for (unsigned i = p->count; i-- > 0 && looked < PROCESSES_MOST;) { /* partners are mostly young */
		const struct look_process *other = p->processes[i];
		if (other->ended || other->pid == pipe->pid)
			continue;
		struct ends its = ends_of(other->pid, pipe->inode);
		looked++;
		if ((mine.read && !its.written) || (!mine.read && !its.read))
			continue;
		memcpy(pipe->partner, other->name, sizeof pipe->partner);
		return;
	}
}

const struct look_pipe *look_pipe(struct look_pipes *p, pid_t pid, uint64_t inode)
{
	uint64_t place = (inode * 31 + (uint64_t)pid) % (sizeof p->kept / sizeof p->kept[0]);
	struct look_pipe *pipe = &p->kept[place];
	int64_t now = sys.now_coarse();
	if (pipe->pid != pid || pipe->inode != inode || now - pipe->seen > STALE) {
		*pipe = (struct look_pipe){ .pid = pid, .inode = inode, .seen = now };
		look_up(p, pipe);
	}
	return pipe;
}
