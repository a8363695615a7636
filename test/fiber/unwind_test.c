/* Unwinding from inside a fiber: the frames are told right, and the stack ends cleanly where the fiber began. */
#include "fiber/fiber.h"

#include <unwind.h>

#include "base/sys.h"
#include "test.h"

#define STACK ((size_t)128 << 10)

static struct fiber main_fiber, fiber;

/* fiber_entry; and where sanitizers are told of fibers, the function that tells them. */
#ifdef HOB_ANNOTATE
enum { WAY_IN = 2 };
#else
enum { WAY_IN = 1 };
#endif

struct trace {
	void *functions[64];
	int frames;
};

static _Unwind_Reason_Code note_frame(struct _Unwind_Context *context, void *arg)
{
	struct trace *t = arg;
	void *ip = (void *)_Unwind_GetIP(context);
	if (!ip)
		return _URC_NO_REASON; /* how libgcc shows the end */
	if (t->frames == 64)
		return _URC_NORMAL_STOP;
	t->functions[t->frames++] = _Unwind_FindEnclosingFunction(ip);
	return _URC_NO_REASON;
}

static struct trace trace;
static _Unwind_Reason_Code ending;
static volatile int sink;

static __attribute__((noinline)) void leaf(int depth)
{
	if (depth > 0) {
		leaf(depth - 1);
		sink = depth; /* no tail call */
		return;
	}
	trace.frames = 0;
	ending = _Unwind_Backtrace(note_frame, &trace);
}

static __attribute__((noinline)) void body(void *arg)
{
	(void)arg;
	leaf(5);
	fiber_switch(&fiber, &main_fiber);
	leaf(3); /* on a stack that was switched off between */
	fiber_switch_last(&fiber, &main_fiber);
}

/* leaf, `leaves` times, body, and then nothing of ours but the way in. */
static void check_trace(int leaves)
{
	CHECK_EQ(ending, _URC_END_OF_STACK);
	int i = 0;
	while (i < trace.frames && trace.functions[i] != (void *)leaf)
		i++;
	for (int n = 0; n < leaves; n++, i++)
		CHECK(i < trace.frames && trace.functions[i] == (void *)leaf);
	CHECK(i < trace.frames && trace.functions[i] == (void *)body);
	int way_in = trace.frames - i - 1;
	CHECK_EQ(way_in, WAY_IN);
}

static void check_end(void (*first)(struct fiber *from, struct fiber *to))
{
	void *stack = sys.alloc_aligned(16, STACK);
	CHECK(stack != NULL);
	memset(stack, 0xa5, STACK); /* whoever reads beyond the end finds no nice zeros */
	fiber_init_thread(&main_fiber);
	fiber_init(&fiber, stack, STACK - 64, body, NULL);
	first(&main_fiber, &fiber);
	check_trace(6);
	fiber_switch(&main_fiber, &fiber);
	check_trace(4);
	fiber_finish(&fiber);
	sys.free(stack);
	fiber_finish_thread(&main_fiber);
}

static void ends_at_the_trampoline(void)
{
	check_end(fiber_switch);
}

static void ends_at_the_trampoline_begun_by_a_jump(void)
{
	check_end(fiber_switch_first);
}

int main(void)
{
	test_start();
	TEST(ends_at_the_trampoline);
	TEST(ends_at_the_trampoline_begun_by_a_jump);
	return test_done();
}
