/* hob_inotify_*: every event once and in order, however they lie in the buffer. */
#include <limits.h>
#include <sys/inotify.h>

#include "wait/each.h"

enum { FILES = SLOW_BUILD ? 200 : 1000 };

static char dir[64];

static void name_of(int i, char *name, size_t size)
{
	/* long and short ones */
	snprintf(name, size, "%0*d", i % 5 ? 8 : NAME_MAX, i);
}

static void touch(int i)
{
	char name[NAME_MAX + 1], path[sizeof dir + 1 + sizeof name];
	int fd;

	name_of(i, name, sizeof name);
	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink(path), 0);
}

static int touch_all(void *arg)
{
	(void)arg;
	for (int i = 0; i < FILES; i++) {
		touch(i);
		if (i % 10 == 0)
			hob_yield();
	}
	return 0;
}

static int events(void *arg)
{
	const struct inotify_event *e;
	struct hob_scope *s = scope_new();
	struct hob_inotify *n;
	char name[NAME_MAX + 1];
	int watch;

	(void)arg;
	CHECK_EQ(hob_inotify_create(&n), 0);
	CHECK_EQ(hob_inotify_add(n, "/nothing/here", IN_CREATE, HOB_NEVER), -ENOENT);
	watch = hob_inotify_add(n, dir, IN_CREATE | IN_DELETE | IN_ONLYDIR, HOB_NEVER);
	CHECK(watch > 0);
	CHECK_EQ(hob_inotify_next(n, &e, 0), -ETIMEDOUT);
	CHECK_EQ(hob_inotify_next(n, &e, hob_after(100 * HOB_US)), -ETIMEDOUT);
	spawn(s, touch_all, NULL);
	for (int i = 0; i < 2 * FILES; i++) {
		CHECK_EQ(hob_inotify_next(n, &e, HOB_NEVER), 0);
		CHECK_EQ(e->wd, watch);
		CHECK_EQ(e->mask, i % 2 ? IN_DELETE : IN_CREATE);
		name_of(i / 2, name, sizeof name);
		CHECK(strcmp(e->name, name) == 0);
	}
	scope_join(s);
	CHECK_EQ(hob_inotify_next(n, &e, 0), -ETIMEDOUT);
	CHECK_EQ(hob_inotify_remove(n, watch), 0);
	CHECK_EQ(hob_inotify_remove(n, watch), -EINVAL);
	CHECK_EQ(hob_inotify_next(n, &e, HOB_NEVER), 0);
	CHECK_EQ(e->mask, IN_IGNORED);
	hob_inotify_destroy(n);
	hob_inotify_destroy(NULL);
	return 0;
}

static int next_event(void *arg)
{
	const struct inotify_event *e;

	CHECK_EQ(hob_inotify_next(arg, &e, HOB_NEVER), -ECANCELED);
	return 0;
}

/* A wait given up loses nothing. */
static int cancelled(void *arg)
{
	const struct inotify_event *e;
	struct hob_inotify *n;

	(void)arg;
	CHECK_EQ(hob_inotify_create(&n), 0);
	CHECK(hob_inotify_add(n, dir, IN_CREATE | IN_DELETE, HOB_NEVER) > 0);
	for (int i = 0; i < 10; i++) {
		struct hob_scope *s = scope_new();

		spawn(s, next_event, n);
		for (int y = 0; y < i; y++)
			hob_yield();
		hob_scope_cancel(s);
		scope_join(s);
		touch(i);
		for (int k = 0; k < 2; k++)
			CHECK_EQ(hob_inotify_next(n, &e, HOB_NEVER), 0);
		CHECK_EQ(e->mask, IN_DELETE);
	}
	hob_inotify_destroy(n);
	return 0;
}

static void *no_memory(size_t bytes)
{
	(void)bytes;
	return NULL;
}

static int no_descriptor(void)
{
	return -EMFILE;
}

static void lacking(void)
{
	const struct inotify_event *e;
	struct hob_inotify *n;

	sys.alloc = no_memory;
	CHECK_EQ(hob_inotify_create(&n), -ENOMEM);
	sys.alloc = sys_real.alloc;
	sys.inotify_init = no_descriptor;
	CHECK_EQ(hob_inotify_create(&n), -EMFILE);
	sys.inotify_init = sys_real.inotify_init;
	CHECK_EQ(hob_inotify_create(&n), 0);
	CHECK_EQ(hob_inotify_add(n, dir, IN_CREATE, HOB_NEVER), -EPERM); /* outside of a task */
	CHECK_EQ(hob_inotify_next(n, &e, HOB_NEVER), -EPERM);
	hob_inotify_destroy(n);
}

int main(void)
{
	const char *tmp = getenv("TMPDIR");

	test_start();
	snprintf(dir, sizeof dir, "%.40s/hob-inotify-XXXXXX", tmp ? tmp : "/tmp");
	CHECK(mkdtemp(dir));
	EACH(events);
	EACH(cancelled);
	TEST(lacking);
	CHECK_EQ(rmdir(dir), 0);
	return test_done();
}
