/* Tasks and the scopes that own them. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_TASK_H
#define HOB_TASK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HOB_API __attribute__((visibility("default")))

/* Time ---------------------------------------------------------------------------------------------------------- */

typedef int64_t hob_time; /* CLOCK_MONOTONIC, ns */

#define HOB_NEVER ((hob_time)INT64_MAX)
#define HOB_US ((hob_time)1000)
#define HOB_MS ((hob_time)1000000)
#define HOB_SECOND ((hob_time)1000000000)

/* The time now. Any thread. */
HOB_API hob_time hob_now(void);

/* The time `ns` from now, HOB_NEVER where that would overflow; a negative `ns` is now. Any thread. */
HOB_API hob_time hob_after(int64_t ns);

/* The cores this process may use: the smaller of the affinity mask and the cgroup CPU quota rounded up (v1 and v2),
 * read afresh at each call, at least 1. Any thread. */
HOB_API unsigned hob_cores(void);

/* The runtime --------------------------------------------------------------------------------------------------- */

/* What a task runs. Answers 0, or a negative errno which its scope keeps if it is the first. */
typedef int hob_task_fn(void *arg);

enum hob_backend {
	HOB_BACKEND_AUTO = 0, /* io_uring where the kernel lets us, otherwise epoll */
	HOB_BACKEND_IO_URING, /* hob_run answers -ENOSYS, -EPERM or -EACCES where it is refused */
	HOB_BACKEND_EPOLL,
};

#define HOB_BLOCKING_MAX 512

/* All zero is the sane default. A worker whose task blocks in the kernel or computes for long has a stand-in meanwhile:
 * so with one worker, too, two tasks may run at the same time, and what they share needs a mutex, a channel or a lane.
 * With `one_thread` that is not so: what tasks share changes only where they park; but while one blocks or computes,
 * all others stand still. */
struct hob_options {
	unsigned workers;         /* threads that run tasks; 0: hob_cores(), looked at again as it may change */
	unsigned workers_max;     /* where workers is 0: never more than so many; 0: no such bound */
	enum hob_backend backend; /* AUTO may be narrowed by HOB_BACKEND=io_uring|epoll in the environment */
	size_t stack_bytes;       /* of each task, its guard included; 0: 256 KiB. Memory is taken as it is touched */
	unsigned blocking_max;    /* threads for hob_blocking at once; 0: HOB_BLOCKING_MAX */
	int pools;                /* not 0: hob_pool_create may be called; a helper process is forked first */
	uint64_t seed;            /* of the scheduler's choices (whom to steal from); 0: random */
	int one_thread;           /* not 0: the calling thread alone runs tasks, and has no stand-in */
};

/* Starts a runtime with the calling thread as its first worker, runs fn(arg) as the first task and answers what that
 * returned (>= 0 values pass through too), once every task of the runtime has ended: when fn returns, scopes it left
 * behind are cancelled and their tasks waited for (the scopes themselves stay the caller's to destroy before).
 * -EBUSY inside a task; -EINVAL for more than 1024 workers, for several with one_thread, or a HOB_BACKEND that is
 * unknown; -ENOMEM, -EAGAIN, -EMFILE where memory, threads or descriptors are lacking: then nothing ran. `opts` may be
 * NULL. */
HOB_API int hob_run(const struct hob_options *opts, hob_task_fn *fn, void *arg);

/* Which backend this task's runtime waits with (HOB_BACKEND_AUTO outside a task). */
HOB_API enum hob_backend hob_backend_used(void);

/* Lets every other ready task of this worker run first. [parks], but is never cancelled: 0, or -EPERM. */
HOB_API int hob_yield(void);

/* Scopes: a task lives in exactly one, and never outlives it ------------------------------------------------------ */

struct hob_scope;

/* A scope below the scope of the calling task: cancelling that one cancels this one. -EPERM outside a task, -ENOMEM. */
HOB_API int hob_scope_create(struct hob_scope **out);

/* All zero is what hob_scope_create makes. */
struct hob_scope_options {
	int cancel_on_error; /* not 0: the first task that answers an error cancels the scope */
};

/* The same, with options (NULL: none). */
HOB_API int hob_scope_create_with(struct hob_scope **out, const struct hob_scope_options *opts);

/* Starts a task in the scope. -ENOMEM where its stack cannot be had, -ECANCELED once the scope is cancelled: then fn
 * is not run. Any thread, as long as the scope is not destroyed before the call has returned (the task spawned may
 * have ended by then). */
HOB_API int hob_spawn(struct hob_scope *s, hob_task_fn *fn, void *arg);

/* Waits until no task is left in the scope; answers the first error one of them returned (positive values do not
 * count), and goes on answering it, also in a cancelled task where none is left. -ETIMEDOUT, -ECANCELED (the caller's
 * own scope): the tasks go on, and it may be called again. One waiter at a time: -EBUSY for a second. -EDEADLK: it is
 * the scope the caller lives in; one above that is not noticed, and never ends. [parks] */
HOB_API int hob_scope_wait(struct hob_scope *s, hob_time deadline);

/* Every parking call of a task in the scope, or in a scope below it, answers -ECANCELED from now on. Level-triggered:
 * again and again, until the task ends. Idempotent; does not wait. Any thread, while the scope lives. */
HOB_API void hob_scope_cancel(struct hob_scope *s);

/* Between the two no parking call of the calling task answers -ECANCELED, so that it can put things in order; the first
 * one after does. They nest, each begin has its end in the same task. A shield is that task's alone: tasks it spawns,
 * scopes it creates and jobs it forks are cancelled as ever. begin: 0, or -EPERM outside a task; then there is no
 * end. */
HOB_API int hob_shield_begin(void);
HOB_API void hob_shield_end(void);

/* Cancels, waits for the tasks (even where the caller is itself cancelled), frees. By a task outside of the scope,
 * after every scope below it is destroyed. [parks] */
HOB_API void hob_scope_destroy(struct hob_scope *s);

/* What a task has for itself -------------------------------------------------------------------------------------- */

/* A place that every task has a value for, NULL at first. A task that is spawned does not inherit them, and neither do
 * forked jobs, which may run elsewhere. Keys are for whole programs and libraries: they are never given back. */
typedef unsigned hob_local;

#define HOB_LOCALS_MAX 64

/* Called in a task at its end, still within its scope, for each value that is not NULL; may do all that tasks may.
 * Values that destructors set are destroyed too, in at most four rounds, as by pthread_key_create(3). */
typedef void hob_local_fn(void *value);

/* A new key. `destroy` may be NULL. -EAGAIN: there are HOB_LOCALS_MAX of them. Any thread. */
HOB_API int hob_local_create(hob_local *out, hob_local_fn *destroy);

/* The value of the calling task; NULL also outside a task. */
HOB_API void *hob_local_get(hob_local key);

/* 0; -EINVAL: there is no such key; -EPERM outside a task; -ENOMEM, which only the first call of a task answers. The
 * value before is not destroyed. */
HOB_API int hob_local_set(hob_local key, void *value);

/* Names the calling task, for people: 31 bytes of it are kept. -EPERM outside a task, -ENOMEM. */
HOB_API int hob_name_set(const char *name);

/* Its name, "" where it has none; valid until it is named again or ends. */
HOB_API const char *hob_name(void);

#ifdef __cplusplus
}
#endif
#endif
