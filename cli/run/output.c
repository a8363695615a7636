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
 * appending; what was moved so far is added to *done. */
static int send_to_file(int to, int from, off_t bytes, off_t *done)
{
	struct stat s;
	if (bytes < BUFFER || fstat(to, &s) || !S_ISREG(s.st_mode))
		return -ENOTSUP;
	while (*done < bytes) {
		off_t left = bytes - *done;
		ssize_t sent = sendfile(to, from, done, left < SENDFILE_PIECE ? (size_t)left : SENDFILE_PIECE);
		if (sent < 0 && errno != EINTR)
			return errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO ? -errno : -ENOTSUP;
		if (sent == 0)
			return 0; /* the job's descendants have cut it meanwhile */
		hob_yield();
	}
	return 0;
}

static int copy(struct output *o, int to, int from, off_t bytes)
{
	off_t done = 0;
	int err = send_to_file(to, from, bytes, &done);
	if (err != -ENOTSUP)
		return err;
	while (done < bytes) {
		off_t left = bytes - done;
		ssize_t got = pread(from, o->buf, left < BUFFER ? (size_t)left : BUFFER, done);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			return 0;
		if (got < 0)
			continue;
		err = put(to, o->buf, (size_t)got);
		if (err)
			return err;
		done += got;
		if (to == STDERR_FILENO)
			o->midline = o->buf[got - 1] != '\n';
	}
	return 0;
}

int output_job(struct output *o, int out, off_t out_bytes, int err, off_t err_bytes)
{
	hob_mutex_lock(&o->lock, HOB_NEVER);
	if (o->terminal[STDOUT_FILENO] ? out_bytes || err_bytes : err_bytes)
		take_progress_away(o);
	if (out_bytes && !o->error)
		o->error = o->closed_stdout ? -EBADF : copy(o, STDOUT_FILENO, out, out_bytes);
	if (err_bytes)
		copy(o, STDERR_FILENO, err, err_bytes); /* where that fails there is nowhere left to say so */
	int error = o->error;
	hob_mutex_unlock(&o->lock);
	return error;
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
