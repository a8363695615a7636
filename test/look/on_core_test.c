/* Where a thread computes, noted by the kernel. */
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/sys.h"
#include "look/on_core.h"
#include "test.h"

static __attribute__((noinline)) uint64_t compute(uint64_t x)
{
	for (int i = 0; i < 1000000; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	return x;
}

struct notes {
	unsigned all, inside;
};

static void take(void *arg, pid_t tid, uint64_t ip)
{
	struct notes *n = arg;
	uint64_t begin = (uint64_t)(uintptr_t)compute;
	CHECK_EQ(tid, gettid());
	n->all++;
	n->inside += ip >= begin && ip < begin + 256;
}

static bool refused;

static void the_function_is_noted(void)
{
	struct look_on_core *c = NULL;
	struct notes n = { 0 };
	pid_t self = gettid();
	uint64_t x = 1;
	int err = look_on_core_open(&self, 1, &c);
	if (err) {
		refused = true;
		CHECK(err == -EACCES || err == -EPERM || err == -ENOSYS || err == -EINVAL || err == -ENOENT);
		return;
	}
	int64_t begin = sys.cpu_clock(0);
	while (n.inside < 20) {
		CHECK(sys.cpu_clock(0) - begin < 20 * INT64_C(1000000000));
		x = compute(x);
		look_on_core_read(c, take, &n);
	}
	CHECK(x && n.inside * 2 > n.all);
	look_on_core_close(c);
}

static void whom_there_is_not(void)
{
	struct look_on_core *c = NULL;
	pid_t nobody = 4194303; /* numbers end below */
	if (!refused)
		CHECK_EQ(look_on_core_open(&nobody, 1, &c), -ESRCH);
	CHECK_EQ(look_on_core_open(NULL, 0, &c), -ESRCH);
	look_on_core_close(NULL);
}

static int refuse(const struct perf_event_attr *attr, pid_t tid, int cpu)
{
	(void)attr, (void)tid, (void)cpu;
	return -EACCES;
}

static void where_it_is_refused(void)
{
	struct look_on_core *c = NULL;
	pid_t self = gettid();
	sys.perf_open = refuse;
	CHECK_EQ(look_on_core_open(&self, 1, &c), -EACCES);
	sys = sys_real;
}

int main(void)
{
	test_start();
	TEST(the_function_is_noted);
	TEST(whom_there_is_not);
	TEST(where_it_is_refused);
	return test_done();
}
