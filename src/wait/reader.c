/* Reading by lines, through a buffer that is the caller's. */
#include <errno.h>
#include <hob/wait.h>
#include <string.h>

void hob_reader_init(struct hob_reader *r, int fd, void *buf, size_t size)
{
	*r = (struct hob_reader){ .fd = fd, .buf = buf, .size = size };
}

/* Reads more behind what is there; 0 at the end of the file. */
static ssize_t fill(struct hob_reader *r, hob_time deadline)
{
	ssize_t n;

	if (r->begin > 0) {
		memmove(r->buf, r->buf + r->begin, r->end - r->begin);
		r->end -= r->begin;
		r->searched -= r->begin;
		r->begin = 0;
	}
	if (r->end == r->size)
		return -E2BIG;
	n = hob_read(r->fd, r->buf + r->end, r->size - r->end, deadline);
	r->end += n > 0 ? (size_t)n : 0;
	return n;
}

static ssize_t take(struct hob_reader *r, size_t len, char **line)
{
	*line = r->buf + r->begin;
	r->begin += len;
	r->searched = r->begin;
	return (ssize_t)len;
}

ssize_t hob_read_line(struct hob_reader *r, char **line, hob_time deadline)
{
	for (;;) {
		char *from = r->buf + r->searched, *newline = NULL;
		ssize_t n;

		if (r->end > r->searched)
			newline = memchr(from, '\n', r->end - r->searched);
		if (newline)
			return take(r, (size_t)(newline - (r->buf + r->begin)) + 1, line);
		r->searched = r->end; /* a line that comes in many pieces is looked through once */
		n = fill(r, deadline);
		if (n < 0)
			return n;
		if (n == 0)
			return take(r, r->end - r->begin, line);
	}
}

ssize_t hob_reader_read(struct hob_reader *r, void *buf, size_t len, hob_time deadline)
{
	size_t there = r->end - r->begin;

	if (!there)
		return hob_read(r->fd, buf, len, deadline);
	len = len < there ? len : there;
	memcpy(buf, r->buf + r->begin, len);
	r->begin += len;
	if (r->searched < r->begin)
		r->searched = r->begin;
	return (ssize_t)len;
}
