/* Events. task_unpark will not do in a signal handler: it may take a lock that the interrupted thread holds. A write to
 * an eventfd will, and the waits of hob/wait.h do the rest; since that is another room, it stands here. */
#include <errno.h>
#include <hob.h>

#include "base/atomic.h"
#include "base/sys.h"

struct hob_event {
	int fd;
	atomic_of(uint32_t) sets; /* orders what was written before a set before what follows the wait */
};

int hob_event_create(struct hob_event **out)
{
	struct hob_event *e = sys.alloc(sizeof *e);

	if (!e)
		return -ENOMEM;
	e->fd = sys.eventfd();
	if (e->fd < 0) {
		int err = e->fd;

		sys.free(e);
		return err;
	}
	*out = e;
	return 0;
}

void hob_event_destroy(struct hob_event *e)
{
	if (!e)
		return;
	sys.close(e->fd);
	sys.free(e);
}

void hob_event_set(struct hob_event *e)
{
	uint64_t one = 1;

	at_add(&e->sets, 1, RELEASE);
	(void)!sys.write(e->fd, &one, sizeof one); /* fails only where the count is full: then it is set */
}

int hob_event_wait(struct hob_event *e, hob_time deadline)
{
	uint64_t count;
	ssize_t n = hob_read(e->fd, &count, sizeof count, deadline);

	at_load(&e->sets, ACQUIRE);
	return n < 0 ? (int)n : 0;
}
