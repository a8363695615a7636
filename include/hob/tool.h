/* One function, any tool: as a task, on a thread, in a process, in a lane. The contract of every call stands in hob.h.
 * SPDX-License-Identifier: MIT */
#ifndef HOB_TOOL_H
#define HOB_TOOL_H

#include <hob/lane.h>
#include <hob/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

enum hob_tool_kind {
	HOB_TOOL_TASK = 0, /* fn is part of the calling task, and may do all that tasks may */
	HOB_TOOL_THREAD,   /* hob_blocking: for what blocks */
	HOB_TOOL_PROCESS,  /* hob_pool_call: for what may crash, or has a lock of its own */
};

/* How a call is made: chosen here, and the function and its argument stay as they are. All zero: as a task. */
struct hob_tool {
	enum hob_tool_kind kind;
	struct hob_lane *lane; /* of HOB_TOOL_TASK alone: fn runs in it; NULL: in none */
	struct hob_pool *pool; /* of HOB_TOOL_PROCESS alone */
};

/* Makes the call, and answers what fn answered, which is call->result too. -EINVAL: a lane or a pool that the kind does
 * not go with, or a kind there is not. -ETIMEDOUT, -ECANCELED: fn was not begun, or its process was killed; a task or a
 * thread that has begun is not stopped. And what hob_lane_call, hob_blocking and hob_pool_call answer. [parks] */
HOB_API int hob_tool_call(const struct hob_tool *with, hob_call_fn *fn, struct hob_call *call, hob_time deadline);

/* The same in a task of the scope, which keeps the first error and cancels as ever. `with` is copied; the call is
 * borrowed until the task has ended. -ENOMEM, -ECANCELED. */
HOB_API int hob_tool_spawn(struct hob_scope *s, const struct hob_tool *with, hob_call_fn *fn, struct hob_call *call,
			   hob_time deadline);

#ifdef __cplusplus
}
#endif
#endif
