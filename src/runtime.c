/* The one file that connects the rooms: the scheduler gets its pollers here, and the machine its measure. */
#include <errno.h>
#include <hob.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpus.h"
#include "base/sys.h"
#include "process/helper.h"
#include "sched/run.h"
#include "wait/backend.h"

hob_time hob_now(void)
{
	return sys.now();
}

hob_time hob_after(int64_t ns)
{
	hob_time now = sys.now(), then;

	if (ns < 0)
		return now;
	return __builtin_add_overflow(now, ns, &then) ? HOB_NEVER : then;
}

unsigned hob_cores(void)
{
	return cpus_count();
}

enum hob_backend hob_backend_used(void)
{
	const struct backend *b = backend_self();

	return b ? b->sched.kind : HOB_BACKEND_AUTO;
}

static int choose(enum hob_backend wanted, const struct backend **out)
{
	const char *name = wanted == HOB_BACKEND_AUTO ? getenv("HOB_BACKEND") : NULL;

	if (name && strcmp(name, "epoll") == 0)
		wanted = HOB_BACKEND_EPOLL;
	else if (name && strcmp(name, "io_uring") == 0)
		wanted = HOB_BACKEND_IO_URING;
	else if (name && *name)
		return -EINVAL;
	switch (wanted) {
	case HOB_BACKEND_AUTO:
		*out = ring_probe() == 0 ? &backend_ring : &backend_epoll;
		return 0;
	case HOB_BACKEND_IO_URING:
		*out = &backend_ring;
		return 0;
	case HOB_BACKEND_EPOLL:
		*out = &backend_epoll;
		return 0;
	}
	return -EINVAL;
}

int hob_run(const struct hob_options *opts, hob_task_fn *fn, void *arg)
{
	struct hob_options o = opts ? *opts : (struct hob_options){ 0 };
	const struct backend *backend;
	int err = choose(o.backend, &backend);

	if (!err && o.pools)
		err = helper_acquire();
	if (err)
		return err;
	err = sched_run(&backend->sched, &o, fn, arg);
	if (o.pools)
		helper_release();
	return err;
}
