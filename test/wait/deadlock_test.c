/* A deadlock is told of where it is one, and nothing is said where something may yet come. */
#include <errno.h>
#include <hob.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/sys.h"
#include "sched/rig.h"
#include "sched/worker.h"

enum { MONITOR_SLEEPS = 1 }; /* as in monitor.c */

static struct hob_options options;
static int told[2]; /* a pipe in the place of standard error */

/* The processes that stand still ----------------------------------------------------------------------------------- */

static int lock_twice(void *arg)
{
	struct hob_mutex m = { 0 };

	(void)arg;
	hob_mutex_lock(&m, HOB_NEVER);
	return hob_mutex_lock(&m, HOB_NEVER);
}

static int receive(void *arg)
{
	struct hob_chan *c;
	int item;

	(void)arg;
	CHECK_EQ(hob_chan_create(&c, sizeof item, 0), 0);
	return hob_chan_recv(c, &item, HOB_NEVER);
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int after_a_thread(void *arg)
{
	hob_blocking(nothing, NULL, HOB_NEVER);
	hob_sleep(hob_after(HOB_MS));
	return receive(arg);
}

static int both_of_two(void *arg)
{
	struct hob_scope *s;

	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, lock_twice, arg), 0);
	CHECK_EQ(hob_spawn(s, receive, arg), 0);
	return hob_scope_wait(s, HOB_NEVER);
}

/* In a process of its own, which aborts once it is told of. */
static void stands_still(hob_task_fn *fn, const char *what)
{
	char text[2048] = "";
	size_t len = 0;
	ssize_t n;
	int status;
	pid_t pid;

	CHECK_EQ(pipe(told), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0 });
		setenv("HOB_DEADLOCK", "abort", 1);
		dup2(told[1], STDERR_FILENO);
		hob_run(&options, fn, NULL);
		_exit(7);
	}
	close(told[1]);
	while ((n = read(told[0], text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	close(told[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CHECK(strstr(text, "hob: deadlock: every task waits for another"));
	CHECK(strstr(text, what));
}

static void in_each_way(void)
{
	stands_still(lock_twice, "lock_twice");
	stands_still(receive, "to receive");
	stands_still(after_a_thread, "to receive");
	stands_still(both_of_two, "in which 2 tasks are");
}

static void it_is_told_of(void)
{
	for (unsigned backend = HOB_BACKEND_IO_URING; backend <= HOB_BACKEND_EPOLL; backend++)
		for (options.workers = 1; options.workers <= 2; options.workers++) {
			options.backend = (enum hob_backend)backend;
			if (hob_run(&options, nothing, NULL) == 0)
				in_each_way();
		}
	options = (struct hob_options){ 0 };
}

/* And those that do not -------------------------------------------------------------------------------------------- */

static struct runtime *rt;
static struct hob_chan *fed;

/* By then it has looked. */
static int outlast_the_monitor(void *arg)
{
	(void)arg;
	while (at_load(&rt->monitor.state, ACQUIRE) != MONITOR_SLEEPS)
		at_pause();
	return 0;
}

static void *feed(void *arg)
{
	int item = 1;

	outlast_the_monitor(arg);
	CHECK_EQ(hob_chan_send(fed, &item, 0), 0);
	return NULL;
}

static int be_fed(void *arg)
{
	pthread_t t;
	int item;

	(void)arg;
	rt = worker_self()->rt;
	CHECK_EQ(hob_chan_create(&fed, sizeof item, 1), 0);
	CHECK_EQ(sys.thread_create(&t, feed, NULL), 0);
	CHECK_EQ(hob_chan_recv(fed, &item, HOB_NEVER), 0);
	sys.thread_join(t);
	hob_chan_destroy(fed);
	return 0;
}

static int wait_for_a_thread(void *arg)
{
	rt = worker_self()->rt;
	return hob_blocking(outlast_the_monitor, arg, HOB_NEVER);
}

static int wait_for_a_while(void *arg)
{
	struct hob_mutex m = { 0 };

	(void)arg;
	CHECK_EQ(hob_mutex_lock(&m, HOB_NEVER), 0);
	CHECK_EQ(hob_mutex_lock(&m, hob_after(20 * HOB_MS)), -ETIMEDOUT);
	hob_mutex_unlock(&m);
	return 0;
}

static void nothing_is_said(void)
{
	/* The first one often: a look may begin before the worker does, and end after the thread is there. */
	hob_task_fn *const fns[] = { be_fed, be_fed, be_fed, be_fed, wait_for_a_thread, wait_for_a_while };
	int was = dup(STDERR_FILENO);
	char byte;

	CHECK_EQ(pipe(told), 0);
	dup2(told[1], STDERR_FILENO);
	close(told[1]);
	for (options.workers = 1; options.workers <= 2; options.workers++)
		for (size_t i = 0; i < sizeof fns / sizeof *fns; i++)
			CHECK_EQ(hob_run(&options, fns[i], NULL), 0);
	dup2(was, STDERR_FILENO);
	close(was);
	CHECK_EQ(read(told[0], &byte, 1), 0);
	close(told[0]);
}

int main(void)
{
	test_start();
#ifdef BASE_TSAN
	(void)it_is_told_of;
	TEST_SKIP(it_is_told_of, "ThreadSanitizer has a thread of its own, so that nothing is proved");
#else
	if (emulated())
		TEST_SKIP(it_is_told_of, "the emulator has a thread of its own, so that nothing is proved");
	else
		TEST(it_is_told_of);
#endif
	TEST(nothing_is_said);
	return test_done();
}
