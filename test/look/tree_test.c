/* Counting a process tree: over a fake procfs, hostile content included, and over the real one. */
#include <signal.h>
#include <stdbool.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake.h"
#include "look/tree.h"

#define STAT(pid, name, state, group, threads, rss)                                                                    \
	{                                                                                                              \
		.path = "/proc/" #pid "/stat", .text = #pid " (" name ") " #state " 1 " #group                         \
							    " 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 " #threads           \
							    " 0 12345 1000000 " #rss " 18446744073709551615 1 1\n"     \
	}
#define THREAD(pid, tid, state)                                                                                        \
	{                                                                                                              \
		.path = "/proc/" #pid "/task/" #tid "/stat",                                                           \
		.text = #tid " (x) " #state                                                                            \
			     " 1 9 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 2 0 12345 1000000 5 184467 1 1\n"               \
	}
#define CHILDREN(pid, tid, list)                                                                                       \
	{                                                                                                              \
		.path = "/proc/" #pid "/task/" #tid "/children", .text = list                                          \
	}

static struct look_tree look(const struct fake_file *files, pid_t root, int expected)
{
	struct look_tree t;
	for (size_t piece = 0; piece < 8; piece++) { /* however the reads fall, the answer is the same */
		fake_start(files);
		fake_piece = piece;
		CHECK_EQ(look_tree(root, &t), expected);
		fake_end();
	}
	return t;
}

static void a_tree_is_counted_with_all_its_threads(void)
{
	const struct fake_file files[] = {
		STAT(10, "sh", S, 10, 1, 100),
		CHILDREN(10, 10, "11 12 "),
		STAT(11, "xz", S, 10, 3, 200),
		{ .path = "/proc/11/task", .text = ". .. 11 111 112", .directory = true },
		THREAD(11, 11, S),
		THREAD(11, 111, R),
		THREAD(11, 112, R),
		CHILDREN(11, 11, ""),
		CHILDREN(11, 112, "13 "),
		STAT(12, "done", Z, 10, 1, 0),
		CHILDREN(12, 12, ""),
		STAT(13, "deep", R, 13, 1, 1),
		CHILDREN(13, 13, ""),
		{ 0 },
	};
	struct look_tree t = look(files, 10, 0);
	CHECK_EQ(t.processes, 3);
	CHECK_EQ(t.threads, 5);
	CHECK_EQ(t.runnable, 3);
	CHECK_EQ(t.rss_bytes, (uint64_t)301 * (uint64_t)sysconf(_SC_PAGESIZE));
}

static void a_name_cannot_pass_for_a_state(void)
{
	const struct fake_file files[] = {
		STAT(10, ") R 1 (x) R 9 9\n) Z", S, 10, 1, 5),
		CHILDREN(10, 10, ""),
		{ 0 },
	};
	struct look_tree t = look(files, 10, 0);
	CHECK_EQ(t.processes, 1);
	CHECK_EQ(t.runnable, 0);
}

static void what_ends_meanwhile_is_left_out(void)
{
	const struct fake_file files[] = {
		STAT(10, "sh", R, 10, 1, 5),
		CHILDREN(10, 10, "11 12 "), /* 11 is gone by now */
		STAT(12, "multi", S, 10, 2, 5),
		{ .path = "/proc/12/task", .text = "12 121", .directory = true },
		THREAD(12, 12, R),
		{ 0 },
	};
	struct look_tree t = look(files, 10, 0);
	CHECK_EQ(t.processes, 2);
	CHECK_EQ(t.runnable, 2);
	look(files, 77, -ESRCH);
}

static void nonsense_is_refused_not_believed(void)
{
	static const char *const bad[] = {
		"",
		"10",
		"10 (x",
		"10 (x)",
		"10 (x) ",
		"10 (x) R",
		"10 (x) R 1 2 3",
		")",
		") ",
		") R",
		"10 (x) R a b c d e f g h i j k l m n o p q r s t u v",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct fake_file files[] = { { .path = "/proc/10/stat", .text = bad[i] }, { 0 } };
		struct look_tree t = look(files, 10, -EPROTO);
		CHECK_EQ(t.processes + t.runnable, 0);
	}
	const struct fake_file unreadable[] = { { .path = "/proc/10/stat", .text = "", .read_error = -EACCES }, { 0 } };
	look(unreadable, 10, -EACCES);
}

