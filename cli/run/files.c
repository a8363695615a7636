/* Where the output of a job goes until the job has ended. */
#include "run/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The job appends, so that it and its children never write over each other. */
enum { FLAGS = O_RDWR | O_APPEND | O_CLOEXEC };

static const char *directory(void)
{
	const char *dir = getenv("TMPDIR");
	return dir && *dir ? dir : "/tmp";
}

int files_unnamed(void)
{
	int fd = open(directory(), O_TMPFILE | FLAGS, 0600);
	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return -errno;
	char path[4096]; /* a file system without O_TMPFILE */
	if (snprintf(path, sizeof path, "%s/hob-XXXXXX", directory()) >= (int)sizeof path)
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

/* Does /proc let a job open the file for itself? */
static bool opens_by_path(int fd)
{
	char path[40];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int again = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (again >= 0)
		close(again);
	return again >= 0;
}

int files_open(struct files *f)
{
	bool fresh = f->fd[0] < 0 && f->fd[1] < 0;
	for (int i = 0; i < 2; i++) {
		if (f->fd[i] >= 0)
			continue;
		int fd = files_unnamed();
		if (fd < 0) {
			files_close_outputs(f);
			return fd;
		}
		f->fd[i] = fd;
	}
	if (fresh)
		f->by_path = opens_by_path(f->fd[0]);
	return 0;
}

/* A write lease is granted only where the file is open nowhere else. It sees the job's opening of the file as another
 * one, which a plain dup2 would not be. */
static bool ours_alone(int fd)
{
	return !fcntl(fd, F_SETLEASE, F_WRLCK) && !fcntl(fd, F_SETLEASE, F_UNLCK);
}

/* Emptied for the next job, or -1 where somebody may still write to it or read it. */
static int reuse(int fd, bool by_path)
{
	struct stat s;
	if (fd >= 0 && by_path && ours_alone(fd) && !fstat(fd, &s) && (!s.st_size || !ftruncate(fd, 0)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void files_reuse(struct files *f)
{
	for (int i = 0; i < 2; i++)
		f->fd[i] = reuse(f->fd[i], f->by_path);
}

void files_reuse_input(struct files *f)
{
	f->in = reuse(f->in, f->by_path);
}

void files_close_outputs(struct files *f)
{
	for (int i = 0; i < 2; i++) {
		if (f->fd[i] >= 0)
			close(f->fd[i]);
		f->fd[i] = -1;
	}
}

void files_close(struct files *f)
{
	files_close_outputs(f);
	if (f->in >= 0)
		close(f->in);
	*f = FILES_NONE;
}

int files_give(struct files *f, const char *bytes, size_t len)
{
	if (f->in < 0)
		f->in = files_unnamed();
	if (f->in < 0)
		return f->in;
	while (len) {
		ssize_t put = write(f->in, bytes, len);
		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			bytes += put;
			len -= (size_t)put;
		}
	}
	return 0;
}

off_t files_bytes(const struct files *f, int which)
{
	struct stat s;
	return fstat(f->fd[which], &s) ? -errno : s.st_size;
}

bool files_full(const struct files *f)
{
	struct statvfs s;
	return !fstatvfs(f->fd[0], &s) && s.f_blocks && !s.f_bavail;
}
