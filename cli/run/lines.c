/* --line-buffer: the output of running jobs, a line at a time.
 *
 * A task for each of a job's streams reads a pipe and passes on what ends in a newline. The beginning of a line waits
 * in the job's unnamed file, so that a line may be longer than memory. */
#include "run/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"

enum { BUFFER = 16 * 1024, AFTER_MAX = 1 << 20 }; /* a descendant may go on to write */

int lines_open(struct lines *l, struct job *j, struct files *ends)
{
	*l = (struct lines){ 0 };
	*ends = FILES_NONE;
	for (int i = 0; i < 2; i++)
		l->streams[i] = (struct stream){ .job = j, .which = i, .fd = -1 };
	for (int i = 0; i < 2; i++) {
		int fds[2];
		if (pipe2(fds, O_CLOEXEC)) {
			int err = -errno;
			lines_start(l, ends, false);
			return err;
		}
		l->streams[i].fd = fds[0];
		ends->fd[i] = fds[1];
		fcntl(fds[0], F_SETFL, O_NONBLOCK); /* the job's end blocks, as jobs expect */
	}
	return 0;
}

/* Keeps the beginning of a line. */
static int put_off(struct stream *s, const char *bytes, size_t len)
{
	int fd = s->job->files.fd[s->which];
	while (len) {
		ssize_t put = write(fd, bytes, len);
		if (put < 0 && errno != EINTR)
			return -errno;
		if (put < 0)
			continue;
		s->put_off += put;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

/* What was put off, and the bytes that end it. */
static int pass_on(struct stream *s, const char *bytes, size_t len)
{
	struct job *j = s->job;
	struct run *r = j->run;
	const char *tag = r->options->tag ? j->tag.bytes : NULL;
	int file = j->files.fd[s->which];
	int err = output_lines(&r->output, STDOUT_FILENO + s->which, tag, file, s->put_off, bytes, len);
	if (s->put_off && ftruncate(file, 0) && !err)
		err = -errno;
	s->put_off = 0;
	return err;
}

static void sent(struct stream *s, int err)
{
	if (!err)
		return;
	s->lost = err;
	run_output_failed(s->job->run, err, NULL);
}

static void take(struct stream *s, const char *bytes, size_t len)
{
	const char *last = memrchr(bytes, '\n', len);
	size_t whole = last ? (size_t)(last - bytes) + 1 : 0;
	int err = whole ? pass_on(s, bytes, whole) : 0;
	if (!err)
		err = put_off(s, bytes + whole, len - whole);
	s->taken += (off_t)len;
	sent(s, err);
}

static int read_task(void *stream)
{
	struct stream *s = stream;
	char bytes[BUFFER];
	for (size_t after = 0; after < AFTER_MAX;) {
		ssize_t got = hob_read(s->fd, bytes, sizeof bytes, HOB_NEVER);
		if (got == -ECANCELED) { /* the job has ended: what is still in the pipe, and no more */
			got = read(s->fd, bytes, sizeof bytes);
			got = got < 0 ? -errno : got;
			after += got > 0 ? (size_t)got : 0;
		}
		if (got < 0 && got != -EINTR && got != -EAGAIN)
			s->lost = (int)got;
		if (got <= 0 && got != -EINTR)
			return 0;
		if (got <= 0)
			continue;
		hob_shield_begin(); /* a line is written as a whole, and what was read is not lost */
		take(s, bytes, (size_t)got);
		hob_shield_end();
	}
	return 0;
}

static void close_pipe(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

int lines_start(struct lines *l, struct files *ends, bool started)
{
	files_close_outputs(ends);
	int err = started ? hob_scope_create(&l->scope) : 0;
	for (int i = 0; i < 2; i++) {
		struct stream *s = &l->streams[i];
		if (started && !err)
			err = hob_spawn(l->scope, read_task, s);
		if (!started || err)
			close_pipe(s); /* a job that writes to it is not to wait for us */
	}
	return err;
}

int lines_end(struct lines *l)
{
	int err = 0;
	if (l->scope)
		hob_scope_destroy(l->scope);
	for (int i = 0; i < 2; i++) {
		struct stream *s = &l->streams[i];
		if (s->put_off) /* the last line lacks its newline, and others go on behind it */
			sent(s, pass_on(s, "\n", 1));
		close_pipe(s);
		err = err ? err : s->lost;
	}
	return err;
}
