/* Which backend hob_run chooses, and what it says where io_uring is refused: by a stand-in, and by a real seccomp
 * filter, as containers have one. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "wait/each.h"

static int refusal;

static int refuse(unsigned entries, struct io_uring *ring, struct io_uring_params *params)
{
	(void)entries, (void)ring, (void)params;
	return refusal;
}

static int echo_byte(void *arg)
{
	CHECK_EQ(hob_write(*(int *)arg, "x", 1, HOB_NEVER), 1);
	return 0;
}

/* Waits a little, and answers the backend. */
static int use(void *arg)
{
	struct hob_scope *s = scope_new();
	enum hob_backend kind = hob_backend_used();
	char byte;
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	CHECK_EQ(hob_read(p[0], &byte, 1, hob_after(50 * HOB_US)), -ETIMEDOUT);
	spawn(s, echo_byte, &p[1]);
	CHECK_EQ(hob_read(p[0], &byte, 1, HOB_NEVER), 1);
	scope_join(s);
	pipe_close(p);
	return (int)kind;
}

static void the_one_asked_for(void)
{
	CHECK_EQ(each_run(HOB_BACKEND_EPOLL, 2, use, NULL), HOB_BACKEND_EPOLL);
	if (each_has_ring()) {
		CHECK_EQ(each_run(HOB_BACKEND_IO_URING, 2, use, NULL), HOB_BACKEND_IO_URING);
		CHECK_EQ(each_run(HOB_BACKEND_AUTO, 2, use, NULL), HOB_BACKEND_IO_URING);
	}
}

static void epoll_where_io_uring_is_refused(void)
{
	int refusals[] = { -EPERM, -ENOSYS, -EACCES, -EMFILE, -ENOMEM, -EINVAL };
	int before = fds_open();

	sys.ring_init = refuse;
	for (unsigned i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		refusal = refusals[i];
		for (unsigned workers = 1; workers <= 3; workers += 2) {
			CHECK_EQ(each_run(HOB_BACKEND_AUTO, workers, use, NULL), HOB_BACKEND_EPOLL);
			CHECK_EQ(each_run(HOB_BACKEND_IO_URING, workers, use, NULL), refusals[i]);
			CHECK_EQ(each_run(HOB_BACKEND_EPOLL, workers, use, NULL), HOB_BACKEND_EPOLL);
		}
	}
	sys.ring_init = sys_real.ring_init;
	CHECK_EQ(fds_open(), before);
}

/* A ring that may drop completions (Linux before 5.5) is none for us. */
static int ring_without_features(unsigned entries, struct io_uring *ring, struct io_uring_params *params)
{
	int r = sys_real.ring_init(entries, ring, params);

	params->features = 0;
	return r;
}

static void a_ring_that_drops_is_refused(void)
{
	int before = fds_open();

	sys.ring_init = ring_without_features;
	CHECK_EQ(each_run(HOB_BACKEND_AUTO, 1, use, NULL), HOB_BACKEND_EPOLL);
	CHECK_EQ(each_run(HOB_BACKEND_IO_URING, 1, use, NULL), -ENOSYS);
	sys.ring_init = sys_real.ring_init;
	CHECK_EQ(fds_open(), before);
}

static void the_environment_narrows_auto(void)
{
	CHECK_EQ(setenv("HOB_BACKEND", "epoll", 1), 0);
	CHECK_EQ(each_run(HOB_BACKEND_AUTO, 1, use, NULL), HOB_BACKEND_EPOLL);
	if (each_has_ring())
		CHECK_EQ(each_run(HOB_BACKEND_IO_URING, 1, use, NULL), HOB_BACKEND_IO_URING);
	CHECK_EQ(setenv("HOB_BACKEND", "io_uring", 1), 0);
	if (each_has_ring())
		CHECK_EQ(each_run(HOB_BACKEND_AUTO, 1, use, NULL), HOB_BACKEND_IO_URING);
	CHECK_EQ(each_run(HOB_BACKEND_EPOLL, 1, use, NULL), HOB_BACKEND_EPOLL);
	CHECK_EQ(setenv("HOB_BACKEND", "kqueue", 1), 0);
	CHECK_EQ(each_run(HOB_BACKEND_AUTO, 1, use, NULL), -EINVAL);
	CHECK_EQ(setenv("HOB_BACKEND", "", 1), 0);
	CHECK(each_run(HOB_BACKEND_AUTO, 1, use, NULL) > 0);
	CHECK_EQ(unsetenv("HOB_BACKEND"), 0);
}

/* Refuses io_uring_setup, and epoll_pwait2, which an older container's profile does not know. */
static int forbid(unsigned error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 441, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

enum { NO_FILTER = 77 };

static int in_a_container(unsigned error)
{
	int before, status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		if (forbid(error))
			_exit(NO_FILTER);
		before = fds_open();
		CHECK_EQ(each_run(HOB_BACKEND_AUTO, 1, use, NULL), HOB_BACKEND_EPOLL);
		CHECK_EQ(each_run(HOB_BACKEND_IO_URING, 1, use, NULL), -(int)error);
#ifndef BASE_TSAN /* it has no threads after a fork */
		CHECK_EQ(each_run(HOB_BACKEND_AUTO, 3, use, NULL), HOB_BACKEND_EPOLL);
		CHECK_EQ(each_run(HOB_BACKEND_IO_URING, 3, use, NULL), -(int)error);
#endif
		CHECK_EQ(fds_open(), before);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

int main(void)
{
	unsigned errors[] = { EPERM, ENOSYS };
	int r = 0;

	test_start();
	watchdog(100);
	unsetenv("HOB_BACKEND");
	for (unsigned i = 0; i < 2 && !r; i++) /* before there were threads */
		r = in_a_container(errors[i]);
	CHECK(r == 0 || r == NO_FILTER);
	if (r)
		TEST_SKIP(in_a_container, "there are no seccomp filters here");
	else
		printf("ok %d - in_a_container\n", ++test_count);
	TEST(the_one_asked_for);
	TEST(epoll_where_io_uring_is_refused);
	if (each_has_ring())
		TEST(a_ring_that_drops_is_refused);
	else
		TEST_SKIP(a_ring_that_drops_is_refused, "io_uring is refused here");
	TEST(the_environment_narrows_auto);
	return test_done();
}
