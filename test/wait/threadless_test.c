/* No thread may be had any more, by the runtime or by the kernel: io_uring gives up what it would hand to a thread of
 * its own, and it is done all the same, or an error is answered. */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "wait/each.h"

static struct rlimit before;
static const char *why_not;

static void *nothing(void *arg)
{
	return arg;
}

/* The limit counts what a user has, and root may have more: so not as root. */
static const char *become_limited(void)
{
	if (getuid() == 0 && setresuid(65534, 65534, 65534))
		return "there is no other user to be";
	prctl(PR_SET_DUMPABLE, 1); /* or /proc/self were root's */
	return NULL;
}

static void limit_threads(rlim_t n)
{
	CHECK_EQ(setrlimit(RLIMIT_NPROC, &(struct rlimit){ n, before.rlim_max }), 0);
}

static bool thread_can_be_had(void)
{
	pthread_t t;

	if (sys_real.thread_create(&t, nothing, NULL))
		return false;
	sys_real.thread_join(t);
	return true;
}

/* io_uring has no other way than a thread of the kernel's to read this, and on most file systems to write. */
static int transfers(void *arg)
{
	int fd = open("/proc/version", O_RDONLY | O_CLOEXEC);
	char buf[8], name[] = "/tmp/hob-threadless-XXXXXX";

	(void)arg;
	CHECK(fd >= 0);
	CHECK_EQ(hob_read(fd, buf, 5, HOB_NEVER), 5);
	CHECK(memcmp(buf, "Linux", 5) == 0);
	CHECK_EQ(hob_pread(fd, buf, 4, 1, hob_after(60 * HOB_SECOND)), 4);
	CHECK(memcmp(buf, "inux", 4) == 0);
	close(fd);
	fd = mkstemp(name);
	CHECK(fd >= 0);
	unlink(name);
	CHECK_EQ(hob_write(fd, "hello", 5, HOB_NEVER), 5);
	CHECK_EQ(hob_pwrite(fd, "j", 1, 0, HOB_NEVER), 1);
	CHECK_EQ(hob_pread(fd, buf, sizeof buf, 0, HOB_NEVER), 5);
	CHECK(memcmp(buf, "jello", 5) == 0);
	CHECK_EQ(hob_close(fd), 0);
	return 0;
}

static bool refused(long r)
{
	CHECK(r >= 0 || r == -EAGAIN);
	return r < 0;
}

/* What the worker itself may not wait for is done whole, or not at all. */
static int file_calls(void *arg)
{
	char name[] = "/tmp/hob-threadless-XXXXXX", other[64];
	int fd = mkstemp(name), opened;
	struct stat st;

	(void)arg;
	CHECK(fd >= 0);
	snprintf(other, sizeof other, "%s.moved", name);
	refused(hob_fsync(fd, HOB_NEVER));
	opened = hob_open(name, O_RDONLY, 0, HOB_NEVER);
	if (!refused(opened))
		CHECK_EQ(hob_close(opened), 0);
	CHECK_EQ(refused(hob_rename(name, other, HOB_NEVER)), stat(name, &st) == 0);
	CHECK_EQ(refused(hob_unlink(other, HOB_NEVER)) && stat(name, &st) != 0, stat(other, &st) == 0);
	unlink(name);
	unlink(other);
	close(fd);
	return 0;
}

static int everything(void *arg)
{
	limit_threads(0);
	if (thread_can_be_had()) {
		printf("# no limit holds here\n");
	} else {
		transfers(arg);
		file_calls(arg);
	}
	limit_threads(before.rlim_cur);
	return 0;
}

int main(void)
{
	test_start();
	CHECK_EQ(getrlimit(RLIMIT_NPROC, &before), 0);
	why_not = become_limited();
	if (why_not) {
		printf("1..0 # SKIP %s\n", why_not);
		return 0;
	}
	EACH(everything);
	return test_done();
}
