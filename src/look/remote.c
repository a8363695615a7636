/* The memory of another process. */
#include "look/remote.h"

#include <errno.h>
#include <string.h>

#include "base/sys.h"

int look_peek(pid_t pid, uint64_t address, void *out, size_t len)
{
	if (address + len < address || address < 4096) /* a null pointer, and what lies beside it */
		return -EFAULT;
	ssize_t got = sys.vm_read(pid, address, out, len);
	if (got < 0)
		return (int)got;
	return (size_t)got == len ? 0 : -EFAULT;
}

int look_peek_pointer(pid_t pid, uint64_t address, uint64_t *out)
{
	return look_peek(pid, address, out, sizeof *out);
}

int look_peek_string(pid_t pid, uint64_t address, char *out, size_t size)
{
	const size_t step = 256; /* divides a page, so that a string before the end of a mapping is still read */
	size_t len = 0;
	out[0] = '\0';
	while (len < size - 1) {
		size_t want = step - (address + len) % step;
		want = want < size - 1 - len ? want : size - 1 - len;
		int err = look_peek(pid, address + len, out + len, want);
		if (err) {
			out[len] = '\0';
			return err;
		}
		if (memchr(out + len, '\0', want))
			return 0;
		len += want;
		out[len] = '\0';
	}
	return -ENAMETOOLONG;
}
