/* The page of a runtime, and what a process has of it that is forked within a task. */
#include <errno.h>
#include <hob.h>
#include <string.h>
#include <sys/wait.h>

#include "base/sys.h"
#include "meter/page.h"
#include "sched/rig.h"
#include "sched/worker.h"

static int pages_open(void)
{
	DIR *fds = opendir("/proc/self/fd");
	char name[64];
	int n = 0;

	CHECK(fds);
	for (struct dirent *e; (e = readdir(fds));) {
		ssize_t len = readlinkat(dirfd(fds), e->d_name, name, sizeof name - 1);

		name[len > 0 ? len : 0] = '\0';
		n += strncmp(name, "/memfd:" PAGE_NAME, strlen("/memfd:" PAGE_NAME)) == 0;
	}
	closedir(fds);
	return n;
}

static int look(void *arg)
{
	(void)arg;
	return pages_open() == 1 ? 0 : -ENOENT;
}

static void each_runtime_has_one(void)
{
	int before = fds_open();

	CHECK_EQ(pages_open(), 0);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(hob_run(NULL, look, NULL), 0);
	CHECK_EQ(pages_open(), 0);
	CHECK_EQ(fds_open(), before);
}

/* What the child writes where the page lies is its own; what it finds of itself is what was there at the fork, however
 * far its parent has gone. */
static void live_on(struct task *self, int go)
{
	struct hob_mutex m = { 0 };
	char byte;

	CHECK_EQ(read(go, &byte, 1), 1);
	CHECK(task_self() == self);
	CHECK_EQ(pages_open(), 0);
	CHECK_EQ(hob_mutex_lock(&m, HOB_NEVER), 0);
	hob_mutex_unlock(&m);
	hob_yield();
	CHECK_EQ(hob_name_set("child"), 0);
	CHECK_EQ(hob_sleep(hob_after(0)), 0);
	at_store(&self->why, 99, RELAXED);
	_exit(7);
}

static int other(void *turns)
{
	for (int i = 0; i < 100; i++) {
		++*(int *)turns;
		hob_yield();
	}
	return 0;
}

static int fork_within(void *arg)
{
	struct task *self = task_self();
	int go[2], status, turns = 0;
	struct hob_scope *s;
	pid_t pid;

	(void)arg;
	CHECK_EQ(pipe(go), 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0)
		live_on(self, go[0]);
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, other, &turns), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	CHECK_EQ(turns, 100);
	self->why = 0;
	CHECK_EQ(write(go[1], "", 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	CHECK_EQ(self->why, 0);
	close(go[0]);
	close(go[1]);
	return 0;
}

static void a_child_has_its_own(void)
{
	for (int workers = 1; workers <= 2; workers++)
		CHECK_EQ(hob_run(&(struct hob_options){ .workers = workers }, fork_within, NULL), 0);
}

int main(void)
{
	test_start();
	TEST(each_runtime_has_one);
	TEST(a_child_has_its_own);
	return test_done();
}
