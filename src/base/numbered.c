/* The entries of a directory whose names are numbers. */
#include "base/numbered.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/sys.h"

int each_numbered(const char *path, numbered_fn *fn, void *arg)
{
	struct entry { /* linux_dirent64 */
		uint64_t inode;
		int64_t offset;
		unsigned short bytes;
		unsigned char type;
		char name[];
	};
	alignas(struct entry) char buf[4096];
	int fd = sys.open(path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd;
	ssize_t got = 0;
	int r = 0;
	while (!r && (got = sys.getdents(fd, buf, sizeof buf)) > 0) {
		for (ssize_t i = 0; i < got && !r;) {
			const struct entry *e = (const void *)(buf + i);
			DEBUG_CHECK(e->bytes > offsetof(struct entry, name));
			char *end;
			unsigned long number = strtoul(e->name, &end, 10);
			if (isdigit((unsigned char)*e->name) && *end == '\0' && number <= INT32_MAX)
				r = fn(arg, (pid_t)number);
			i += e->bytes;
		}
	}
	sys.close(fd);
	return r ? r : (int)got;
}
