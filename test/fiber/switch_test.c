/* Switching between fibers: registers, depth, numbers, threads. */
#include "fiber/fiber.h"

#include <pthread.h>

#include "base/sys.h"
#include "test.h"

#define STACK ((size_t)64 << 10)

static struct fiber main_fiber;

static void *stack_new(size_t bytes)
{
	void *mem = sys.alloc_aligned(16, bytes);
	CHECK(mem != NULL);
	return mem;
}

/* void registers_swap(void **save, void *load, uint64_t seed, uint64_t *out): fills every callee-saved register with
 * seed, seed + 1, ..., swaps, and stores what is in them then. */
void registers_swap(void **save, void *load, uint64_t seed, uint64_t *out);

#if defined(__x86_64__)
enum { REGISTERS = 6 };
__asm__(".text\n"
	".type registers_swap, @function\n"
	"registers_swap:\n"
	"	push %rbp; push %rbx; push %r12; push %r13; push %r14; push %r15; push %rcx\n"
	"	mov %rdx, %rbx; lea 1(%rdx), %rbp; lea 2(%rdx), %r12\n"
	"	lea 3(%rdx), %r13; lea 4(%rdx), %r14; lea 5(%rdx), %r15\n"
	"	call fiber_swap\n"
	"	pop %rcx\n"
	"	mov %rbx, (%rcx); mov %rbp, 8(%rcx); mov %r12, 16(%rcx)\n"
	"	mov %r13, 24(%rcx); mov %r14, 32(%rcx); mov %r15, 40(%rcx)\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbx; pop %rbp\n"
	"	ret\n"
	".size registers_swap, . - registers_swap\n");
#elif defined(__aarch64__)
enum { REGISTERS = 19 };
/* clang-format off */
__asm__(".text\n"
	".macro pairs op, base\n"
	"	\\op x19, x20, [\\base]\n"
	"	\\op x21, x22, [\\base, #16]\n"
	"	\\op x23, x24, [\\base, #32]\n"
	"	\\op x25, x26, [\\base, #48]\n"
	"	\\op x27, x28, [\\base, #64]\n"
	"	\\op d8, d9, [\\base, #80]\n"
	"	\\op d10, d11, [\\base, #96]\n"
	"	\\op d12, d13, [\\base, #112]\n"
	"	\\op d14, d15, [\\base, #128]\n"
	".endm\n"
	".type registers_swap, %function\n"
	"registers_swap:\n"
	"	sub sp, sp, #176\n"
	"	pairs stp, sp\n"
	"	stp x29, x30, [sp, #144]\n"
	"	str x3, [sp, #160]\n"
	"	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18\n"
	"	add x9, x2, #\\n\n"
	"	str x9, [x3], #8\n"
	"	.endr\n"
	"	ldr x9, [sp, #160]\n"
	"	pairs ldp, x9\n"
	"	ldr x29, [x9, #144]\n"
	"	bl fiber_swap\n"
	"	ldr x9, [sp, #160]\n"
	"	pairs stp, x9\n"
	"	str x29, [x9, #144]\n"
	"	pairs ldp, sp\n"
	"	ldp x29, x30, [sp, #144]\n"
	"	add sp, sp, #176\n"
	"	ret\n"
	".size registers_swap, . - registers_swap\n");
/* clang-format on */
#endif

static void switch_with_registers(struct fiber *from, struct fiber *to, uint64_t seed)
{
	uint64_t out[REGISTERS];
	annotate_leave(&from->annotation, &to->annotation, false);
	registers_swap(&from->sp, to->sp, seed, out);
	annotate_arrive(&from->annotation);
	for (int i = 0; i < REGISTERS; i++)
		CHECK(out[i] == seed + (uint64_t)i);
}

static struct fiber partner;

static void pong(void *arg)
{
	uint64_t seed = *(uint64_t *)arg;
	for (;;)
		switch_with_registers(&partner, &main_fiber, seed += 1000);
}

static void registers_are_kept(void)
{
	uint64_t seed = test_random();
	void *stack = stack_new(STACK);
	fiber_init_thread(&main_fiber);
	fiber_init(&partner, stack, STACK, pong, &seed);
	for (int i = 0; i < 10000; i++)
		switch_with_registers(&main_fiber, &partner, test_random());
	fiber_finish(&partner);
	sys.free(stack);
	fiber_finish_thread(&main_fiber);
}

