/* One source of inputs: given words, or a stream of records of which only a buffer is held. */
#include "run/input/source.h"

#include <errno.h>
#include <hob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/files.h"

enum { FIRST_SIZE = 16 * 1024, GREATEST_SIZE = INPUT_MAX + 64 };

void source_init_words(struct source *s, char **words, size_t count)
{
	*s = (struct source){ .words = words, .words_left = count, .words_all = count, .fd = -1 };
}

void source_init_fd(struct source *s, int fd, const char *name, const char *separator, size_t separator_len)
{
	*s = (struct source){ .fd = fd, .name = name, .separator = separator, .separator_len = separator_len };
	s->from = lseek(fd, 0, SEEK_CUR);
}

void source_finish(struct source *s)
{
	free(s->buf);
	s->buf = NULL;
	if (s->fd > STDERR_FILENO)
		close(s->fd);
}

/* Makes room behind what is in the buffer: it moves to the front, or the buffer grows. */
static int make_room(struct source *s)
{
	if (s->start) {
		memmove(s->buf, s->buf + s->start, s->end - s->start);
		s->end -= s->start;
		s->start = 0;
	}
	if (s->end < s->size - 1 && s->buf)
		return 0;
	if (s->size == GREATEST_SIZE)
		return -EMSGSIZE;
	size_t size = !s->buf ? FIRST_SIZE : 2 * s->size < GREATEST_SIZE ? 2 * s->size : GREATEST_SIZE;
	char *buf = realloc(s->buf, size);
	if (!buf)
		return -ENOMEM;
	s->buf = buf;
	s->size = size;
	return 0;
}

static int fill(struct source *s)
{
	int err = make_room(s);
	if (err)
		return err;
	ssize_t got = hob_read(s->fd, s->buf + s->end, s->size - 1 - s->end, HOB_NEVER);
	if (got < 0)
		return got == -EINTR ? 0 : (int)got;
	s->ended = got == 0;
	s->end += (size_t)got;
	s->read += got;
	return 0;
}

static int hand_out(struct source *s, size_t len, size_t separator, char **text)
{
	char *from = s->buf + s->start;
	if (len > INPUT_MAX)
		return -EMSGSIZE;
	from[len] = '\0';
	if (strlen(from) != len)
		return -EILSEQ;
	s->start += len + separator;
	s->taken++;
	*text = from;
	return 1;
}

/* Where the record ends whose first `seen` bytes hold no end; NULL: not in the buffer. *seen moves on. */
static char *find_end(const struct source *s, size_t *seen)
{
	char *from = s->buf + s->start;
	size_t held = s->end - s->start, sep = s->separator_len;
	if (s->csv) {
		bool quoted = false; /* counted afresh: a record is short, and seldom read in pieces */
		for (char *p = from; p < from + held; p++) {
			quoted ^= *p == '"';
			if (!quoted && *p == *s->separator)
				return p;
		}
		return NULL;
	}
	if (held <= *seen)
		return NULL;
	char *at = sep == 1 ? memchr(from + *seen, *s->separator, held - *seen)
			    : memmem(from + *seen, held - *seen, s->separator, sep);
	*seen = held < sep ? 0 : held - sep + 1; /* a long separator may have come in part */
	return at;
}

int source_next(struct source *s, char **text)
{
	if (s->words) {
		if (!s->words_left)
			return 0;
		*text = s->words[s->words_all - s->words_left--];
		s->taken++;
		return 1;
	}
	for (size_t seen = 0;;) {
		char *at = find_end(s, &seen);
		if (at)
			return hand_out(s, (size_t)(at - s->buf) - s->start, s->separator_len, text);
		if (s->ended) /* the last line may lack its newline */
			return s->end > s->start ? hand_out(s, s->end - s->start, 0, text) : 0;
		int err = fill(s);
		if (err)
			return err;
	}
}

int source_keep(struct source *s)
{
	if (s->words || s->from >= 0)
		return 0;
	int file = files_unnamed(), err = file < 0 ? file : 0;
	while (!err && !s->ended) {
		s->start = s->end = 0;
		err = fill(s);
		if (!err)
			err = hob_write_all(file, s->buf, s->end, NULL, HOB_NEVER);
	}
	if (err) {
		if (file >= 0)
			close(file);
		return err;
	}
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	s->fd = file;
	s->from = 0;
	source_rewind(s);
	return 0;
}

void source_rewind(struct source *s)
{
	s->words_left = s->words_all;
	s->start = s->end = s->taken = 0;
	s->read = 0;
	s->ended = false;
	if (!s->words)
		lseek(s->fd, s->from, SEEK_SET);
}

void source_begin_here(struct source *s)
{
	if (s->words) {
		s->words += s->words_all - s->words_left;
		s->words_all = s->words_left;
	}
	off_t unread = (off_t)(s->end - s->start);
	if (s->from >= 0)
		s->from += s->read - unread;
	s->read = unread;
	s->taken = 0;
}

size_t source_total(const struct source *s)
{
	if (s->words)
		return s->words_all;
	return s->ended && s->start == s->end ? s->taken : 0;
}

double source_share(const struct source *s)
{
	struct stat st;
	size_t total = source_total(s);
	if (total)
		return (double)s->taken / (double)total;
	if (s->words || s->from < 0 || fstat(s->fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= s->from)
		return -1;
	double share = (double)(s->read - (off_t)(s->end - s->start)) / (double)(st.st_size - s->from);
	return share < 1 ? share : 1;
}
