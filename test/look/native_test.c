/* The functions that the threads of a child wait in, seen from outside. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "look/native.h"
#include "test.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WATCHED 1
#endif
#endif
#ifndef WATCHED
#define WATCHED 0 /* a sanitizer's own functions stand between ours and libc's */
#endif

#if defined(LOOK_LIBELF) && defined(LOOK_LIBDW)
#define HAS_LINES 1
#else
#define HAS_LINES 0
#endif

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static int never[2]; /* a pipe that nobody writes to */

#define KEEP static __attribute__((noinline, used))
#define STAY __asm__ volatile("") /* the call before it is none in tail position */

KEEP void waits_for_a_lock(void)
{
	pthread_mutex_lock(&held);
	STAY;
}

KEEP void waits_for_a_pipe(void)
{
	char byte;
	(void)!read(never[0], &byte, 1);
	STAY;
}

KEEP void waits_for_a_line(void)
{
	char line[16];
	FILE *f = fdopen(never[0], "r");
	(void)!fgets(line, sizeof line, f);
	STAY;
}

KEEP void waits_for_ever(void)
{
	poll(NULL, 0, -1);
	STAY;
}

KEEP void _ZN3one3twoEi(void) /* as a C++ compiler names one::two(int) */
{
	poll(NULL, 0, -1);
	STAY;
}

static const struct {
	void (*fn)(void);
	const char *name;
} waits[] = {
	{ waits_for_a_lock, "waits_for_a_lock" },
	{ waits_for_a_pipe, "waits_for_a_pipe" },
	{ waits_for_a_line, "waits_for_a_line" },
	{ waits_for_ever, "waits_for_ever" },
	{ _ZN3one3twoEi, "one::two" },
};

enum { WAITS = sizeof waits / sizeof waits[0] };

/* The pointers of a thread that is blocked in a system call. */
static bool pointers_of(pid_t pid, pid_t tid, uint64_t *sp, uint64_t *ip)
{
	char path[64], line[256] = "";
	unsigned long a, b;
	snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", pid, tid);
	FILE *f = fopen(path, "r");
	CHECK(f);
	CHECK(fgets(line, sizeof line, f));
	fclose(f);
	if (sscanf(line, "%*d %*x %*x %*x %*x %*x %*x %lx %lx", &a, &b) != 2)
		return false;
	*sp = a;
	*ip = b;
	return true;
}

/* Each child has one thread: it is in one function for good. */
static pid_t start(unsigned i)
{
	CHECK(!pipe(never));
	pthread_mutex_lock(&held);
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		waits[i].fn();
		_exit(1);
	}
	pthread_mutex_unlock(&held);
	return pid;
}

static void stop(pid_t pid)
{
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	close(never[0]);
	close(never[1]);
}

static bool is_found(struct look_native *n, pid_t pid, const char *function, struct look_frame *f)
{
	uint64_t sp, ip;
	return pointers_of(pid, pid, &sp, &ip) && !look_native_frame(n, sp, ip, f) && !strcmp(f->function, function);
}

static void a_wait_has_a_function(void)
{
	for (unsigned i = 0; i < WAITS; i++) {
		pid_t pid = start(i);
		struct look_native *n;
		struct look_frame f = { .function = "" };
		CHECK_EQ(look_native_open(pid, &n), 0);
		time_t begin = time(NULL);
		while (!is_found(n, pid, waits[i].name, &f)) { /* it may still be on its way */
			if (time(NULL) - begin > 20) {
				printf("# %s: seen in %s\n", waits[i].name, f.function);
				CHECK(!"the function was not found");
			}
			sched_yield();
		}
		CHECK(strstr(f.file, "native_test.c"));
		CHECK(f.line > 30 && f.line < 80);
		look_native_close(n);
		stop(pid);
	}
}

static void nonsense_is_survived(void)
{
	pid_t pid = start(0);
	struct look_native *n;
	struct look_frame f;
	CHECK_EQ(look_native_open(pid, &n), 0);
	for (int i = 0; i < 2000; i++) {
		uint64_t sp = test_random() >> (test_random() & 63), ip = test_random() >> (test_random() & 63);
		int err = look_native_frame(n, sp, ip, &f);
		CHECK(err <= 0);
		CHECK(memchr(f.function, '\0', sizeof f.function) && memchr(f.file, '\0', sizeof f.file));
	}
	/* Addresses of code that does exist, with stacks that do not, and the other way round. */
	for (int i = 0; i < 2000; i++) {
		uint64_t ip = (uint64_t)(uintptr_t)(i & 1 ? (void *)read : (void *)waits_for_ever) +
			      test_random() % 4096;
		uint64_t sp = (uint64_t)(uintptr_t)&f + test_random() % 65536 - 32768;
		CHECK(look_native_frame(n, i & 2 ? sp : test_random(), ip, &f) <= 0);
	}
	look_native_close(n);
	stop(pid);
}

static void a_process_that_is_gone(void)
{
	pid_t pid = start(0);
	struct look_native *n, *none;
	struct look_frame f;
	CHECK_EQ(look_native_open(pid, &n), 0);
	stop(pid);
	CHECK_EQ(look_native_open(pid, &none), -ESRCH);
	CHECK(look_native_frame(n, 4096, 4096, &f) < 0);
	look_native_close(n);
	look_native_close(NULL);
}

/* An emulator shows its own stacks, and has no way to read another's memory. */
static bool can_look(void)
{
	char here = 0, copy;
	return sys.vm_read(getpid(), (uintptr_t)&here, &copy, 1) == 1;
}

int main(void)
{
	test_start();
	if (!can_look())
		TEST_SKIP(a_wait_has_a_function, "the memory of a process cannot be read");
	else if (WATCHED)
		TEST_SKIP(a_wait_has_a_function, "a sanitizer stands between");
	else if (!HAS_LINES)
		TEST_SKIP(a_wait_has_a_function, "built without libelf and libdw");
	else
		TEST(a_wait_has_a_function);
	TEST(nonsense_is_survived);
	TEST(a_process_that_is_gone);
	return test_done();
}
