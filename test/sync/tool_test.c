/* One function, any tool: the same answers, whichever it is. */
#include <errno.h>
#include <hob.h>

#include "sched/scopes.h"

static struct hob_lane *lane;
static struct hob_pool *pool;

static int square(struct hob_call *call)
{
	int n = *(const int *)call->in;

	*(int *)call->out = n * n;
	call->out_len = sizeof n;
	return n < 0 ? -EDOM : n;
}

static void call_with(struct hob_scope *s, struct hob_tool with)
{
	int in[4] = { 1, 2, 3, -4 }, out[4] = { 0 };
	struct hob_call calls[4];

	for (int i = 0; i < 4; i++) {
		calls[i] = (struct hob_call){
			.in = &in[i], .in_len = sizeof *in, .out = &out[i], .out_size = sizeof *out
		};
		CHECK_EQ(hob_tool_spawn(s, &with, square, &calls[i], HOB_NEVER), 0);
	}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), -EDOM);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(out[i], in[i] * in[i]);
		CHECK_EQ(calls[i].result, in[i] < 0 ? -EDOM : in[i]);
	}
	CHECK_EQ(hob_tool_call(&with, square, &calls[0], 0), -ETIMEDOUT);
	hob_scope_cancel(s);
	CHECK_EQ(hob_tool_spawn(s, &with, square, &calls[0], HOB_NEVER), -ECANCELED);
	hob_scope_destroy(s);
}

static int is_in_lane(struct hob_call *call)
{
	(void)call;
	return hob_lane_held(lane);
}

static int use_all(void *arg)
{
	struct hob_call none = { 0 };

	(void)arg;
	CHECK_EQ(hob_lane_create(&lane, NULL), 0);
	CHECK_EQ(hob_pool_create(&pool, NULL), 0);
	call_with(scope_new(), (struct hob_tool){ 0 });
	call_with(scope_new(), (struct hob_tool){ .lane = lane });
	call_with(scope_new(), (struct hob_tool){ .kind = HOB_TOOL_THREAD });
	call_with(scope_new(), (struct hob_tool){ .kind = HOB_TOOL_PROCESS, .pool = pool });
	CHECK_EQ(hob_tool_call(&(struct hob_tool){ .lane = lane }, is_in_lane, &none, HOB_NEVER), 1);
	CHECK_EQ(hob_tool_call(&(struct hob_tool){ 0 }, is_in_lane, &none, HOB_NEVER), 0);
	CHECK_EQ(hob_tool_call(&(struct hob_tool){ .kind = HOB_TOOL_PROCESS }, square, &none, HOB_NEVER), -EINVAL);
	CHECK_EQ(hob_tool_call(&(struct hob_tool){ .pool = pool }, square, &none, HOB_NEVER), -EINVAL);
	CHECK_EQ(hob_tool_call(&(struct hob_tool){ .kind = HOB_TOOL_THREAD, .lane = lane }, square, &none, HOB_NEVER),
		 -EINVAL);
	hob_pool_destroy(pool);
	hob_lane_destroy(lane);
	return 0;
}

static void one_function_any_tool(void)
{
	struct hob_options opts = { .pools = 1 };

	CHECK_EQ(hob_run(&opts, use_all, NULL), 0);
	CHECK_EQ(hob_tool_call(&(struct hob_tool){ 0 }, square, &(struct hob_call){ 0 }, HOB_NEVER), -EPERM);
}

int main(void)
{
	test_start();
	TEST(one_function_any_tool);
	return test_done();
}
