/* Where threads compute.
 *
 * The kernel lets an event that is inherited write into a ring of one core alone, so each thread has an event for each
 * core, and those of one core share its ring. An event counts user time: what is noted is never an address of the
 * kernel. */
#include "look/on_core.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/sys.h"

enum {
	CORES_MOST = 256,
	EVENTS_MOST = 1024,
	PAGES = 8, /* of a ring: a power of two; some 1300 notes */
};
#define PERIOD 10000000 /* ns */

struct ring {
	struct perf_event_mmap_page *head; /* NULL: nothing on this core */
	int event;                         /* that it belongs to */
};

struct look_on_core {
	unsigned cores, events;
	size_t page;
	struct ring rings[CORES_MOST];
	int fds[EVENTS_MOST];
};

static const struct perf_event_attr attr = {
	.type = PERF_TYPE_SOFTWARE,
	.size = sizeof attr,
	.config = PERF_COUNT_SW_TASK_CLOCK,
	.sample_period = PERIOD,
	.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TID,
	.inherit = 1,
	.exclude_kernel = 1,
	.exclude_hv = 1,
	.watermark = 1,
	.wakeup_watermark = PAGES << 12, /* nobody waits for it */
};

/* What a note is with that sample_type. */
struct note {
	struct perf_event_header header;
	uint64_t ip;
	uint32_t pid, tid;
};

static int add(struct look_on_core *c, pid_t tid, unsigned core)
{
	struct ring *r = &c->rings[core];
	int fd = sys.perf_open(&attr, tid, (int)core);
	if (fd < 0)
		return fd;
	void *mem = NULL;
	int err = r->head ? sys.perf_join(fd, r->event)
			  : sys.map_shared(fd, (1 + PAGES) * c->page, PROT_READ | PROT_WRITE, &mem);
	if (err) {
		sys.close(fd);
		return err;
	}
	if (!r->head) {
		r->head = mem;
		r->event = fd;
	}
	c->fds[c->events++] = fd;
	return 0;
}

int look_on_core_open(const pid_t *threads, unsigned n, struct look_on_core **out)
{
	struct look_on_core *c = sys.alloc(sizeof *c);
	if (!c)
		return -ENOMEM;
	long cores = sysconf(_SC_NPROCESSORS_CONF);
	c->cores = cores < CORES_MOST ? (unsigned)cores : CORES_MOST;
	c->page = (size_t)sysconf(_SC_PAGESIZE);
	int first = n ? 0 : -ESRCH;
	for (unsigned i = 0; i < n && c->events + c->cores <= EVENTS_MOST; i++)
		for (unsigned core = 0; core < c->cores; core++) {
			int err = add(c, threads[i], core); /* -ENODEV: a core that is switched off */
			if (err && err != -ENODEV && err != -ESRCH)
				first = first ? first : err;
			if (err && err != -ENODEV)
				break;
		}
	if (c->events) {
		*out = c;
		return 0;
	}
	look_on_core_close(c);
	return first ? first : -ESRCH;
}

void look_on_core_close(struct look_on_core *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->cores; i++)
		if (c->rings[i].head)
			sys.unmap(c->rings[i].head, (1 + PAGES) * c->page);
	for (unsigned i = 0; i < c->events; i++)
		sys.close(c->fds[i]);
	sys.free(c);
}

/* A note may wrap around the end of its ring. */
static void copy(void *to, const char *ring, size_t bytes, uint64_t at, size_t len)
{
	size_t from = at % bytes, first = len < bytes - from ? len : bytes - from;
	memcpy(to, ring + from, first);
	memcpy((char *)to + first, ring, len - first);
}

static void read_ring(struct ring *r, size_t page, look_on_core_fn *fn, void *arg)
{
	const char *data = (const char *)r->head + page;
	uint64_t at = r->head->data_tail;
	/* The kernel writes a note before it moves the head, and we read it before we move the tail. */
	uint64_t end = at_load(&r->head->data_head, ACQUIRE);
	while (at < end) {
		struct note note;
		copy(&note.header, data, PAGES * page, at, sizeof note.header);
		if (note.header.size < sizeof note.header)
			break;
		if (note.header.type == PERF_RECORD_SAMPLE && note.header.size >= sizeof note) {
			copy(&note, data, PAGES * page, at, sizeof note);
			fn(arg, (pid_t)note.tid, note.ip);
		}
		at += note.header.size;
	}
	at_store(&r->head->data_tail, end, RELEASE);
}

void look_on_core_read(struct look_on_core *c, look_on_core_fn *fn, void *arg)
{
	for (unsigned i = 0; i < c->cores; i++)
		if (c->rings[i].head)
			read_ring(&c->rings[i], c->page, fn, arg);
}
