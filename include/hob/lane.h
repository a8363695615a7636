/* Lanes: at most one task of a lane computes at a time. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_LANE_H
#define HOB_LANE_H

#include <hob/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is not thread-safe (an interpreter, a library, a structure) gets a lane, and is used by tasks in that lane
 * alone. A task in a lane has it while it computes. Whenever it leaves its core, since a call that [parks] has to wait,
 * it lets go of the lane, and it has it again before that call answers, whatever that is: so the waits of a lane's
 * tasks overlap, and their computing takes turns. A lane is no lock: what it guards may have changed after such calls.
 *
 * Tasks get the lane in the order they come for it. One that computes for long gives it to those that wait at its next
 * checkpoint, hob_lane_yield, once it has kept somebody waiting for the switch interval. Calls that have to wait are
 * checkpoints by themselves; those that do not have to are none.
 *
 * Lanes do not nest, so tasks never wait for each other's in a circle: enter answers -EDEADLK to a task in a lane. The
 * tasks of several runtimes may share a lane. Tasks that are spawned inherit none, and jobs neither: a job that another
 * core steals runs outside of the lane, at the same time as who forked it goes on within; one that its joiner runs is
 * in it. So the jobs and loops of a task in a lane compute in parallel; they must not touch what the lane guards, or do
 * so by hob_lane_call, which is right in both cases. */
struct hob_lane;

#define HOB_LANE_SWITCH HOB_MS

/* Called in the task that gets the lane, and in the one that lets go of it, each time and while it has it, on the
 * thread that it runs on: to change what belongs to the task and not to the lane, such as an interpreter's idea of the
 * current thread. It makes no call that [parks]. */
typedef void hob_lane_fn(void *arg);

/* All zero is the sane default. */
struct hob_lane_options {
	const char *name;      /* for people; 31 bytes of it are kept */
	hob_time switch_ns;    /* the switch interval; 0: HOB_LANE_SWITCH */
	hob_lane_fn *on_enter; /* NULL: nothing to do; likewise on_leave */
	hob_lane_fn *on_leave;
	void *arg; /* of both */
};

/* A lane that nobody is in. `opts` may be NULL. -ENOMEM. Any thread. */
HOB_API int hob_lane_create(struct hob_lane **out, const struct hob_lane_options *opts);

/* Nobody is in it, or comes for it, any more. Any thread. */
HOB_API void hob_lane_destroy(struct hob_lane *l);

/* Gets the lane, and lets go of it. enter: 0, -ETIMEDOUT, -ECANCELED (also where the lane is free), -EDEADLK. A task
 * that ends in a lane lets go of it. [parks] */
HOB_API int hob_lane_enter(struct hob_lane *l, hob_time deadline);
HOB_API void hob_lane_leave(struct hob_lane *l);

/* Runs fn(arg) in the lane, and answers what that answered: at once where the task is in that lane already. -ETIMEDOUT,
 * -ECANCELED, -EDEADLK (it is in another): fn was not run. [parks] */
HOB_API int hob_lane_call(struct hob_lane *l, hob_task_fn *fn, void *arg, hob_time deadline);

/* hob_spawn of a task that is in the lane from its beginning to its end. Like every task that was spawned it runs
 * although its scope is cancelled before. -ENOMEM, -ECANCELED. */
HOB_API int hob_lane_spawn(struct hob_scope *s, struct hob_lane *l, hob_task_fn *fn, void *arg);

/* A checkpoint: lets the tasks that wait for the lane have it first, if they have waited for the switch interval; where
 * none does, lets the worker's other tasks run about as often. Cheap, and never cancelled. 0, also in no lane; -EPERM
 * outside a task. [parks] */
HOB_API int hob_lane_yield(void);

/* Is the calling task in the lane? assert: it must be, or the program is ended. Any thread. */
HOB_API int hob_lane_held(const struct hob_lane *l);
HOB_API void hob_lane_assert(const struct hob_lane *l);

/* What a lane has seen. Stretches of a microsecond or two are timed by samples, all others one by one. */
struct hob_lane_stats {
	uint64_t takes;     /* how often a task got it, each time it came back from a wait included */
	uint64_t waits;     /* of those had to wait for another */
	uint64_t switches;  /* how often a computing task let others have it at a checkpoint */
	hob_time held_ns;   /* how long tasks had it */
	hob_time waited_ns; /* how long tasks waited for it, those that wait still not included */
	unsigned waiting;   /* that wait now */
};

/* A picture of the moment. Any thread. */
HOB_API void hob_lane_stats(struct hob_lane *l, struct hob_lane_stats *out);

/* Its name, "" where it has none; valid as long as the lane. Any thread. */
HOB_API const char *hob_lane_name(const struct hob_lane *l);

#ifdef __cplusplus
}
#endif
#endif
