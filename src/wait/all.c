/* Transfers of all that was asked for: many of what hob_read, hob_write and hob_send do once. */
#include <errno.h>
#include <hob/net.h>

int hob_read_all(int fd, void *buf, size_t len, size_t *done, hob_time deadline)
{
	ssize_t n = 1;
	size_t at = 0;

	while (at < len && n > 0) {
		n = hob_read(fd, (char *)buf + at, len - at, deadline);
		at += n > 0 ? (size_t)n : 0;
	}
	if (done)
		*done = at;
	return at == len ? 0 : n ? (int)n : -ENODATA;
}

int hob_write_all(int fd, const void *buf, size_t len, size_t *done, hob_time deadline)
{
	ssize_t n = 0;
	size_t at = 0;

	while (at < len && n >= 0) {
		n = hob_write(fd, (const char *)buf + at, len - at, deadline);
		at += n > 0 ? (size_t)n : 0;
	}
	if (done)
		*done = at;
	return at == len ? 0 : (int)n;
}

int hob_send_all(int fd, const void *buf, size_t len, size_t *done, hob_time deadline)
{
	ssize_t n = 0;
	size_t at = 0;

	while (at < len && n >= 0) {
		n = hob_send(fd, (const char *)buf + at, len - at, 0, deadline);
		at += n > 0 ? (size_t)n : 0;
	}
	if (done)
		*done = at;
	return at == len ? 0 : (int)n;
}
