/* What a process has mapped: /proc/PID/maps. */
#include "look/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"

/* "start-end rwxp offset major:minor inode   path" */
static bool parse(char *line, struct look_map *m)
{
	char *at = line;
	*m = (struct look_map){ .start = strtoull(at, &at, 16) };
	if (*at++ != '-')
		return false;
	m->end = strtoull(at, &at, 16);
	if (*at++ != ' ' || strnlen(at, 5) < 5 || m->end <= m->start)
		return false;
	m->read = at[0] == 'r';
	m->write = at[1] == 'w';
	m->execute = at[2] == 'x';
	m->offset = strtoull(at + 4, &at, 16);
	at += *at == ' ' ? strcspn(at + 1, " ") + 1 : 0; /* the device: not what stat(2) says on every filesystem */
	if (*at != ' ')
		return false;
	m->inode = strtoull(at, &at, 10);
	m->path = at + strspn(at, " ");
	return true;
}

struct reader {
	look_map_fn *fn;
	void *arg;
	size_t len;
	char text[2 * PATH_MAX + 4096]; /* a line is a path, with every newline of it four bytes long, at the worst */
};

/* Whole lines only; what is left moves to the front. A line too long for the buffer is cut there: its rest is none. */
static int eat_lines(struct reader *r)
{
	int end = 0;
	char *line = r->text, *stop = r->text + r->len, *newline;
	while (!end && (newline = memchr(line, '\n', (size_t)(stop - line)))) {
		struct look_map m;
		*newline = '\0';
		if (parse(line, &m))
			end = r->fn(r->arg, &m);
		line = newline + 1;
	}
	r->len = (size_t)(stop - line);
	memmove(r->text, line, r->len);
	if (r->len == sizeof r->text - 1)
		r->len = 0;
	return end;
}

int look_maps(pid_t pid, look_map_fn *fn, void *arg)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/maps", pid);
	int fd = sys.open(path, O_RDONLY);
	if (fd < 0)
		return fd == -ENOENT ? -ESRCH : fd;
	struct reader *r = sys.alloc(sizeof *r);
	int end = r ? 0 : -ENOMEM;
	ssize_t got;
	while (!end) {
		r->fn = fn;
		r->arg = arg;
		do
			got = sys.read(fd, r->text + r->len, sizeof r->text - 1 - r->len);
		while (got == -EINTR);
		if (got <= 0) {
			end = (int)got;
			break;
		}
		r->len += (size_t)got;
		end = eat_lines(r);
	}
	sys.free(r);
	sys.close(fd);
	return end;
}

static int open_regular(const char *path, uint64_t inode)
{
	struct stat st;
	int fd = sys.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY); /* whatever lies there now */
	if (fd < 0)
		return fd;
	int err = sys.fstat(fd, &st);
	if (!err && (!S_ISREG(st.st_mode) || st.st_ino != inode))
		err = -ENOENT;
	if (!err)
		return fd;
	sys.close(fd);
	return err;
}

int look_map_open(pid_t pid, const struct look_map *m)
{
	char path[PATH_MAX + 64];
	if (m->path[0] != '/' && strncmp(m->path, "memfd:", 6))
		return -ENOENT;
	snprintf(path, sizeof path, "/proc/%d/root%s", pid, m->path);
	int fd = open_regular(path, m->inode);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof path, "/proc/%d/map_files/%llx-%llx", pid, (unsigned long long)m->start,
		 (unsigned long long)m->end);
	fd = open_regular(path, m->inode);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof path, "/proc/%d/exe", pid);
	return open_regular(path, m->inode);
}
