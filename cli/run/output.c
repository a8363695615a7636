/* Everything that hob run prints. */
#include "run/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 64 * 1024, SENDFILE_PIECE = 1 << 20 };

bool output_claim_standard(void)
{
	bool closed_stdout = fcntl(STDOUT_FILENO, F_GETFD) < 0;
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		int null = open("/dev/null", O_WRONLY); /* the lowest free one, so this one */
		if (null != fd && null >= 0)
			close(null);
	}
	return closed_stdout;
}

int output_init(struct output *o, bool closed_stdout)
{
	*o = (struct output){ .closed_stdout = closed_stdout, .buf = malloc(BUFFER) };
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		o->terminal[fd] = isatty(fd);
	return o->buf ? 0 : -ENOMEM;
}

void output_finish(struct output *o)
{
	free(o->buf);
}

/* All of it, however little at a time the descriptor takes. */
static int put(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t put = hob_write(fd, bytes, len, HOB_NEVER);
		if (put == -ECANCELED) { /* a task that is being ended; it has little to say */
			put = write(fd, bytes, len);
			put = put < 0 ? -errno : put;
		}
		if (put < 0 && put != -EINTR)
			return (int)put;
		if (put > 0) {
			bytes += put;
			len -= (size_t)put;
		}
	}
	return 0;
}

static void take_progress_away(struct output *o)
{
	static const char erase[] = "\r\033[K";
	if (o->shows_progress)
		put(STDERR_FILENO, erase, sizeof erase - 1);
	o->shows_progress = false;
}

/* A regular file takes the bytes inside of the kernel. -ENOTSUP where it does not, say because it is open for
 * appending; *at is moved behind what was taken. */
static int send_to_file(int to, int from, off_t *at, off_t end)
{
	struct stat s;
	if (end - *at < BUFFER || fstat(to, &s) || !S_ISREG(s.st_mode))
		return -ENOTSUP;
	while (*at < end) {
		off_t left = end - *at;
		ssize_t sent = sendfile(to, from, at, left < SENDFILE_PIECE ? (size_t)left : SENDFILE_PIECE);
		if (sent < 0 && errno != EINTR)
			return errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO ? -errno : -ENOTSUP;
		if (sent == 0)
			return 0; /* the job's descendants have cut it meanwhile */
		hob_yield();
	}
	return 0;
}

/* The bytes, with the tag before each line. *fresh: the next byte begins one. */
static int put_tagged(int to, const char *bytes, size_t len, const char *tag, bool *fresh)
{
	char out[8192];
	size_t at = 0, tag_len = strlen(tag);
	while (len) {
		const char *newline = memchr(bytes, '\n', len);
		size_t take = newline ? (size_t)(newline - bytes) + 1 : len, room;
		if (*fresh && at + tag_len + 2 > sizeof out) {
			int err = put(to, out, at);
			if (err)
				return err;
			at = 0;
		}
		if (*fresh) {
			at = (size_t)((char *)mempcpy(out + at, tag, tag_len) - out);
			out[at++] = '\t';
		}
		room = sizeof out - at;
		take = take < room ? take : room;
		memcpy(out + at, bytes, take);
		at += take;
		*fresh = bytes[take - 1] == '\n';
		bytes += take;
		len -= take;
		if (at == sizeof out || !len) {
			int err = put(to, out, at);
			if (err)
				return err;
			at = 0;
		}
	}
	return 0;
}

static int copy(struct output *o, int to, const struct pieces *p, int which, const char *tag)
{
	off_t at = p->from[which], end = at + p->bytes[which];
	bool fresh = true;
	int err = tag ? -ENOTSUP : send_to_file(to, p->fd[which], &at, end);
	if (err != -ENOTSUP)
		return err;
	while (at < end) {
		off_t left = end - at;
		ssize_t got = pread(p->fd[which], o->buf, left < BUFFER ? (size_t)left : BUFFER, at);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return 0;
		if (got < 0)
			continue;
		err = tag ? put_tagged(to, o->buf, (size_t)got, tag, &fresh) : put(to, o->buf, (size_t)got);
		if (err)
			return err;
		at += got;
		if (to == STDERR_FILENO)
			o->midline = o->buf[got - 1] != '\n';
	}
	return 0;
}

int output_job(struct output *o, const struct pieces *p, const char *tag)
{
	hob_mutex_lock(&o->lock, HOB_NEVER);
	if (o->terminal[STDOUT_FILENO] ? p->bytes[0] || p->bytes[1] : p->bytes[1])
		take_progress_away(o);
	if (p->bytes[0] && !o->error)
		o->error = o->closed_stdout ? -EBADF : copy(o, STDOUT_FILENO, p, 0, tag);
	if (p->bytes[1])
		copy(o, STDERR_FILENO, p, 1, tag); /* where that fails there is nowhere left to say so */
	int error = p->bytes[0] ? o->error : 0;
	hob_mutex_unlock(&o->lock);
	return error;
}

int output_lines(struct output *o, int to, const char *tag, int file, off_t put_off, const char *bytes, size_t len)
{
	const struct pieces before = { .fd = { file, file }, .bytes = { put_off, put_off } };
	bool fresh = put_off == 0;
	hob_mutex_lock(&o->lock, HOB_NEVER);
	if (o->terminal[to])
		take_progress_away(o);
	int err = to == STDOUT_FILENO ? (o->closed_stdout ? -EBADF : o->error) : 0;
	if (!err && put_off)
		err = copy(o, to, &before, 0, tag);
	if (!err && len)
		err = tag ? put_tagged(to, bytes, len, tag, &fresh) : put(to, bytes, len);
	if (to == STDERR_FILENO)
		o->midline = !len;
	else
		o->error = err;
	hob_mutex_unlock(&o->lock);
	return to == STDERR_FILENO ? 0 : err;
}

int output_event(struct output *o, int to, const char *bytes, size_t len)
{
	hob_mutex_lock(&o->lock, HOB_NEVER);
	if (to == STDOUT_FILENO && o->terminal[to])
		take_progress_away(o);
	int err = to == STDOUT_FILENO ? (o->closed_stdout ? -EBADF : o->error) : 0;
	if (!err)
		err = put(to, bytes, len);
	if (to == STDOUT_FILENO)
		o->error = err;
	hob_mutex_unlock(&o->lock);
	return err;
}

void output_say(struct output *o, const char *format, ...)
{
	static const char start[] = "\nhob run: ";
	char line[1024];
	va_list args;
	va_start(args, format);
	size_t at = sizeof start - 1;
	memcpy(line, start, at);
	int len = vsnprintf(line + at, sizeof line - at - 1, format, args);
	va_end(args);
	at += len < 0 ? 0 : (size_t)len < sizeof line - at - 1 ? (size_t)len : sizeof line - at - 2;
	line[at++] = '\n';

	bool locked = !hob_mutex_lock(&o->lock, HOB_NEVER);
	take_progress_away(o);
	size_t skip = o->midline ? 0 : 1; /* a job's last line may lack its newline */
	put(STDERR_FILENO, line + skip, at - skip);
	o->midline = false;
	if (locked)
		hob_mutex_unlock(&o->lock);
}

void output_progress(struct output *o, const char *line)
{
	bool locked = !hob_mutex_lock(&o->lock, HOB_NEVER);
	take_progress_away(o);
	if (line && locked && !o->midline) {
		put(STDERR_FILENO, line, strlen(line));
		o->shows_progress = true;
	}
	if (locked)
		hob_mutex_unlock(&o->lock);
}
