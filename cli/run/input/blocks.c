/* --pipe: a stream cut into blocks between its records. */
#include "run/input/blocks.h"

#include <errno.h>
#include <hob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void blocks_init(struct blocks *b, int fd, const struct records *how)
{
	*b = (struct blocks){ .fd = fd, .how = *how };
}

void blocks_finish(struct blocks *b)
{
	free(b->buf);
	b->buf = NULL;
	if (b->fd > STDERR_FILENO)
		close(b->fd);
}

/* The first place at or behind `from`, and not the very beginning, where a record ends; 0: not in these bytes. */
static size_t boundary(const struct records *r, const char *bytes, size_t from, size_t len)
{
	if (!r->end_len) {
		from = from ? from : 1;
		const char *at = from < len ? memmem(bytes + from, len - from, r->start, r->start_len) : NULL;
		return at ? (size_t)(at - bytes) : 0;
	}
	while (from < len) {
		const char *at = memmem(bytes + from, len - from, r->end, r->end_len);
		if (!at)
			return 0;
		size_t behind = (size_t)(at - bytes) + r->end_len;
		if (!r->start_len || (len - behind >= r->start_len && !memcmp(bytes + behind, r->start, r->start_len)))
			return behind;
		from = (size_t)(at - bytes) + 1;
	}
	return 0;
}

/* The bytes of the next block, as far as those read so far tell; 0: more must be read. */
static size_t block_of(struct blocks *b)
{
	const struct records *r = &b->how;
	const char *bytes = b->buf + b->begin;
	size_t held = b->end - b->begin, longest = r->end_len + r->start_len;
	if (!r->together && b->ended && held <= r->block)
		return held;
	if (!r->together && !b->ended && held <= r->block + r->start_len) /* the rest may fit into a block */
		return 0;
	for (size_t at; (at = boundary(r, bytes, b->seen, held));) {
		b->records++;
		b->seen = r->end_len ? at : at + 1;
		if (r->together ? b->records == r->together : at == r->block || (at > r->block && !b->best))
			return at;
		if (!r->together && at > r->block)
			return b->best;
		b->best = at;
	}
	if (held > longest && b->seen < held - longest) /* a boundary may have come in part */
		b->seen = held - longest;
	if (b->ended)
		return r->together || !b->best ? held : b->best;
	return r->together ? 0 : b->best;
}

static int fill(struct blocks *b)
{
	if (b->begin) {
		memmove(b->buf, b->buf + b->begin, b->end - b->begin);
		b->end -= b->begin;
		b->begin = 0;
	}
	if (b->end == b->size) {
		size_t size = b->size ? 2 * b->size : b->how.together ? 64 * 1024 : b->how.block;
		char *buf = realloc(b->buf, size);
		if (!buf)
			return -ENOMEM;
		b->buf = buf;
		b->size = size;
	}
	ssize_t got = hob_read(b->fd, b->buf + b->end, b->size - b->end, HOB_NEVER);
	if (got < 0)
		return got == -EINTR ? 0 : (int)got;
	b->ended = got == 0;
	b->end += (size_t)got;
	return 0;
}

int blocks_next(struct blocks *b, const char **bytes, size_t *len)
{
	b->begin += b->len;
	b->len = b->seen = b->best = b->records = 0;
	while (!b->ended || b->begin < b->end) {
		b->len = b->begin < b->end ? block_of(b) : 0;
		if (b->len) {
			*bytes = b->buf + b->begin;
			*len = b->len;
			return 1;
		}
		int err = fill(b);
		if (err)
			return err;
	}
	return 0;
}
