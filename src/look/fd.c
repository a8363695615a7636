/* What a descriptor of another process is: mostly the text of its link in /proc/PID/fd. */
#include "look/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"

enum look_state look_fd_state(enum look_fd_kind kind)
{
	static const enum look_state states[] = {
		[FD_NET] = LOOK_NET,     [FD_LISTENS] = LOOK_NET, [FD_LOCAL] = LOOK_SOCKET,
		[FD_PIPE] = LOOK_PIPE,   [FD_FILE] = LOOK_DISK,   [FD_TERMINAL] = LOOK_TERMINAL,
		[FD_TIMER] = LOOK_TIMER, [FD_CHILD] = LOOK_CHILD, [FD_EVENT] = LOOK_LOCK,
		[FD_EPOLL] = LOOK_OTHER, [FD_RING] = LOOK_OTHER,  [FD_SIGNAL] = LOOK_OTHER,
		[FD_OTHER] = LOOK_OTHER,
	};
	return states[kind];
}

enum look_sort look_fd_sort(enum look_fd_kind kind)
{
	switch (kind) {
	case FD_LISTENS:
	case FD_TERMINAL:
		return LOOK_CALLERS;
	case FD_EVENT:
	case FD_CHILD:
		return LOOK_OWN;
	default:
		return LOOK_REAL;
	}
}

static const struct {
	const char *starts;
	enum look_fd_kind kind;
	const char *text; /* NULL: what the link says */
} links[] = {
	{ "pipe:[", FD_PIPE, "" },
	{ "anon_inode:[eventfd", FD_EVENT, "another thread, by an eventfd" },
	{ "anon_inode:[eventpoll", FD_EPOLL, "an epoll" },
	{ "anon_inode:[timerfd", FD_TIMER, "a timerfd" },
	{ "anon_inode:[signalfd", FD_SIGNAL, "a signal" },
	{ "anon_inode:[io_uring", FD_RING, "io_uring" },
	{ "anon_inode:[pidfd", FD_CHILD, "" },
	{ "pidfd:", FD_CHILD, "" },
	{ "anon_inode:", FD_OTHER, NULL },
	{ "/dev/pts/", FD_TERMINAL, NULL },
	{ "/dev/tty", FD_TERMINAL, NULL },
	{ "/dev/console", FD_TERMINAL, NULL },
	{ "/dev/ptmx", FD_TERMINAL, NULL },
};

static int of_socket(struct look_peers *peers, pid_t pid, struct look_fd *out)
{
	const struct look_peer *peer;
	int err = look_peer(peers, pid, out->inode, &peer);
	out->kind = FD_OTHER;
	snprintf(out->text, sizeof out->text, "a socket");
	if (err)
		return err == -ENOENT ? 0 : err;
	static const enum look_fd_kind kinds[] = {
		[PEER_NET] = FD_NET, [PEER_LISTENS] = FD_LISTENS, [PEER_LOCAL] = FD_LOCAL
	};
	out->kind = kinds[peer->kind];
	snprintf(out->text, sizeof out->text, "%s%s", out->kind == FD_LISTENS ? "clients on " : "", peer->text);
	return 0;
}

/* A name in the file system: of a file, or of something else that has one. */
static enum look_fd_kind of_path(const char *link)
{
	struct statx st;
	if (sys.statx(AT_FDCWD, link, 0, STATX_TYPE, &st))
		return FD_FILE;
	switch (st.stx_mode & S_IFMT) {
	case S_IFIFO:
		return FD_PIPE;
	case S_IFCHR:
		return FD_OTHER;
	default:
		return FD_FILE;
	}
}

static uint64_t inode_of(const char *text)
{
	const char *open = strchr(text, '[');
	return open ? strtoull(open + 1, NULL, 10) : 0;
}

int look_fd(struct look_peers *peers, pid_t pid, int fd, struct look_fd *out)
{
	char path[48];
	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
	ssize_t len = sys.readlink(path, out->text, sizeof out->text - 1);
	if (len < 0)
		return (int)len;
	out->text[len] = '\0';
	out->inode = 0;
	if (!strncmp(out->text, "socket:[", 8)) {
		out->inode = inode_of(out->text);
		return of_socket(peers, pid, out);
	}
	for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
		if (strncmp(out->text, links[i].starts, strlen(links[i].starts)))
			continue;
		out->kind = links[i].kind;
		out->inode = out->kind == FD_PIPE ? inode_of(out->text) : 0;
		if (links[i].text)
			snprintf(out->text, sizeof out->text, "%s",
				 fd || out->kind != FD_PIPE ? links[i].text : "standard input");
		return 0;
	}
	out->kind = *out->text == '/' ? of_path(path) : FD_OTHER;
	return 0;
}