/* A fiber that is told its argument, has an aligned stack, and ends. */
struct job {
	struct fiber fiber;
	void *stack;
	long value, turns;
};

static void run_job(void *arg)
{
	struct job *j = arg;
	_Alignas(16) volatile char aligned[16] = { 0 };
	CHECK((uintptr_t)aligned % 16 == 0);
	CHECK((uintptr_t)aligned > (uintptr_t)j->stack && (uintptr_t)aligned < (uintptr_t)j->stack + STACK);
	volatile double third = (double)j->value / 3; /* the compiler's own aligned spills, too */
	for (long i = 0; i < j->turns; i++) {
		fiber_switch(&j->fiber, &main_fiber);
		CHECK(third == (double)(j->value - i) / 3);
		j->value++;
	}
	j->turns = -1;
	fiber_switch_last(&j->fiber, &main_fiber);
}

/* In random order, each with a random number of turns; the stacks of those that ended are used again at once. */
static void thousands_take_turns(void)
{
	enum { JOBS = 3000, STARTS = 9000 };
	static struct job jobs[JOBS];
	static long began[JOBS], turns[JOBS];
	long started = 0, ended = 0;
	fiber_init_thread(&main_fiber);
	for (int i = 0; i < JOBS; i++)
		jobs[i] = (struct job){ .stack = stack_new(STACK), .turns = -1 };
	while (ended < STARTS) {
		int i = (int)(test_random() % JOBS);
		bool first = false;
		if (jobs[i].turns < 0) {
			if (started == STARTS)
				continue;
			started++;
			jobs[i].value = began[i] = (long)(test_random() % 1000000);
			jobs[i].turns = turns[i] = (long)(test_random() % 4);
			fiber_init(&jobs[i].fiber, jobs[i].stack, STACK, run_job, &jobs[i]);
			first = test_random() % 2; /* either way will do */
		}
		if (first)
			fiber_switch_first(&main_fiber, &jobs[i].fiber);
		else
			fiber_switch(&main_fiber, &jobs[i].fiber);
		if (jobs[i].turns < 0) {
			CHECK_EQ(jobs[i].value, began[i] + turns[i]);
			fiber_finish(&jobs[i].fiber);
			ended++;
		}
	}
	for (int i = 0; i < JOBS; i++)
		sys.free(jobs[i].stack);
	fiber_finish_thread(&main_fiber);
}

/* Down to within a page or two of the end, switching at every level. */
static __attribute__((noinline)) long descend(struct job *j, char *limit)
{
	volatile char frame[512];
	frame[0] = 1;
	frame[511] = 2;
	if ((char *)frame < limit)
		return 0;
	fiber_switch(&j->fiber, &main_fiber);
	long depth = descend(j, limit);
	return depth + (frame[511] - frame[0]);
}

static void run_deep(void *arg)
{
	struct job *j = arg;
	j->value = descend(j, (char *)j->stack + 8192);
	j->turns = -1;
	fiber_switch_last(&j->fiber, &main_fiber);
}

static void deep_recursion(void)
{
	struct job j = { .stack = stack_new(STACK) };
	long switches = 0;
	fiber_init_thread(&main_fiber);
	fiber_init(&j.fiber, j.stack, STACK, run_deep, &j);
	for (; j.turns >= 0; switches++)
		fiber_switch(&main_fiber, &j.fiber);
	CHECK(j.value > 20);
	CHECK_EQ(j.value, switches - 1);
	fiber_finish(&j.fiber);
	sys.free(j.stack);
	fiber_finish_thread(&main_fiber);
}

/* Leaves from deep inside frames with buffers that are never returned from; what comes next on the stack must not be
 * told off for it by a sanitizer. */
static volatile int leaving = 1; /* the compiler must believe that the frames may be returned from */

static __attribute__((noinline)) void leave_deep(struct job *j, int depth)
{
	volatile char buffer[100];
	for (int i = 0; i < 100; i++)
		buffer[i] = (char)depth;
	if (depth > 0)
		leave_deep(j, depth - 1);
	else if (j->turns)
		fiber_switch(&j->fiber, &main_fiber); /* never to be resumed */
	else if (leaving)
		fiber_switch_last(&j->fiber, &main_fiber);
	CHECK(buffer[99] == depth);
}

