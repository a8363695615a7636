/* Parallel calls of a plain program: of one thread, of several at once, and after fork(2). */
#include <hob.h>

#include <errno.h>
#include <sys/wait.h>

#include "sched/rig.h"

#include "base/sys.h"

#ifdef BASE_TSAN
/* It would rather not see threads started after a fork of many. */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
	return "die_after_fork=0";
}
#endif

enum { THREADS = 4, ITEMS = 20000 };

struct call {
	atomic_of(uint64_t) sum;
	uint64_t numbers[ITEMS];
	pthread_t thread;
};

static int add(size_t begin, size_t end, void *arg)
{
	struct call *c = arg;

	for (size_t i = begin; i < end; i++)
		at_add(&c->sum, i, RELAXED);
	return 0;
}

static int add_cells(const struct hob_block *b, void *arg)
{
	struct call *c = arg;

	for (size_t i = b->row; i < b->row_end; i++)
		at_add(&c->sum, b->column_end - b->column, RELAXED);
	return 0;
}

static int fold(size_t begin, size_t end, void *acc, void *arg)
{
	struct call *c = arg;

	for (size_t i = begin; i < end; i++)
		*(uint64_t *)acc += c->numbers[i];
	return 0;
}

static void combine(void *left, const void *right, void *arg)
{
	(void)arg;
	*(uint64_t *)left += *(const uint64_t *)right;
}

static int write_sums(size_t begin, size_t end, void *acc, void *arg)
{
	struct call *c = arg;

	for (size_t i = begin; i < end; i++)
		c->numbers[i] = *(uint64_t *)acc += c->numbers[i];
	return 0;
}

static int downwards(const void *a, const void *b, void *arg)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	(void)arg;
	return (x < y) - (x > y);
}

static int invoked(void *arg)
{
	at_add((atomic_of(uint64_t) *)arg, 1, RELAXED);
	return 0;
}

static int next_of(const void *in, void *out, void *arg)
{
	(void)arg;
	*(uint64_t *)out = *(const uint64_t *)in + 1;
	return 0;
}

/* Every call there is. */
static void call_all(struct call *c)
{
	struct hob_reduction r = { .size = 8, .fold = fold, .combine = combine, .arg = c };
	struct hob_scan s = { .size = 8, .fold = fold, .combine = combine, .write = write_sums, .arg = c };
	struct hob_invocation calls[] = { { invoked, &c->sum }, { invoked, &c->sum } };
	uint64_t total, in[3] = { 1, 2, 3 }, out[3] = { 0 };
	int errors[3];

	CHECK_EQ(hob_parallel_for(ITEMS, 0, add, c), 0);
	CHECK_EQ(c->sum, (uint64_t)ITEMS * (ITEMS - 1) / 2);
	c->sum = 0;
	CHECK_EQ(hob_parallel_for_with(NULL, ITEMS, add, c), 0);
	CHECK_EQ(c->sum, (uint64_t)ITEMS * (ITEMS - 1) / 2);
	c->sum = 0;
	CHECK_EQ(hob_parallel_for_2d(NULL, 30, 70, add_cells, c), 0);
	CHECK_EQ(c->sum, 2100);
	CHECK_EQ(hob_parallel_invoke(NULL, calls, 2), 0);
	CHECK_EQ(c->sum, 2102);
	CHECK_EQ(hob_parallel_map(NULL, in, 8, out, 8, errors, 3, next_of, NULL), 0);
	CHECK_EQ(out[0] + out[1] + out[2], 9);
	for (size_t i = 0; i < ITEMS; i++)
		c->numbers[i] = 1;
	CHECK_EQ(hob_parallel_reduce(NULL, ITEMS, &r, &total), 0);
	CHECK_EQ(total, ITEMS);
	CHECK_EQ(hob_parallel_scan(NULL, ITEMS, &s, NULL), 0);
	CHECK_EQ(hob_parallel_sort(NULL, c->numbers, ITEMS, 8, downwards, NULL), 0);
	for (size_t i = 0; i < ITEMS; i++)
		CHECK_EQ(c->numbers[i], ITEMS - i);
	CHECK_EQ(hob_parallel_sort_keys(NULL, c->numbers, ITEMS, HOB_KEY_UINT64), 0);
	for (size_t i = 0; i < ITEMS; i++)
		CHECK_EQ(c->numbers[i], i + 1);
}

static void *call_all_thread(void *arg)
{
	struct call *c = arg;

	for (int i = 0; i < (SLOW_BUILD ? 3 : 30); i++) {
		memset(c->numbers, 0, sizeof c->numbers);
		c->sum = 0;
		call_all(c);
	}
	return NULL;
}

static void refusals_are_told(void)
{
	uint32_t sum = 0;

	CHECK_EQ(setenv("HOB_BACKEND", "pigeons", 1), 0);
	CHECK_EQ(hob_parallel_for(10, 0, NULL, &sum), -EINVAL);
	CHECK_EQ(setenv("HOB_BACKEND", "pigeons", 1), 0);
	CHECK_EQ(hob_parallel_for(10, 0, NULL, &sum), -EINVAL);
	CHECK_EQ(unsetenv("HOB_BACKEND"), 0);
}

static int no_thread(pthread_t *out, void *(*fn)(void *), void *arg)
{
	(void)out, (void)fn, (void)arg;
	return -EAGAIN;
}

static void a_thread_may_be_refused(void)
{
	sys.thread_create = no_thread;
	CHECK_EQ(hob_parallel_for(10, 0, NULL, NULL), -EAGAIN);
	sys = sys_real;
}

/* The first calls of all, so the runtime is started under them. */
static void several_threads_at_once(void)
{
	struct call *calls = calloc(THREADS, sizeof *calls);

	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(sys.thread_create(&calls[i].thread, call_all_thread, &calls[i]), 0);
	for (int i = 0; i < THREADS; i++)
		sys.thread_join(calls[i].thread);
	free(calls);
}

static void a_plain_program(void)
{
	struct call *c = calloc(1, sizeof *c);

	call_all_thread(c);
	free(c);
}

static void child_and_grandchild(int generations)
{
	pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		watchdog(60);
		several_threads_at_once();
		if (generations > 1)
			child_and_grandchild(generations - 1);
		_exit(0);
	}
	a_plain_program(); /* the parent's goes on */
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

static void after_a_fork(void)
{
	child_and_grandchild(2);
}

static int fail_on_purpose(size_t begin, size_t end, void *arg)
{
	(void)begin, (void)end, (void)arg;
	return -EXDEV;
}

static void errors_come_through(void)
{
	CHECK_EQ(hob_parallel_for(10, 0, fail_on_purpose, NULL), -EXDEV);
	CHECK_EQ(hob_parallel_for_with(&(struct hob_loop){ .deadline = 1 }, 1, add, NULL), -ETIMEDOUT);
}

int main(void)
{
	test_start();
	watchdog(170);
	TEST(a_thread_may_be_refused);
	TEST(refusals_are_told);
	TEST(several_threads_at_once);
	TEST(a_plain_program);
	TEST(errors_come_through);
	if (emulated()) /* QEMU 7.2 fails an assertion of its own when a child of a program with threads starts some */
		TEST_SKIP(after_a_fork, "the emulator cannot");
	else
		TEST(after_a_fork);
	return test_done();
}
