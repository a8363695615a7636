/* The inputs, one after the other: given words, or a stream of lines of which only a buffer is held. */
#include "run/input.h"

#include <errno.h>
#include <hob.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 16 * 1024, GREATEST_SIZE = INPUT_MAX + 2 };

void input_init_words(struct input *in, char **words, size_t count)
{
	*in = (struct input){ .words = words, .left = count, .fd = -1 };
}

void input_init_fd(struct input *in, int fd, char separator)
{
	*in = (struct input){ .fd = fd, .separator = separator };
}

void input_finish(struct input *in)
{
	free(in->buf);
	in->buf = NULL;
}

/* Makes room behind what is in the buffer: it moves to the front, or the buffer grows. */
static int make_room(struct input *in)
{
	if (in->start) {
		memmove(in->buf, in->buf + in->start, in->end - in->start);
		in->end -= in->start;
		in->start = 0;
	}
	if (in->end < in->size - 1 && in->buf)
		return 0;
	if (in->size == GREATEST_SIZE)
		return -EMSGSIZE;
	size_t size = !in->buf ? FIRST_SIZE : 2 * in->size < GREATEST_SIZE ? 2 * in->size : GREATEST_SIZE;
	char *buf = realloc(in->buf, size);
	if (!buf)
		return -ENOMEM;
	in->buf = buf;
	in->size = size;
	return 0;
}

static int hand_out(struct input *in, size_t len, size_t separator, char **text)
{
	char *from = in->buf + in->start;
	if (len > INPUT_MAX)
		return -EMSGSIZE;
	from[len] = '\0';
	if (strlen(from) != len)
		return -EILSEQ;
	in->start += len + separator;
	in->taken++;
	*text = from;
	return 1;
}

static int next_line(struct input *in, char **text)
{
	size_t looked_at = 0;
	for (;;) {
		size_t held = in->end - in->start;
		char *from = in->buf + in->start;
		char *at = held > looked_at ? memchr(from + looked_at, in->separator, held - looked_at) : NULL;
		if (at)
			return hand_out(in, (size_t)(at - from), 1, text);
		if (in->ended) /* the last line may lack its newline */
			return held ? hand_out(in, held, 0, text) : 0;
		looked_at = held;
		int err = make_room(in);
		if (err)
			return err;
		ssize_t got = hob_read(in->fd, in->buf + in->end, in->size - 1 - in->end, HOB_NEVER);
		if (got < 0 && got != -EINTR)
			return (int)got;
		in->ended = got == 0;
		in->end += got > 0 ? (size_t)got : 0;
	}
}

int input_next(struct input *in, char **text)
{
	if (!in->words)
		return next_line(in, text);
	if (!in->left)
		return 0;
	*text = *in->words++;
	in->left--;
	in->taken++;
	return 1;
}

size_t input_total(const struct input *in)
{
	if (in->words)
		return in->taken + in->left;
	return in->ended && in->start == in->end ? in->taken : 0;
}
