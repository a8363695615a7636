/* A launched process gets what it was given and nothing else, and what fails is told. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/launch.h"
#include "test.h"

static char *const env[] = { (char[]){ "WHO=launch" }, NULL };

static struct launch shell(char *script, char **argv)
{
	static char sh[] = "sh", c[] = "-c";
	argv[0] = sh;
	argv[1] = c;
	argv[2] = script;
	argv[3] = NULL;
	struct launch l = {
		.path = "/bin/sh",
		.argv = argv,
		.env = (char **)env,
		.fd = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO },
		.afresh = { -1, -1, -1 },
	};
	sigemptyset(&l.mask);
	sigemptyset(&l.resets);
	return l;
}

/* Its wait status; what the pidfd says holds. */
static int ending(pid_t pid, int pidfd)
{
	int status;
	if (pidfd >= 0) {
		struct pollfd p = { .fd = pidfd, .events = POLLIN };
		CHECK_EQ(poll(&p, 1, 60000), 1);
		CHECK_EQ(waitpid(pid, &status, WNOHANG), pid);
		CHECK_EQ(fcntl(pidfd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
		close(pidfd);
	} else {
		CHECK_EQ(waitpid(pid, &status, 0), pid);
	}
	return status;
}

static void it_has_what_it_was_given(void)
{
	char text[64] = "", *argv[4], path[] = "/tmp/launch-XXXXXX";
	char script[] = "read -r line; echo $WHO $line; echo late >&2; kill -PIPE $$; exit 3";
	int in[2], pidfd, kept = mkstemp(path);
	pid_t pid;
	CHECK(kept >= 0 && !unlink(path) && !fcntl(kept, F_SETFD, FD_CLOEXEC));
	CHECK(!pipe2(in, O_CLOEXEC));
	CHECK_EQ(write(in[1], "hello\n", 6), 6);
	signal(SIGPIPE, SIG_IGN);
	struct launch l = shell(script, argv);
	l.fd[0] = in[0];
	l.fd[1] = l.fd[2] = kept;
	l.afresh[1] = l.afresh[2] = O_WRONLY | O_APPEND;
	sigaddset(&l.resets, SIGPIPE);
	CHECK_EQ(launch(&l, &pid, &pidfd), 0);
	CHECK_EQ(getpgid(pid), pid);
	int status = ending(pid, pidfd);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(WTERMSIG(status), SIGPIPE);
	CHECK_EQ(pread(kept, text, sizeof text - 1, 0), 18);
	CHECK(!strcmp(text, "launch hello\nlate\n"));
	CHECK_EQ(lseek(kept, 0, SEEK_CUR), 0); /* it had opened it for itself */
	close(kept);
	close(in[0]);
	close(in[1]);
}

static void signals_are_as_told(void)
{
	char *argv[4], script[] = "kill -TERM $$; kill -PIPE $$; exit 5";
	int pidfd;
	pid_t pid;
	signal(SIGPIPE, SIG_IGN); /* and not in `resets`: it stays so */
	struct launch l = shell(script, argv);
	sigaddset(&l.mask, SIGTERM);
	CHECK_EQ(launch(&l, &pid, &pidfd), 0);
	int status = ending(pid, pidfd);
	CHECK(WIFEXITED(status));
	CHECK_EQ(WEXITSTATUS(status), 5);
}

/* An emulator may give the child a copy of our memory, and then nobody hears of what has failed in it. */
static bool memory_is_shared(void)
{
	static volatile int seen;
	pid_t pid = vfork();
	if (!pid) {
		seen = 1;
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	return seen;
}

static void failures_are_told(void)
{
	char *argv[4], script[] = "exit 0";
	int pidfd, before = dup(0);
	pid_t pid;
	close(before);
	struct launch l = shell(script, argv);
	if (!memory_is_shared()) {
		printf("# the memory of a vfork is not shared here\n");
		return;
	}
	l.path = "/no/such/file";
	CHECK_EQ(launch(&l, &pid, &pidfd), -ENOENT);
	l.path = "/dev/null";
	CHECK_EQ(launch(&l, &pid, &pidfd), -EACCES);
	l.path = "/bin/sh";
	l.fd[1] = 1000;
	CHECK_EQ(launch(&l, &pid, &pidfd), -EBADF);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left of them, */
	CHECK_EQ(errno, ECHILD);
	CHECK_EQ(before, dup(0)); /* no descriptor either */
	close(before);
}

int main(void)
{
	test_start();
	TEST(it_has_what_it_was_given);
	TEST(signals_are_as_told);
	TEST(failures_are_told);
	return test_done();
}
