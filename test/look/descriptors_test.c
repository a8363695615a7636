/* What the descriptors of a wait lead to: rings, pipes between processes that are watched, clients. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"
#include "look/fd.h"
#include "look/ring.h"
#include "look/sampler.h"

/* Rings ------------------------------------------------------------------------------------------------------------ */

static struct look_labels labels;
static uint64_t timeout[3]; /* the argument of the wait */

static ssize_t read_argument(pid_t pid, uint64_t address, void *to, size_t len)
{
	(void)pid, (void)address;
	memcpy(to, timeout, len);
	return (ssize_t)len;
}

static const struct look_label *waits_for(const char *fdinfo, uint64_t flags)
{
	const struct fake_file files[] = { { .path = "/proc/7/fdinfo/4", .text = fdinfo }, { 0 } };
	const struct look_wait_view view = { .pid = 7, .labels = &labels };
	const struct look_call call = { .kind = CALL_RING, .args = { 4, 0, 1, flags, 4096, 24 } };
	unsigned label;
	fake_start(files);
	sys.vm_read = read_argument;
	CHECK_EQ(look_ring(&view, &call, &label), 0);
	fake_end();
	return &labels.at[label];
}

static void a_ring_is_seen_through(void)
{
	static const char idle[] =
		"pos:\t0\nSqHead:\t9\nCachedSqHead:\t21\nCachedCqTail:\t20\nPollList:\n  op=6, task_works=0\n";
	static const char accepts[] = "pos:\t0\nCachedSqHead:\t3\nCachedCqTail:\t0\nPollList:\n  op=6, task_works=0\n"
				      "  op=13, task_works=0\n  op=27, task_works=0\n";
	static const char receives[] =
		"pos:\t0\nCachedSqHead:\t3\nCachedCqTail:\t1\nPollList:\n  op=27, task_works=0\n";
	static const char file[] = "pos:\t0\nCachedSqHead:\t3\nCachedCqTail:\t1\nPollList:\n  op=6, task_works=0\n";
	static const char *const hostile[] = {
		"",
		"PollList:",
		"\nPollList:\nop=op=op=-99999999999999999999\n",
		"\nCachedSqHead:\t-1\nPollList:\n",
		"\nCachedSqHead:\t0\nCachedCqTail:\t5\nPollList:\n  op=6\n",
	};
	CHECK_EQ(look_labels_init(&labels), 0);
	timeout[2] = 0;
	CHECK_EQ(waits_for(idle, 9)->sort, LOOK_OWN);
	timeout[2] = 4096;
	CHECK_EQ(waits_for(idle, 9)->state, LOOK_TIMER);
	CHECK_EQ(waits_for(idle, 1)->sort, LOOK_OWN); /* without an argument there is no time */
	CHECK_EQ(waits_for(idle, 9 | 16)->state, LOOK_OTHER);
	CHECK_EQ(waits_for(accepts, 9)->sort, LOOK_CALLERS);
	CHECK_EQ(waits_for(receives, 9)->state, LOOK_NET);
	CHECK_EQ(waits_for(file, 9)->state, LOOK_OTHER);
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
		CHECK(waits_for(hostile[i], 9));
	look_labels_finish(&labels);
}

/* Pipes ------------------------------------------------------------------------------------------------------------ */

static uint64_t inode_of(int fd)
{
	struct stat st;
	CHECK(!fstat(fd, &st));
	return st.st_ino;
}

/* A child that holds the writing end alone, as the left one of a pipeline does. */
static void a_pipe_within_the_program(void)
{
	int fds[2], lone[2];
	CHECK(!pipe(fds) && !pipe(lone));
	fflush(stdout);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		close(lone[0]);
		close(lone[1]);
		for (;;)
			pause();
	}
	close(fds[1]);
	while (waitpid(pid, NULL, WNOHANG) == 0) { /* until it has closed what it does not hold */
		char path[64], text[64];
		snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, lone[1]);
		if (readlink(path, text, sizeof text) < 0)
			break;
	}
	struct look_process child = { .pid = pid, .name = "left" }, self = { .pid = getpid(), .name = "right" };
	struct look_process *all[] = { &self, &child };
	static struct look_pipes pipes;
	pipes = (struct look_pipes){ .processes = all, .count = 2 };
	const struct look_pipe *p = look_pipe(&pipes, getpid(), inode_of(fds[0]));
	CHECK(p->reads && !p->self && !strcmp(p->partner, "left"));
	p = look_pipe(&pipes, pid, inode_of(fds[0]));
	CHECK(!p->reads && !p->self && !strcmp(p->partner, "right"));
	p = look_pipe(&pipes, getpid(), inode_of(lone[0]));
	CHECK(p->self && !*p->partner);
	pipes = (struct look_pipes){ .processes = all, .count = 1 }; /* not watched: somebody else */
	p = look_pipe(&pipes, getpid(), inode_of(fds[0]));
	CHECK(!*p->partner);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	close(fds[0]);
	close(lone[0]);
	close(lone[1]);
}

/* Clients ---------------------------------------------------------------------------------------------------------- */

static void who_has_come_is_a_client(void)
{
	static struct look_peers peers;
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	struct look_fd fd;
	char expected[64];
	int listens = socket(AF_INET, SOCK_STREAM, 0), goes = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(!bind(listens, (struct sockaddr *)&at, len) && !listen(listens, 5));
	CHECK(!getsockname(listens, (struct sockaddr *)&at, &len));
	CHECK(!connect(goes, (struct sockaddr *)&at, len));
	int came = accept(listens, NULL, NULL);
	CHECK(came >= 0);
	CHECK_EQ(look_fd(&peers, getpid(), came, &fd), 0);
	snprintf(expected, sizeof expected, "clients on :%d", ntohs(at.sin_port));
	CHECK(fd.kind == FD_LISTENS && !strcmp(fd.text, expected));
	CHECK_EQ(look_fd(&peers, getpid(), listens, &fd), 0);
	CHECK(fd.kind == FD_LISTENS && !strcmp(fd.text, expected));
	CHECK_EQ(look_fd(&peers, getpid(), goes, &fd), 0);
	snprintf(expected, sizeof expected, "127.0.0.1:%d", ntohs(at.sin_port));
	CHECK(fd.kind == FD_NET && !strcmp(fd.text, expected));
	look_peers_finish(&peers);
	close(came);
	close(goes);
	close(listens);
}

int main(void)
{
	test_start();
	TEST(a_ring_is_seen_through);
	TEST(a_pipe_within_the_program);
	TEST(who_has_come_is_a_client);
	return test_done();
}
