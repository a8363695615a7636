/* Memory handed over without a copy. It cannot change its size, so no access of ours ever fails; and where the worker
 * is not to write, no new mapping of it can be writable (F_SEAL_FUTURE_WRITE), while ours, which is there, is. */
#include <errno.h>
#include <fcntl.h>
#include <hob/pool.h>
#include <sys/mman.h>

#include "base/sys.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

int hob_shared_init(struct hob_shared *s, size_t bytes, int writable)
{
	int fd, err;
	void *mem = NULL;

	*s = (struct hob_shared){ .fd = -1 };
	if (!bytes || bytes > INT64_MAX)
		return -EINVAL;
	fd = sys.memfd("hob shared");
	if (fd < 0)
		return fd;
	err = sys.ftruncate(fd, (off_t)bytes);
	if (!err)
		err = sys.map_shared(fd, bytes, PROT_READ | PROT_WRITE, &mem);
	if (!err)
		err = sys.seal(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | (writable ? 0 : F_SEAL_FUTURE_WRITE));
	if (err) {
		if (mem)
			sys.unmap(mem, bytes);
		sys.close(fd);
		return err;
	}
	*s = (struct hob_shared){ .data = mem, .bytes = bytes, .writable = writable, .fd = fd };
	return 0;
}

void hob_shared_finish(struct hob_shared *s)
{
	if (!s || !s->data)
		return;
	sys.unmap(s->data, s->bytes);
	sys.close(s->fd);
	*s = (struct hob_shared){ .fd = -1 };
}
