/* The report: its sums are right, it names who did what, says what was a wrong choice, and writes it where it may. */
#include <hob.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "sched/rig.h"

static char text[65536];

static const char *slurp(int fd)
{
	ssize_t n = pread(fd, text, sizeof text - 1, 0);

	CHECK(n > 0);
	text[n] = '\0';
	return text;
}

/* The number after the next `"key":`, and on from there. */
static double number(const char **at, const char *key)
{
	char pattern[64];

	snprintf(pattern, sizeof pattern, "\"%s\":", key);
	*at = strstr(*at, pattern);
	CHECK(*at);
	*at += strlen(pattern);
	return strtod(*at, NULL);
}

int sleeps_in_vain(void *arg);
int blocks_the_worker(void *arg);
int burns(void *arg);

int sleeps_in_vain(void *arg)
{
	(void)arg;
	return hob_sleep(hob_after(60 * HOB_MS));
}

int blocks_the_worker(void *arg)
{
	(void)arg;
	poll(NULL, 0, 120);
	return 0;
}

int burns(void *arg)
{
	int64_t cpu = sys.thread_cpu(pthread_self());

	(void)arg;
	while (sys.thread_cpu(pthread_self()) - cpu < 120 * HOB_MS)
		;
	return 0;
}

static int one_of_each(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, burns, NULL), 0);
	CHECK_EQ(hob_spawn(s, blocks_the_worker, NULL), 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(hob_spawn(s, sleeps_in_vain, NULL), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

/* Runs with HOB_REPORT set to a file, whose text is answered. */
static const char *run_reporting(const char *suffix, unsigned workers, hob_task_fn *fn)
{
	char name[64];
	int fd;

	snprintf(name, sizeof name, "/tmp/hob-report-%d%s", (int)getpid(), suffix);
	CHECK_EQ(setenv("HOB_REPORT", name, 1), 0);
	CHECK_EQ(hob_run(&(struct hob_options){ .workers = workers }, fn, NULL), 0);
	unsetenv("HOB_REPORT");
	fd = open(name, O_RDONLY);
	CHECK(fd >= 0);
	slurp(fd);
	close(fd);
	CHECK_EQ(unlink(name), 0);
	return text;
}

static void the_sums_are_those_of_the_sites(void)
{
	static const char *const states[] = { "tasks", "compute_s", "wait_s", "ready_s", "held_s" };
	const char *at;
	double sums[5], of_sites[5] = { 0 };
	int tries = 10; /* the monitor may get no core for a while */

	do {
		at = run_reporting(".json", 2, one_of_each);
		CHECK_EQ((int)number(&at, "cores"), 2);
		for (int i = 0; i < 5; i++)
			sums[i] = number(&at, states[i]);
	} while (sums[4] < 0.080 && --tries);
	while (strstr(at, "\"tasks\":"))
		for (int i = 0; i < 5; i++)
			of_sites[i] += number(&at, states[i]);
	for (int i = 0; i < 5; i++)
		CHECK(sums[i] - of_sites[i] < 1e-6 && of_sites[i] - sums[i] < 1e-6);
	CHECK_EQ((int)sums[0], 13); /* with the first */
	CHECK(sums[1] >= 0.115);
	CHECK(sums[2] >= 0.590);
	CHECK(sums[4] >= 0.080);
}

static void who_did_what_is_named(void)
{
	const char *at = run_reporting(".json", 2, one_of_each);
	const char *sleeper = strstr(at, "\"task\":\"sleeps_in_vain\",\"spawned_by\":\"one_of_each\"");
	const char *blocker = strstr(at, "\"task\":\"blocks_the_worker\",\"spawned_by\":\"one_of_each\"");

	CHECK(sleeper && blocker && strstr(at, "\"task\":\"one_of_each\",\"spawned_by\":\"hob\""));
	CHECK_EQ((int)number(&sleeper, "tasks"), 10);
	sleeper = strstr(sleeper, "\"sleep\":{");
	CHECK(sleeper);
	CHECK_EQ((int)number(&sleeper, "n"), 10);
	CHECK(number(&sleeper, "s") >= 0.590);
	CHECK(number(&blocker, "held_s") >= 0.080);
	at = strstr(at, "\"choices\":");
	CHECK(at && strstr(at, "\"task\":\"blocks_the_worker\",\"spawned_by\":\"one_of_each\",\"kind\":\"held\""));
}

#ifdef BASE_TSAN /* libdw does not find its way in what ThreadSanitizer has mapped */
#define LINES 0
#else
#define LINES 1
#endif

/* Does a line of the text say that? Both are followed by their places in the source where libdw can be had. */
static bool says(const char *text_, const char *task, const char *caller, const char *what)
{
	void *dw = LINES ? dlopen("libdw.so.1", RTLD_LAZY) : NULL;
	char start[64], spawner[64], place[] = " at report_test.c:";
	const char *line;

	snprintf(start, sizeof start, "\n%s%s", task, dw ? place : " (");
	snprintf(spawner, sizeof spawner, "(spawned by %s%s", caller, dw ? place : ")");
	if (dw)
		dlclose(dw);
	for (line = strstr(text_, start); line; line = strstr(line + 1, start)) {
		const char *end = strchr(line + 1, '\n'), *by = strstr(line, spawner), *found = strstr(line, what);

		if (end && by && by < end && found && found < end)
			return true;
	}
	fprintf(stderr, "# not said of %s: %s\n%s", task, what, text_);
	return false;
}

static int burn_alone(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, burns, NULL), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static void wrong_choices_are_said(void)
{
	const char *at = run_reporting(".txt", 2, one_of_each);

	CHECK(strncmp(at, "hob: ", 5) == 0 && strstr(at, " of 2 cores used in "));
	CHECK(says(at, "blocks_the_worker", "one_of_each", " blocked 0."));
	/* Under an emulator the kernel tells of the emulator's call. */
	CHECK(says(at, "blocks_the_worker", "one_of_each",
		   emulated() ? " on a worker: " : " s in poll(2) on a worker: use hob_poll_many, or "));
	CHECK(strstr(at, "hob_blocking around it\n"));
	at = run_reporting(".txt", 2, burn_alone);
	CHECK(!strstr(at, "blocked"));
	if (!HOSTILE) /* where the other worker is seldom let sleep */
		CHECK(says(at, "burns", "burn_alone", ") computed "));
	at = run_reporting(".txt", 1, burn_alone); /* there is no other core */
	CHECK(!strstr(at, ") computed "));
}

/* Four tasks compute in one lane, in which nobody else can. */

static int burn_in_lane(void *lane)
{
	CHECK_EQ(hob_lane_enter(lane, HOB_NEVER), 0);
	burns(NULL);
	hob_lane_leave(lane);
	return 0;
}

static int share_a_lane(void *arg)
{
	struct hob_lane_options opts = { .name = "lua\"" };
	struct hob_lane *lane;
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_lane_create(&lane, &opts), 0);
	CHECK_EQ(hob_scope_create(&s), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(hob_spawn(s, burn_in_lane, lane), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	hob_lane_destroy(lane);
	return 0;
}

static void a_narrow_lane_is_said(void)
{
	const char *at = run_reporting(".txt", 2, share_a_lane);

	CHECK(strstr(at, "lane `lua?`: its tasks computed ") && strstr(at, " cores of 2, and waited "));
	at = run_reporting(".txt", 1, share_a_lane); /* more lanes would have no core */
	CHECK(!strstr(at, "lane `lua?`"));
	at = run_reporting(".json", 2, share_a_lane);
	at = strstr(at, "\"lanes\":[{\"lane\":\"lua?\",");
	CHECK(at && number(&at, "held_s") >= 0.460);
	CHECK(number(&at, "waited_s") >= 0.690 && strstr(at, "each its own lane"));
}

static int on_demand(void *arg)
{
	struct hob_task_times t;
	int fd = memfd_create("report", MFD_CLOEXEC);
	const char *at;

	(void)arg;
	CHECK(fd >= 0);
	CHECK_EQ(burns(NULL), 0);
	CHECK_EQ(hob_task_times(&t), 0);
	CHECK(t.compute_ns + t.held_ns >= 110 * HOB_MS && t.wait_ns == 0);
	CHECK_EQ(hob_report(fd, HOB_REPORT_JSON), 0);
	at = slurp(fd);
	CHECK(number(&at, "compute_s") >= 0.110);
	CHECK_EQ(hob_report(fd, 99), -EINVAL);
	CHECK_EQ(hob_report(-1, HOB_REPORT_TEXT), -EBADF);
	close(fd);
	return 0;
}

static void it_is_to_be_had_on_demand(void)
{
	CHECK_EQ(hob_run(&(struct hob_options){ .workers = 1 }, on_demand, NULL), 0);
	CHECK_EQ(hob_report(1, HOB_REPORT_TEXT), -EPERM);
	CHECK_EQ(hob_task_times(&(struct hob_task_times){ 0 }), -EPERM);
}

/* Every allocation and write of a report fails once, and it says so; what cannot be named has an address. */

static unsigned left;

static bool fails(void)
{
	return left && --left == 0;
}

static void *try_alloc(size_t bytes)
{
	return fails() ? NULL : sys_real.alloc(bytes);
}

static ssize_t try_write(int fd, const void *buf, size_t len)
{
	return fails() ? -ENOSPC : sys_real.write(fd, buf, len);
}

static int try_open(const char *path, int flags)
{
	(void)path, (void)flags;
	return -EMFILE;
}

static int failing(void *arg)
{
	int fd = memfd_create("report", MFD_CLOEXEC), err;
	unsigned n = 1;

	(void)arg;
	CHECK(fd >= 0);
	do {
		left = n;
		err = hob_report(fd, HOB_REPORT_TEXT);
		CHECK(err == (left ? 0 : n <= 3 ? -ENOMEM : -ENOSPC));
		n++;
	} while (err);
	CHECK(n >= 5);
	left = 0;
	close(fd);
	return 0;
}

static void failures_are_told(void)
{
	sys.alloc = try_alloc;
	sys.write = try_write;
	sys.open = try_open;
	CHECK_EQ(hob_run(&(struct hob_options){ .workers = 1 }, failing, NULL), 0);
	sys = sys_real;
}

int main(void)
{
	test_start();
	watchdog(50);
	TEST(the_sums_are_those_of_the_sites);
	TEST(who_did_what_is_named);
	TEST(wrong_choices_are_said);
	TEST(a_narrow_lane_is_said);
	TEST(it_is_to_be_had_on_demand);
	TEST(failures_are_told);
	return test_done();
}
