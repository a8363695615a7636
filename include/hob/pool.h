/* Worker processes: functions that run on bytes, outside of this process, for what may crash, hang, leak or not be
 * trusted, or holds a lock of its own that would keep threads from computing at once. The contract of every call stands
 * in hob.h.
 *
 * Workers are forked from a helper process, which is forked from this one before it has threads: by hob_run where
 * hob_options.pools is set, or by hob_pool_prepare. So a worker sees the program as it was then, code and data; it has
 * none of the program's descriptors but 2 (0 and 1 are /dev/null), every signal at its default, and no terminal.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_POOL_H
#define HOB_POOL_H

#include <hob/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory handed over without a copy -------------------------------------------------------------------------------- */

/* Memory of a sealed memfd(2): no process can shrink it under another's feet. The fields are the library's; data and
 * bytes are yours to read. */
struct hob_shared {
	void *data; /* zero at first; in a worker read-only, unless it is writable there */
	size_t bytes;
	int writable;
	int fd;
};

#define HOB_SHARED_MAX 4

/* Gets `bytes` of it, which a worker may read, or write too. 0; -EINVAL: no bytes; -EMFILE, -ENOMEM and the like. Any
 * thread. */
HOB_API int hob_shared_init(struct hob_shared *s, size_t bytes, int writable);
HOB_API void hob_shared_finish(struct hob_shared *s); /* while no call has it; NULL and all zero pass */

/* Calls ------------------------------------------------------------------------------------------------------------ */

/* What a call takes, and what came of it. All zero: nothing in, no room for anything out. */
struct hob_call {
	const void *in;
	size_t in_len;
	void *out;
	size_t out_size;
	const struct hob_shared *shared; /* an array, in a worker mapped elsewhere: use its data */
	size_t nshared;                  /* at most HOB_SHARED_MAX */

	size_t out_len; /* bytes of `out` that fn wrote, as it said; at most out_size */
	int result;     /* what the call answered */
	int status;     /* of a worker that was lost with this call: as by wait(2), 0 where it is unknown */
};

/* What runs: reads call->in, writes call->out and sets call->out_len. The same function may be called directly. In a
 * worker it is no task: [parks] calls answer -EPERM. */
typedef int hob_call_fn(struct hob_call *call);

/* Pools ------------------------------------------------------------------------------------------------------------ */

struct hob_pool;

enum hob_confine {
	HOB_CONFINE_NOT = 0,
	HOB_CONFINE_PRIVILEGES, /* no new privileges: prctl(PR_SET_NO_NEW_PRIVS) */
	HOB_CONFINE_STRICT,     /* and no system call but what a pure computation needs: memory, clocks, what is open
				 * already. Any other kills the worker (SIGSYS) */
};

/* All zero is the sane default. */
struct hob_pool_options {
	/* How many at once. 0: as many as pay: one a core for calls that compute; more, up to 64, where calls are seen
	 * to wait, as long as more of them bring more. Then calls may not wait for each other. */
	unsigned workers_max;
	unsigned workers_min;       /* started at once and kept; others start as calls need them */
	hob_time idle_ns;           /* at a call, a worker that was idle for longer is let go of; 0: 10 s */
	size_t in_bytes, out_bytes; /* the most of a call, beside what is shared; 0: 1 MiB. Memory as it is touched */
	unsigned deaths_max;        /* of workers by one input of one function, then it is refused; 0: 3 */

	/* Limits of each worker; 0: the program's own. */
	size_t memory_bytes;  /* of address space beyond what a worker begins with: RLIMIT_AS */
	unsigned cpu_seconds; /* a worker past half of it is replaced between two calls: RLIMIT_CPU */
	unsigned open_files;  /* at once, opened by functions: RLIMIT_NOFILE */
	enum hob_confine confine;
};

/* Forks the helper from which all later pools of this process get their workers; it stays until the process ends.
 * Call it first thing in main where the program has threads before hob_run, or loads much data: the helper is a copy.
 * 0 also where there is one; -EBUSY inside a task; -EAGAIN, -ENOMEM, -EMFILE. */
HOB_API int hob_pool_prepare(void);

/* 0; -ESRCH: there is no helper: set hob_options.pools, or call hob_pool_prepare; -EPERM outside a task; -EINVAL:
 * workers_min > workers_max; -ENOMEM, -EMFILE and the like. `opts` may be NULL. */
HOB_API int hob_pool_create(struct hob_pool **out, const struct hob_pool_options *opts);

/* Ends its workers, while no call is made. By a task of the runtime it was made in. [parks], but is never cancelled */
HOB_API void hob_pool_destroy(struct hob_pool *p);

/* Runs fn on the call in a worker, and answers what fn did; or
 *   -EOWNERDEAD       the worker crashed, exited, was killed, or broke the rules of the shared memory; call->status
 *                     says how. It is replaced, no other call knows of it.
 *   -ENOTRECOVERABLE  this input of this function has killed deaths_max workers: it did not run.
 *   -ETIMEDOUT, -ECANCELED  it was not begun, or its worker was killed; when this returns the worker is no more.
 *   -EFAULT           fn was not yet loaded when the helper was forked.
 *   -E2BIG            in_len or out_size are beyond what the pool takes, nshared beyond HOB_SHARED_MAX.
 *   -EPIPE            the helper is gone.
 *   -EAGAIN, -ENOMEM, -EMFILE, ...   no worker could be had, or be confined as asked for.
 * fn may answer these itself: call->status tells some apart. Calls beyond workers_max wait their turn, in order. What
 * fn prints must be flushed: a worker ends by _exit(2). [parks] */
HOB_API int hob_pool_call(struct hob_pool *p, hob_call_fn *fn, struct hob_call *call, hob_time deadline);

/* Makes n calls, as many at once as there may be workers; each has its own result in its place. One that fails does not
 * end the others. Answers the first error by position, or -ENOMEM or -EPERM where none was made. [parks] */
HOB_API int hob_pool_map(struct hob_pool *p, hob_call_fn *fn, struct hob_call *calls, size_t n, hob_time deadline);

struct hob_pool_stats {
	uint64_t calls;   /* answered by fn */
	uint64_t deaths;  /* of workers with a call begun: crashed, killed, or past a deadline */
	uint64_t started; /* workers */
	unsigned workers; /* now */
	unsigned allowed; /* to be at work at once: workers_max, or what pays */
	unsigned waiting; /* calls, for a worker */
};

/* Any thread, while the pool lives. */
HOB_API void hob_pool_stats(struct hob_pool *p, struct hob_pool_stats *out);

#ifdef __cplusplus
}
#endif
#endif