static void odd_lists_of_children_are_survived(void)
{
	static char many[30000];
	char *to = many;
	for (int i = 0; i < 3000; i++)
		to += sprintf(to, "%d ", 100000 + i); /* none of them exists */
	const char *const lists[] = { "10 10 10 10", "0 -5 99999999999999999999999 10 ", "abc", "\n\n", "  ", many };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const struct fake_file files[] = {
			STAT(10, "x", R, 10, 1, 5),
			{ .path = "/proc/10/task/10/children", .text = lists[i] },
			{ 0 },
		};
		fake_start(files);
		struct look_tree t;
		CHECK_EQ(look_tree(10, &t), 0); /* a loop of children ends at the bound */
		CHECK(t.processes >= 1 && t.processes <= LOOK_TREE_MAX);
		CHECK(fake_opens <= 3 * LOOK_TREE_MAX);
		fake_end();
	}
}

static void a_kernel_without_lists_of_children_is_searched_by_group(void)
{
	const struct fake_file files[] = {
		{ .path = "/proc", .text = ". .. self 1 10 11 12 13x", .directory = true },
		STAT(1, "init", R, 1, 1, 5),
		STAT(10, "sh", S, 10, 1, 5),
		STAT(11, "xz", R, 10, 4, 6),
		STAT(12, "other", R, 12, 1, 5),
		{ 0 },
	};
	struct look_tree t = look(files, 10, 0);
	CHECK_EQ(t.processes, 2);
	CHECK_EQ(t.threads, 5);
	CHECK_EQ(t.runnable, 4);
}

static void *no_memory(size_t bytes)
{
	(void)bytes;
	return NULL;
}

static void lacking_memory_is_said(void)
{
	struct look_tree t;
	sys.alloc = no_memory;
	CHECK_EQ(look_tree(10, &t), -ENOMEM);
	sys = sys_real;
}

/* Of a process of this build: an emulator or a sanitizer adds one of its own. */
static unsigned threads_here(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	unsigned n = 0;

	CHECK(f);
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "Threads: %u", &n) == 1)
			break;
	fclose(f);
	return n;
}

/* Our own child, which waits on a pipe and has a child that computes until it is killed. */
static void a_real_tree_is_seen(void)
{
	int ready[2];
	CHECK(!pipe(ready));
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing may be left to compute where this test fails */
		setpgid(0, 0);
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			char threads = (char)threads_here();
			(void)!write(ready[1], &threads, 1);
			for (volatile int i = 0;; i++)
				;
		}
		for (;;)
			pause();
	}
	char threads;
	CHECK_EQ(read(ready[0], &threads, 1), 1);
	struct look_tree t = { 0 };
	for (;;) { /* the parent may still be on its way to pause() */
		CHECK_EQ(look_tree(pid, &t), 0);
		CHECK_EQ(t.processes, 2);
		CHECK_EQ(t.threads, 2 * threads);
		CHECK(t.rss_bytes > 0);
		CHECK(t.runnable >= 1);
		if (t.runnable == 1)
			break;
		sched_yield();
	}
	kill(-pid, SIGKILL);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(look_tree(pid, &t), -ESRCH);
	close(ready[0]);
	close(ready[1]);
}

int main(void)
{
	test_start();
	TEST(a_tree_is_counted_with_all_its_threads);
	TEST(a_name_cannot_pass_for_a_state);
	TEST(what_ends_meanwhile_is_left_out);
	TEST(nonsense_is_refused_not_believed);
	TEST(odd_lists_of_children_are_survived);
	TEST(a_kernel_without_lists_of_children_is_searched_by_group);
	TEST(lacking_memory_is_said);
	TEST(a_real_tree_is_seen);
	return test_done();
}
