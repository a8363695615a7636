/* hob_child_spawn: what the child gets, what it does not, and what can be lacking. */
#include <sys/wait.h>

#include "wait/each.h"

enum { CHILDREN = SLOW_BUILD ? 20 : 60 };

static char *script_of(const char *text)
{
	return (char *)(uintptr_t)text;
}

static int run(struct hob_child_options *o, const char *script)
{
	char *argv[] = { script_of("sh"), script_of("-c"), script_of(script), NULL };
	int status = -1, err;
	pid_t pid = 0;

	o->argv = argv;
	err = hob_child_spawn(o, &pid, HOB_NEVER);
	if (err)
		return err;
	CHECK(pid > 0);
	CHECK_EQ(hob_child_wait(pid, &status, NULL, HOB_NEVER), 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* What a script says. */
static void says(struct hob_child_options o, const char *script, const char *wanted)
{
	char got[4200] = "";
	size_t len = 0;
	ssize_t n;
	int p[2];

	pipe_new(p, 0);
	o.output_fd = p[1];
	CHECK_EQ(run(&o, script), 0);
	close(p[1]);
	while ((n = hob_read(p[0], got + len, sizeof got - 1 - len, HOB_NEVER)) > 0)
		len += (size_t)n;
	CHECK_EQ(n, 0);
	close(p[0]);
	if (strcmp(got, wanted))
		test_fail(__FILE__, __LINE__, got);
}

static int outcomes(void *arg)
{
	struct hob_child_options o = { 0 };
	pid_t pid;

	(void)arg;
	CHECK_EQ(run(&o, "exit 7"), 7);
	CHECK_EQ(run(&o, "kill -9 $$"), 1009);
	o.path = "/bin/sh";
	CHECK_EQ(run(&o, "exit 3"), 3);
	o.path = "/nothing/here";
	CHECK_EQ(run(&o, ""), -ENOENT);
	o.path = "no-such-command-anywhere";
	CHECK_EQ(run(&o, ""), -ENOENT);
	o.path = "/dev/null";
	CHECK_EQ(run(&o, ""), -EACCES);
	o = (struct hob_child_options){ .cwd = "/nothing/here" };
	CHECK_EQ(run(&o, ""), -ENOENT);
	o = (struct hob_child_options){ .output_fd = 9999 };
	CHECK_EQ(run(&o, ""), -EBADF);
	o = (struct hob_child_options){ .error_fd = -2 };
	CHECK_EQ(run(&o, ""), -EBADF);
	o = (struct hob_child_options){ 0 };
	CHECK_EQ(hob_child_spawn(&o, &pid, HOB_NEVER), -EINVAL);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); /* no child was left behind */
	CHECK_EQ(errno, ECHILD);
	return 0;
}

static int surroundings(void *arg)
{
	char *const env[] = { script_of("PATH=/bin:/usr/bin"), script_of("WORD=bird"), NULL };
	char *argv[] = { script_of("cat"), NULL };
	struct hob_child_options o = { .argv = argv };
	int p[2], status;
	pid_t pid;

	(void)arg;
	says((struct hob_child_options){ .cwd = "/" }, "pwd", "/\n");
	says((struct hob_child_options){ .envp = env }, "echo $WORD", "bird\n");
	says((struct hob_child_options){ .input_fd = HOB_CHILD_NULL }, "cat", "");
	says((struct hob_child_options){ .error_fd = 1 }, "echo a; echo b >&2", "a\nb\n");
	says((struct hob_child_options){ .new_group = 1 }, "test $$ = $(ps -o pgid= -p $$) && echo own", "own\n");
	pipe_new(p, 0);                                                           /* close on exec */
	says((struct hob_child_options){ 0 }, "ls /proc/self/fd | wc -l", "4\n"); /* 0, 1, 2 and the directory */
	close(p[1]);
	o.input_fd = p[0]; /* at its end already */
	CHECK_EQ(hob_child_spawn(&o, &pid, HOB_NEVER), 0);
	CHECK_EQ(hob_child_wait(pid, &status, NULL, HOB_NEVER), 0);
	CHECK_EQ(status, 0);
	close(p[0]);
	o = (struct hob_child_options){ 0 };
	CHECK_EQ(run(&o, "kill -USR1 $$; exit 0"), 1000 + SIGUSR1); /* blocked in every thread of this process */
	CHECK_EQ(run(&o, "kill -PIPE $$; exit 0"), 1000 + SIGPIPE); /* ignored */
	return 0;
}

static int one_child(void *arg)
{
	struct hob_child_options o = { .output_fd = HOB_CHILD_NULL };
	char script[32];

	snprintf(script, sizeof script, "exit %d", (int)(uintptr_t)arg);
	CHECK_EQ(run(&o, script), (int)(uintptr_t)arg);
	return 0;
}

static int many(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	for (uintptr_t i = 0; i < CHILDREN; i++)
		spawn(s, one_child, (void *)i);
	scope_join(s);
	return 0;
}

struct start {
	int result;
	pid_t pid;
};

static int start(void *arg)
{
	char *argv[] = { script_of("true"), NULL };
	struct hob_child_options o = { .argv = argv };
	struct start *s = arg;

	s->result = hob_child_spawn(&o, &s->pid, HOB_NEVER);
	return 0;
}

/* Either there is no child, or its pid is told. */
static int cancelled(void *arg)
{
	char *argv[] = { script_of("true"), NULL };
	struct hob_child_options o = { .argv = argv };
	struct start st = { 0 };

	(void)arg;
	CHECK_EQ(hob_child_spawn(&o, &st.pid, 0), -ETIMEDOUT);
	for (int i = 0; i < 12; i++) {
		struct hob_scope *s = scope_new();

		spawn(s, start, &st);
		for (int n = 0; n < i; n++)
			hob_yield();
		hob_scope_destroy(s);
		CHECK(st.result == 0 || st.result == -ECANCELED);
		if (!st.result)
			CHECK_EQ(hob_child_wait(st.pid, NULL, NULL, HOB_NEVER), 0);
	}
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
	return 0;
}

static atomic_of(int) spawn_error;

static int refused_spawn(pid_t *out, const char *path, const posix_spawn_file_actions_t *actions,
			 const posix_spawnattr_t *attr, char *const *argv, char *const *envp)
{
	int err = at_load(&spawn_error, RELAXED);

	return err ? err : sys_real.spawn(out, path, actions, attr, argv, envp);
}

static int refused(void *arg)
{
	struct hob_child_options o = { 0 };

	(void)arg;
	at_store(&spawn_error, -EAGAIN, RELAXED);
	CHECK_EQ(run(&o, "exit 0"), -EAGAIN);
	at_store(&spawn_error, -ENOMEM, RELAXED);
	CHECK_EQ(run(&o, "exit 0"), -ENOMEM);
	at_store(&spawn_error, 0, RELAXED);
	CHECK_EQ(run(&o, "exit 0"), 0);
	return 0;
}

int main(void)
{
	sigset_t usr1;
	int fd;

	test_start();
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &usr1, NULL), 0);
	signal(SIGPIPE, SIG_IGN);
	/* What this process inherited is not what is tested. */
	for (fd = 3; fd < 64; fd++)
		close(fd);
	sys.spawn = refused_spawn;
	if (emulated()) { /* QEMU makes a fork of vfork(2), which a program with threads may not survive */
		TEST_SKIP(all, "the emulator cannot");
		return test_done();
	}
	EACH(outcomes);
	EACH(surroundings);
	EACH(many);
	EACH(cancelled);
	EACH(refused);
	return test_done();
}
