/* hob_child_wait over every backend. */
#include <sys/syscall.h>
#include <sys/wait.h>

#include "wait/each.h"

enum { CHILDREN = 200 };

/* A child that ends, with `code` or by the signal -`code`, once the pipe to it is closed. */
static pid_t child(int code, int hold[2])
{
	pid_t pid;

	pipe_new(hold, 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		char c;

		close(hold[1]);
		while (read(hold[0], &c, 1) < 0)
			;
		if (code < 0)
			kill(getpid(), -code);
		_exit(code);
	}
	close(hold[0]);
	return pid;
}

static int ends(void *arg)
{
	int codes[] = { 0, 1, 255, -SIGKILL, -SIGTERM };
	struct rusage usage;
	int hold[2], status;

	(void)arg;
	for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
		pid_t pid = child(codes[i], hold);

		CHECK_EQ(hob_child_wait(pid, &status, &usage, 0), -ETIMEDOUT);
		CHECK_EQ(hob_child_wait(pid, &status, NULL, hob_now() - 1), -ETIMEDOUT);
		CHECK_EQ(hob_child_wait(pid, NULL, NULL, hob_after(100 * HOB_US)), -ETIMEDOUT);
		close(hold[1]);
		CHECK_EQ(hob_child_wait(pid, &status, &usage, HOB_NEVER), 0);
		if (codes[i] < 0)
			CHECK(WIFSIGNALED(status) && WTERMSIG(status) == -codes[i]);
		else
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == codes[i]);
		CHECK(usage.ru_maxrss > 0);
		CHECK_EQ(hob_child_wait(pid, &status, &usage, HOB_NEVER), -ECHILD);
	}
	return 0;
}

/* A child that has ended is reaped whatever the deadline. */
static int ended_before(void *arg)
{
	hob_time deadlines[] = { 0, 1, HOB_NEVER };
	int hold[2], status;

	(void)arg;
	for (unsigned i = 0; i < sizeof deadlines / sizeof *deadlines; i++) {
		pid_t pid = child(9, hold);
		siginfo_t info;

		close(hold[1]);
		while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0)
			;
		CHECK_EQ(hob_child_wait(pid, &status, NULL, deadlines[i]), 0);
		CHECK_EQ(WEXITSTATUS(status), 9);
	}
	return 0;
}

static int not_ours(void *arg)
{
	(void)arg;
	CHECK_EQ(hob_child_wait(0, NULL, NULL, HOB_NEVER), -ECHILD);
	CHECK_EQ(hob_child_wait(-1, NULL, NULL, HOB_NEVER), -ECHILD);
	CHECK_EQ(hob_child_wait(INT32_MAX, NULL, NULL, HOB_NEVER), -ECHILD);
	CHECK_EQ(hob_child_wait(getpid(), NULL, NULL, HOB_NEVER), -ECHILD);
	CHECK_EQ(hob_child_wait(getppid(), NULL, NULL, HOB_NEVER), -ECHILD); /* it may live for ever */
	return 0;
}

struct parent {
	pid_t pid;
	int code, hold[2];
	int answer;
};

static int attend(void *arg)
{
	struct parent *p = arg;
	int status = 0;

	p->answer = hob_child_wait(p->pid, &status, NULL, HOB_NEVER);
	CHECK(p->answer || WEXITSTATUS(status) == p->code);
	return 0;
}

static int many(void *arg)
{
	static struct parent parents[CHILDREN];
	struct hob_scope *s = scope_new();
	struct dice dice = dice_of(0);

	(void)arg;
	for (int i = 0; i < CHILDREN; i++) {
		parents[i].code = i;
		parents[i].pid = child(i, parents[i].hold);
		spawn(s, attend, &parents[i]);
	}
	CHECK_EQ(hob_scope_wait(s, hob_after(HOB_MS)), -ETIMEDOUT);
	for (int i = CHILDREN; i > 0; i--) {
		struct parent *p = &parents[roll(&dice, (uint64_t)i)], last = parents[i - 1];

		close(p->hold[1]);
		/* Its task looks at its place still: so only what is left of the pipe moves down. */
		p->hold[1] = last.hold[1];
	}
	scope_join(s);
	for (int i = 0; i < CHILDREN; i++)
		CHECK_EQ(parents[i].answer, 0);
	return 0;
}

static int cancelled(void *arg)
{
	struct parent p = { .code = 4 };

	(void)arg;
	for (int i = 0; i < 6; i++) {
		struct hob_scope *s = scope_new();

		p.pid = child(p.code, p.hold);
		spawn(s, attend, &p);
		for (int n = 0; n < i; n++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		CHECK_EQ(p.answer, -ECANCELED);
		close(p.hold[1]);
		attend(&p); /* it is still there */
		CHECK_EQ(p.answer, 0);
	}
	return 0;
}

int main(void)
{
	int fd;

	test_start();
	fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (fd < 0 && errno == ENOSYS) {
		TEST_SKIP(ends, "there is no pidfd_open here");
		return test_done();
	}
	close(fd);
	EACH(ends);
	EACH(ended_before);
	EACH(not_ours);
	EACH(many);
	EACH(cancelled);
	return test_done();
}
