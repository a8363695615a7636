/* A small file of procfs or cgroupfs, read at one go. */
#include "look/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/sys.h"

ssize_t look_file(const char *path, char *text, size_t size)
{
	int fd = sys.open(path, O_RDONLY);
	if (fd < 0)
		return fd;
	size_t len = 0;
	ssize_t got;
	do {
		got = sys.read(fd, text + len, size - 1 - len);
		if (got > 0)
			len += (size_t)got;
	} while (got == -EINTR || (got > 0 && len < size - 1));
	sys.close(fd);
	text[len] = '\0';
	return got < 0 ? got : (ssize_t)len;
}

bool look_number(const char **at, uint64_t *out)
{
	const char *p = *at;
	char *end;
	while (*p == ' ' || *p == '\t')
		p++;
	if (!isdigit((unsigned char)*p))
		return false;
	*out = strtoull(p, &end, 10);
	*at = end;
	return true;
}
