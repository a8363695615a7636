/* What the tests of worker processes have in common. */
#ifndef TEST_POOLS_H
#define TEST_POOLS_H

#include <signal.h>
#include <sys/wait.h>

#include "wait/each.h"

/* Runs a case over every backend, by one worker and by several, each time with a helper of its own; after it no
 * descriptor and no process is left. */
static inline void each_pool(const char *name, hob_task_fn *fn)
{
	static char full[150];

	for (unsigned i = 0; i < 4; i++) {
		struct hob_options o = { .workers = i % 2 ? BUSY_WORKERS : 1, .pools = 1, .stack_bytes = 128 << 10 };
		int before;

		o.backend = i < 2 ? HOB_BACKEND_IO_URING : HOB_BACKEND_EPOLL;
		snprintf(full, sizeof full, "%s, over %s, %u worker%s", name, i < 2 ? "io_uring" : "epoll", o.workers,
			 o.workers > 1 ? "s" : "");
		test_name = full;
		if (i < 2 && !each_has_ring()) {
			printf("ok %d - %s # SKIP io_uring is refused here\n", ++test_count, full);
			continue;
		}
		watchdog(60);
		before = fds_open();
		CHECK_EQ(hob_run(&o, fn, NULL), 0);
		CHECK_EQ(fds_open(), before);
		CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1); /* no child is left */
		printf("ok %d - %s\n", ++test_count, full);
		fflush(stdout);
	}
}

#define EACH_POOL(fn) each_pool(#fn, fn)

static inline struct hob_pool *pool_new(const struct hob_pool_options *o)
{
	struct hob_pool *p = NULL;

	CHECK_EQ(hob_pool_create(&p, o), 0);
	return p;
}

/* What workers run. Whatever a function is to do is in its input. */

static inline int echo(struct hob_call *c)
{
	memcpy(c->out, c->in, c->in_len);
	c->out_len = c->in_len;
	return (int)c->in_len;
}

static inline int tell_pid(struct hob_call *c)
{
	(void)c;
	return getpid();
}

static inline int pid_of(struct hob_pool *p)
{
	struct hob_call c = { 0 };

	return hob_pool_call(p, tell_pid, &c, HOB_NEVER);
}

static inline int hang(struct hob_call *c)
{
	while (c)
		pause();
	return 0;
}

/* A number in, one more out: so that answers cannot be mixed up. */
static inline int more(struct hob_call *c)
{
	uint64_t n;

	memcpy(&n, c->in, sizeof n);
	n++;
	memcpy(c->out, &n, sizeof n);
	c->out_len = sizeof n;
	return 0;
}

static inline int ask_more(struct hob_pool *p, uint64_t n, struct hob_call *c, hob_time deadline)
{
	uint64_t got = 0;
	int r;

	*c = (struct hob_call){ .in = &n, .in_len = sizeof n, .out = &got, .out_size = sizeof got };
	r = hob_pool_call(p, more, c, deadline);
	if (r == 0) {
		CHECK_EQ(c->out_len, sizeof n);
		CHECK(got == n + 1);
	}
	return r;
}

#endif
