#include "look/page.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/numbered.h"
#include "base/sys.h"
#include "look/remote.h"
#include "meter/stamp.h"

enum { STRUCT_MOST = 1 << 20, ROWS_MOST = 16 << 20, SITES_MOST = 1024, CHUNK_MOST = 4096 };

/* Each struct: its fields, the last of which is its size. */
static const struct {
	enum page_field first, size;
} structs[] = {
	{ PAGE_QUEUES, PAGE_RUNTIME_SIZE }, { PAGE_CURRENT, PAGE_WORKER_SIZE }, { PAGE_NEXT, PAGE_CHUNK_SIZE },
	{ PAGE_IN_SCOPE, PAGE_TASK_SIZE },  { PAGE_BORN, PAGE_LIFE_SIZE },      { PAGE_FN, PAGE_SITE_SIZE },
	{ PAGE_ENDED, PAGE_ROW_SIZE },
};

static bool fields_fit(const struct page_head *h)
{
	for (size_t i = 0; i < sizeof structs / sizeof *structs; i++) {
		uint32_t size = h->at[structs[i].size];

		if (size < 8 || size > STRUCT_MOST)
			return false;
		for (unsigned f = structs[i].first; f < structs[i].size; f++)
			if (h->at[f] > size - 8)
				return false;
	}
	return true;
}

/* Several of one struct within another. */
static bool arrays_fit(const struct page_head *h)
{
	const uint32_t *at = h->at;

	return (uint64_t)h->chunk_tasks * at[PAGE_TASK_SIZE] + at[PAGE_TASKS] <= at[PAGE_CHUNK_SIZE] &&
	       (uint64_t)h->sites * at[PAGE_SITE_SIZE] + at[PAGE_SITES] <= at[PAGE_RUNTIME_SIZE] &&
	       (uint64_t)h->sites * at[PAGE_ROW_SIZE] <= ROWS_MOST &&
	       (uint64_t)h->whys * 8 + at[PAGE_WAIT] <= at[PAGE_ROW_SIZE];
}

/* Names are shown as they are. */
static bool names_end(const struct page_head *h)
{
	for (unsigned i = 0; i < h->whys; i++) {
		size_t len = strnlen(h->why[i], sizeof h->why[i]);

		if (len == sizeof h->why[i])
			return false;
		for (size_t k = 0; k < len; k++)
			if (!isalnum((unsigned char)h->why[i][k]))
				return false;
	}
	return true;
}

static bool is_in(const struct page_head *h, uint64_t address, uint64_t len)
{
	return address >= h->address && address - h->address <= h->room && len <= h->room - (address - h->address);
}

static int check(const struct page_head *h, uint64_t file_bytes)
{
	if (h->magic != PAGE_MAGIC)
		return -EPROTO;
	if (h->version != PAGE_VERSION || h->bytes != sizeof *h)
		return -ENOTSUP;
	if (!h->room || h->room > file_bytes || h->address + h->room < h->address || !h->chunk_tasks ||
	    h->chunk_tasks > CHUNK_MOST || !h->sites || h->sites > SITES_MOST || !h->whys || h->whys > PAGE_WHYS)
		return -EPROTO;
	if (!fields_fit(h) || !arrays_fit(h) || !names_end(h) || !is_in(h, h->runtime, h->at[PAGE_RUNTIME_SIZE]))
		return -EPROTO;
	return 0;
}

void look_page_now(struct look_page *p)
{
	int64_t now = sys.now();
	double ticks;

	p->now = p->head.counter ? stamp_counter() : now;
	ticks = (double)p->now - (double)p->head.stamp;
	p->ns = p->head.counter && ticks > 0 && now > p->head.ns ? ((double)now - (double)p->head.ns) / ticks : 1;
}

int64_t look_page_age(const struct look_page *p, int64_t stamp)
{
	double ns = ((double)p->now - (double)stamp) * p->ns;

	return ns > 0 && ns < 9e18 ? (int64_t)ns : 0;
}

int look_page_open(pid_t pid, int fd, struct look_page *out)
{
	struct stat st;
	int err = sys.fstat(fd, &st);

	*out = (struct look_page){ .pid = pid, .fd = fd };
	if (!err && (!S_ISREG(st.st_mode) || st.st_size < 0 ||
		     sys.pread(fd, &out->head, sizeof out->head, 0) != (ssize_t)sizeof out->head))
		err = -EPROTO;
	if (!err)
		err = check(&out->head, (uint64_t)st.st_size);
	if (!err)
		look_page_now(out);
	return err;
}

int look_page_read(const struct look_page *p, uint64_t address, void *to, size_t len)
{
	const struct page_head *h = &p->head;

	if (!is_in(h, address, len))
		return look_peek(p->pid, address, to, len);
	return sys.pread(p->fd, to, len, (off_t)(address - h->address)) == (ssize_t)len ? 0 : -EFAULT;
}

uint8_t look_u8(const struct look_page *p, const void *of, enum page_field f)
{
	return ((const uint8_t *)of)[p->head.at[f]];
}

uint32_t look_u32(const struct look_page *p, const void *of, enum page_field f)
{
	uint32_t value;

	memcpy(&value, (const char *)of + p->head.at[f], sizeof value);
	return value;
}

uint64_t look_u64(const struct look_page *p, const void *of, enum page_field f)
{
	uint64_t value;

	memcpy(&value, (const char *)of + p->head.at[f], sizeof value);
	return value;
}

/* Finding them ---------------------------------------------------------------------------------------------------- */

struct walk {
	pid_t pid;
	look_page_fn *fn;
	void *arg;
	unsigned found;
	bool newer;
	int denied;
};

/* The descriptor behind a number of the process's, where it is a memfd of that name. Only what is known to be a regular
 * file is opened, since to open other things may have effects. */
static int open_page(pid_t pid, int number)
{
	static const char name[] = "/memfd:" PAGE_NAME;
	char path[64], target[64];
	ssize_t len;
	struct stat st;
	int fd, again;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, number);
	len = sys.readlink(path, target, sizeof target - 1);
	if (len < 0)
		return (int)len;
	target[len] = '\0';
	if (strncmp(target, name, sizeof name - 1))
		return -ENOENT;
	fd = sys.open(path, O_PATH);
	if (fd < 0)
		return fd;
	again = sys.fstat(fd, &st);
	if (!again && !S_ISREG(st.st_mode))
		again = -ENOENT;
	if (!again) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		again = sys.open(path, O_RDONLY);
	}
	sys.close(fd);
	return again;
}

/* One that a process has of its parent, by fork(2), is not mapped there. */
static int look_at(void *arg, pid_t number)
{
	struct walk *w = arg;
	struct look_page page;
	uint64_t word;
	int fd = open_page(w->pid, number), r = 0, err;

	if (fd == -EACCES || fd == -EPERM)
		w->denied = fd;
	if (fd < 0)
		return 0;
	err = look_page_open(w->pid, fd, &page);
	w->newer |= err == -ENOTSUP;
	if (!err && look_peek(w->pid, page.head.address, &word, sizeof word) != -EFAULT) {
		w->found++;
		r = w->fn(w->arg, &page);
	}
	sys.close(fd);
	return r;
}

int look_pages(pid_t pid, look_page_fn *fn, void *arg, bool *newer)
{
	struct walk w = { .pid = pid, .fn = fn, .arg = arg };
	char path[32];
	int r;

	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	r = each_numbered(path, look_at, &w);
	if (newer)
		*newer = w.newer;
	if (r == -ENOENT)
		return -ESRCH;
	return r || w.found ? r : w.denied ? w.denied : -ENOENT;
}
