/* Unix sockets by their path. */
#include <errno.h>
#include <hob/net.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>

#include "base/sys.h"

/* A path, or with a @ in front a name in the abstract namespace: there a NUL stands for the @. */
static int address_of(const char *path, struct sockaddr_un *out, socklen_t *len)
{
	size_t n = strlen(path);

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n == 0)
		return -EINVAL;
	if (n >= sizeof out->sun_path)
		return -ENAMETOOLONG;
	memcpy(out->sun_path, path, n);
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	if (*path == '@') {
		*out->sun_path = '\0';
		*len -= 1;
	}
	return 0;
}

int hob_unix_listen(const char *path)
{
	struct sockaddr_un addr;
	socklen_t len;
	int err = address_of(path, &addr, &len), fd;

	if (err)
		return err;
	fd = sys.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	err = sys.bind(fd, (struct sockaddr *)&addr, len);
	if (!err)
		err = sys.listen(fd, SOMAXCONN);
	if (!err)
		return fd;
	sys.close(fd);
	return err;
}

int hob_unix_connect(const char *path, hob_time deadline)
{
	struct sockaddr_un addr;
	socklen_t len;
	int err = address_of(path, &addr, &len), fd;

	if (err)
		return err;
	fd = sys.socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0)
		return fd;
	err = hob_connect(fd, (struct sockaddr *)&addr, len, deadline);
	if (!err)
		return fd;
	sys.close(fd);
	return err;
}

int hob_unix_pair(int fds[2])
{
	return sys.socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}
