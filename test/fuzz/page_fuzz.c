/* The page of somebody else's process, as hob top and hob dump read it. The bytes stand for a page that lies at an
 * address where this process has nothing, and the offsets in it are the file's own. */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "look/tasks.h"

enum { TASKS_MOST = 500 };

static const struct look_page *page;

static int ask(void *count, const struct look_task *t)
{
	char name[PAGE_NAME_BYTES + 1];

	FUZZ_CHECK(t->state < LOOK_TASK_STATES && t->why < page->head.whys && t->site < page->head.sites);
	FUZZ_CHECK(t->for_ns >= 0);
	look_task_age(page, t);
	look_task_name(page, t, name, sizeof name);
	FUZZ_CHECK(memchr(name, '\0', sizeof name));
	look_task_owner(page, t);
	return ++*(unsigned *)count > TASKS_MOST;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("page", 0);
	struct look_page p;
	struct look_hob h;
	unsigned count = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || look_page_open(getpid(), fd, &p)) {
		close(fd);
		return 0;
	}
	page = &p;
	for (unsigned i = 0; i < p.head.whys; i++)
		FUZZ_CHECK(memchr(p.head.why[i], '\0', sizeof p.head.why[i]));
	if (look_hob_read(&p, &h) == 0) {
		for (unsigned i = 0; i < h.nworkers; i++)
			FUZZ_CHECK(h.workers[i].busy_ns >= 0);
		look_tasks(&p, &h, ask, &count);
		look_hob_free(&h);
	}
	close(fd);
	return 0;
}