static void run_leave_deep(void *arg)
{
	leave_deep(arg, 50);
}

static void run_fill(void *arg)
{
	struct job *j = arg;
	volatile char all[STACK / 2];
	for (size_t i = 0; i < sizeof all; i++)
		all[i] = 1;
	fiber_switch_last(&j->fiber, &main_fiber);
}

static void reused_stack_is_clean(void)
{
	struct job j = { .stack = stack_new(STACK) };
	fiber_init_thread(&main_fiber);
	for (int i = 0; i < 3; i++) {
		j.turns = i % 2;
		fiber_init(&j.fiber, j.stack, STACK, run_leave_deep, &j);
		fiber_switch(&main_fiber, &j.fiber);
		fiber_finish(&j.fiber);
		memset(j.stack, 0, STACK); /* as the next owner of the memory may */
		fiber_init(&j.fiber, j.stack, STACK, run_fill, &j);
		fiber_switch(&main_fiber, &j.fiber);
		fiber_finish(&j.fiber);
	}
	sys.free(j.stack);
	fiber_finish_thread(&main_fiber);
}

/* One fiber that runs on one thread after the other. */
struct traveller {
	struct fiber fiber;
	struct fiber *home; /* of the thread it runs on now */
	pthread_t thread;
	int stops;
};

static __attribute__((noinline)) void travel(struct traveller *t)
{
	fiber_switch(&t->fiber, t->home);
}

static void run_traveller(void *arg)
{
	struct traveller *t = arg;
	char mark[64];
	snprintf(mark, sizeof mark, "kept on the stack");
	for (int i = 0; i < t->stops; i++) {
		CHECK(!strcmp(mark, "kept on the stack"));
		t->thread = pthread_self();
		travel(t);
	}
	t->stops = -1;
	fiber_switch_last(&t->fiber, t->home);
}

static void *host(void *arg)
{
	struct traveller *t = arg;
	struct fiber home;
	fiber_init_thread(&home);
	t->home = &home;
	fiber_switch(&home, &t->fiber);
	CHECK(t->stops < 0 || pthread_equal(t->thread, pthread_self()));
	fiber_finish_thread(&home);
	return NULL;
}

static void fiber_moves_between_threads(void)
{
	enum { STOPS = 50 };
	struct traveller t = { .stops = STOPS };
	void *stack = stack_new(STACK);
	fiber_init(&t.fiber, stack, STACK, run_traveller, &t);
	for (int i = 0; i <= STOPS; i++) {
		pthread_t thread;
		CHECK_EQ(sys.thread_create(&thread, host, &t), 0);
		CHECK_EQ(sys.thread_join(thread), 0);
	}
	CHECK_EQ(t.stops, -1);
	fiber_finish(&t.fiber);
	sys.free(stack);
}

/* From fiber to fiber, without the thread's own between. */
enum { RING = 10 };
static struct fiber ring[RING];
static long laps;

static void run_ring(void *arg)
{
	int i = (int)(uintptr_t)arg;
	for (;;) {
		if (i == 0 && laps-- == 0)
			fiber_switch(&ring[0], &main_fiber);
		fiber_switch(&ring[i], &ring[(i + 1) % RING]);
	}
}

static void ring_of_fibers(void)
{
	void *stacks[RING];
	laps = 1000;
	fiber_init_thread(&main_fiber);
	for (int i = 0; i < RING; i++) {
		stacks[i] = stack_new(STACK);
		fiber_init(&ring[i], stacks[i], STACK, run_ring, (void *)(uintptr_t)i);
	}
	fiber_switch(&main_fiber, &ring[0]);
	CHECK_EQ(laps, -1);
	for (int i = 0; i < RING; i++) {
		fiber_finish(&ring[i]);
		sys.free(stacks[i]);
	}
	fiber_finish_thread(&main_fiber);
}

int main(void)
{
	test_start();
	TEST(registers_are_kept);
	TEST(thousands_take_turns);
	TEST(deep_recursion);
	TEST(reused_stack_is_clean);
	TEST(fiber_moves_between_threads);
	TEST(ring_of_fibers);
	return test_done();
}
