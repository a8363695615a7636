/* The job log. */
#include "run/log/joblog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int put(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t got = write(fd, bytes, len);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0) {
			bytes += got;
			len -= (size_t)got;
		}
	}
	return 0;
}

/* All of it, or nothing: a file without room for the whole is cut back. */
static int put_whole(int fd, const char *bytes, size_t len)
{
	struct stat s;
	if (fstat(fd, &s))
		return -errno;
	int err = put(fd, bytes, len);
	if (err && S_ISREG(s.st_mode) && ftruncate(fd, s.st_size))
		return err; /* a torn record, which no reader takes for one */
	return err;
}

static void take_in(void *finished, const struct record *r)
{
	finished_add(finished, r);
}

/* A log of ours or of GNU parallel's, whole or cut, or one with a record somewhere. */
static bool looks_like_log(const char *text, size_t len)
{
	static const char start[] = "Seq\tHost\tStarttime\tJobRuntime\t";
	size_t compare = len < sizeof start - 1 ? len : sizeof start - 1;
	return !memcmp(text, start, compare);
}

static int read_all(struct joblog *l, size_t len, bool resume)
{
	const char *text = mmap(NULL, len, PROT_READ, MAP_PRIVATE, l->fd, 0);
	if (text == MAP_FAILED)
		return -errno;
	if (resume)
		l->damaged = records_scan(text, len, take_in, &l->finished);
	int err = l->finished.lacks_memory ? -ENOMEM : 0;
	if (!err && !l->finished.used && !looks_like_log(text, len))
		err = -EEXIST;
	if (!err && resume && text[len - 1] != '\n') /* the next record begins on a line of its own */
		err = put_whole(l->fd, "\n", 1);
	munmap((void *)(uintptr_t)text, len);
	return err;
}

static int begin(struct joblog *l, bool resume)
{
	struct stat s;
	if (fstat(l->fd, &s))
		return -errno;
	int err = s.st_size && S_ISREG(s.st_mode) ? read_all(l, (size_t)s.st_size, resume) : 0;
	if (err)
		return err;
	if (!resume && S_ISREG(s.st_mode) && s.st_size && ftruncate(l->fd, 0))
		return -errno;
	return resume && s.st_size ? 0 : put_whole(l->fd, record_header, strlen(record_header));
}

/* A runner that was killed a moment ago may still be on its way out, or a child of it that has yet to execute. */
static int lock(int fd)
{
	for (int tries = 0; flock(fd, LOCK_EX | LOCK_NB); tries++) {
		if (errno != EWOULDBLOCK || tries == 100)
			return -errno;
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	}
	return 0;
}

int joblog_open(struct joblog *l, const char *path, bool resume, enum log_sync sync)
{
	*l = JOBLOG_NONE;
	l->sync = sync;
	l->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	if (l->fd < 0)
		return -errno;
	int err = lock(l->fd);
	if (!err)
		err = begin(l, resume);
	if (err)
		joblog_close(l);
	return err;
}

/* Syncs until the first `upto` records are safe. One at a time does it, for all that have come by then. */
static int sync_upto(struct joblog *l, uint64_t upto)
{
	int err = 0;
	while (l->synced < upto && !err) {
		if (l->syncing) {
			err = hob_mutex_lock(&l->lock, HOB_NEVER);
			if (err)
				return err;
			if (l->syncing)
				err = hob_cond_wait(&l->synced_more, &l->lock, HOB_NEVER);
			hob_mutex_unlock(&l->lock);
			continue;
		}
		uint64_t now = l->written;
		l->syncing = true;
		err = hob_fdatasync(l->fd, HOB_NEVER);
		if (err == -ECANCELED)
			err = fdatasync(l->fd) ? -errno : 0;
		if (err == -EINVAL || err == -EROFS)
			err = 0; /* a pipe, /dev/null: nothing to sync */
		l->syncing = false;
		if (!err)
			l->synced = now;
		hob_cond_broadcast(&l->synced_more);
	}
	return err;
}

int joblog_append(struct joblog *l, const struct record *r, const char *command)
{
	char *line;
	size_t len = record_format(r, command, &line);
	int err = len ? put_whole(l->fd, line, len) : -ENOMEM;
	if (len)
		free(line);
	if (!err)
		l->written++;
	if (!err && l->sync == SYNC_ALWAYS)
		err = sync_upto(l, l->written);
	l->error = err ? err : l->error;
	return err;
}

int joblog_sync(struct joblog *l)
{
	return l->fd < 0 || l->sync == SYNC_NEVER ? 0 : sync_upto(l, l->written);
}

void joblog_close(struct joblog *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	finished_free(&l->finished);
}
