/* Runs a case over every backend there is here, by one worker and by several, and holds the open descriptors against
 * those from before. */
#ifndef TEST_EACH_H
#define TEST_EACH_H

#include <errno.h>
#include <fcntl.h>
#include <hob.h>
#include <liburing.h>
#include <poll.h>

#include "base/sys.h"
#include "sched/rig.h"
#include "sched/scopes.h"

enum { BUSY_WORKERS = 3 };

static enum hob_backend each_backend;
static unsigned each_workers;

static inline bool each_has_ring(void)
{
	static int answer = 1; /* not known yet */
	struct io_uring_params params = { 0 };
	struct io_uring ring;

	if (answer == 1) {
		answer = sys_real.ring_init(4, &ring, &params);
		if (!answer)
			sys_real.ring_exit(&ring);
	}
	return answer == 0;
}

static inline int each_run(enum hob_backend backend, unsigned workers, hob_task_fn *fn, void *arg)
{
	struct hob_options o = { .workers = workers, .backend = backend, .stack_bytes = 64 << 10 };

	each_backend = backend;
	each_workers = workers;
	return hob_run(&o, fn, arg);
}

static inline void each(const char *name, hob_task_fn *fn)
{
	static char full[150];

	for (unsigned i = 0; i < 4; i++) {
		enum hob_backend backend = i < 2 ? HOB_BACKEND_IO_URING : HOB_BACKEND_EPOLL;
		unsigned workers = i % 2 ? BUSY_WORKERS : 1;
		int before;

		snprintf(full, sizeof full, "%s, over %s, %u worker%s", name, i < 2 ? "io_uring" : "epoll", workers,
			 workers > 1 ? "s" : "");
		test_name = full;
		if (i < 2 && !each_has_ring()) {
			printf("ok %d - %s # SKIP io_uring is refused here\n", ++test_count, full);
			continue;
		}
		watchdog(60);
		before = fds_open();
		CHECK_EQ(each_run(backend, workers, fn, NULL), 0);
		CHECK_EQ(fds_open(), before);
		printf("ok %d - %s\n", ++test_count, full);
		fflush(stdout);
	}
}

#define EACH(fn) each(#fn, fn)

/* What cases have in common. */

static inline void pipe_new(int fds[2], int flags)
{
	CHECK_EQ(pipe2(fds, flags | O_CLOEXEC), 0);
}

static inline void pipe_close(int fds[2])
{
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(close(fds[1]), 0);
}

static inline bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

#endif
