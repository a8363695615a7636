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
			files_close(f);
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

void files_reuse(struct files *f)
{
	for (int i = 0; i < 2; i++) {
		if (f->fd[i] < 0)
			continue;
		bool again = f->by_path && ours_alone(f->fd[i]);
		if (again && files_bytes(f, i))
			again = !ftruncate(f->fd[i], 0);
		if (!again) {
			close(f->fd[i]);
			f->fd[i] = -1;
		}
	}
}

void files_close(struct files *f)
{
	for (int i = 0; i < 2; i++)
		if (f->fd[i] >= 0)
			close(f->fd[i]);
	*f = FILES_NONE;
}

off_t files_bytes(const struct files *f, int which)
{
	struct stat s;
	return fstat(f->fd[which], &s) ? 0 : s.st_size;
}

bool files_full(const struct files *f)
{
	struct statvfs s;
	return !fstatvfs(f->fd[0], &s) && s.f_blocks && !s.f_bavail;
}
