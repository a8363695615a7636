/* One function, any tool: hob/tool.h. It joins rooms that do not know each other, so it stands here. */
#include <errno.h>
#include <hob/tool.h>
#include <hob/wait.h>

#include "base/sys.h"
#include "sched/task.h"

struct job {
	struct hob_tool with;
	hob_call_fn *fn;
	struct hob_call *call;
	hob_time deadline;
};

static int run(void *arg)
{
	struct job *j = arg;

	return j->fn(j->call);
}

static int run_as_task(struct job *j)
{
	struct task *t = task_self();

	if (!t)
		return -EPERM;
	if (task_cancelled(t))
		return -ECANCELED;
	if (j->deadline != HOB_NEVER && j->deadline <= sys.now())
		return -ETIMEDOUT;
	return j->with.lane ? hob_lane_call(j->with.lane, run, j, j->deadline) : run(j);
}

static int make(struct job *j)
{
	const struct hob_tool *with = &j->with;

	if ((with->lane && with->kind != HOB_TOOL_TASK) || !with->pool != (with->kind != HOB_TOOL_PROCESS))
		return -EINVAL;
	switch (with->kind) {
	case HOB_TOOL_TASK:
		return run_as_task(j);
	case HOB_TOOL_THREAD:
		return hob_blocking(run, j, j->deadline);
	case HOB_TOOL_PROCESS:
		return hob_pool_call(with->pool, j->fn, j->call, j->deadline);
	}
	return -EINVAL;
}

int hob_tool_call(const struct hob_tool *with, hob_call_fn *fn, struct hob_call *call, hob_time deadline)
{
	struct job j = { *with, fn, call, deadline };

	call->result = make(&j);
	return call->result;
}

static int tool_main(void *arg)
{
	struct job j = *(struct job *)arg;

	sys.free(arg);
	return hob_tool_call(&j.with, j.fn, j.call, j.deadline);
}

int hob_tool_spawn(struct hob_scope *s, const struct hob_tool *with, hob_call_fn *fn, struct hob_call *call,
		   hob_time deadline)
{
	struct job *j = sys.alloc(sizeof *j);
	int err;

	if (!j)
		return -ENOMEM;
	*j = (struct job){ *with, fn, call, deadline };
	err = hob_spawn(s, tool_main, j);
	if (err)
		sys.free(j);
	return err;
}
