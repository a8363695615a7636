#include "look/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "look/file.h"
#include "look/stat.h"

enum { WORKERS_MOST = 8192, CHUNKS_MOST = 1 << 17 };

const char *look_task_state_name(enum look_task_state s)
{
	static const char *const names[] = { "compute", "wait", "ready", "held" };

	return names[s];
}

/* Is the thread asleep in the kernel? Where its number is another namespace's, what the monitor saw must do. */
static bool is_held(const struct look_page *p, uint32_t tid, bool marked)
{
	struct look_stat st;
	char path[64], text[512];
	ssize_t len;

	snprintf(path, sizeof path, "/proc/%d/task/%u/stat", p->pid, tid);
	len = look_file(path, text, sizeof text);
	if (len <= 0 || look_stat_parse(text, (size_t)len, &st))
		return marked;
	return st.state == 'S' || st.state == 'D';
}

/* Sums of what may be anything: they stop at the end. */
static void add(int64_t *to, double n)
{
	double sum = (double)*to + n;

	*to = sum > 0 && sum < 4e18 ? (int64_t)sum : sum > 0 ? (int64_t)4e18 : 0;
}

static double number(const char *row, size_t at)
{
	int64_t n;

	memcpy(&n, row + at, sizeof n);
	return (double)n;
}

static void add_row(const struct look_page *p, struct look_site *s, const char *row)
{
	const uint32_t *at = p->head.at;

	add(&s->ended, number(row, at[PAGE_ENDED]));
	add(&s->compute, number(row, at[PAGE_COMPUTE]) * p->ns);
	add(&s->ready, number(row, at[PAGE_READY]) * p->ns);
	add(&s->held, number(row, at[PAGE_HELD]) * p->ns);
	for (unsigned why = 0; why < p->head.whys; why++)
		add(&s->wait, number(row, at[PAGE_WAIT] + 8 * why) * p->ns);
}

/* A worker's sums. */
static int add_rows(const struct look_page *p, struct look_hob *h, uint64_t address)
{
	size_t bytes = p->head.at[PAGE_ROW_SIZE];
	char *rows = sys.alloc(p->head.sites * bytes);
	int err = rows ? look_page_read(p, address, rows, p->head.sites * bytes) : -ENOMEM;

	for (unsigned i = 0; !err && i < p->head.sites; i++)
		add_row(p, &h->sites[i], rows + i * bytes);
	sys.free(rows);
	return err == -ENOMEM ? err : 0; /* one that has none yet */
}

static int read_worker(const struct look_page *p, struct look_hob *h, uint64_t address, char *copy)
{
	struct look_worker *w = &h->workers[h->nworkers];
	int err = look_page_read(p, address, copy, p->head.at[PAGE_WORKER_SIZE]);

	if (err)
		return err;
	*w = (struct look_worker){
		.index = look_u32(p, copy, PAGE_INDEX),
		.tid = look_u32(p, copy, PAGE_TID),
		.asleep = !look_u8(p, copy, PAGE_AWAKE),
		.deposed = look_u8(p, copy, PAGE_DEPOSED) != 0,
		.current = look_u64(p, copy, PAGE_CURRENT),
		.busy_ns = look_page_age(p, (int64_t)look_u64(p, copy, PAGE_SINCE)),
	};
	w->held = w->current && is_held(p, w->tid, look_u32(p, copy, PAGE_MARKED) == look_u32(p, copy, PAGE_RUNS));
	h->nworkers++;
	return add_rows(p, h, look_u64(p, copy, PAGE_ROWS));
}

static int read_workers(const struct look_page *p, struct look_hob *h, const char *rt)
{
	uint64_t queues = look_u64(p, rt, PAGE_QUEUES), first = look_u64(p, rt, PAGE_WORKERS), address;
	uint64_t bytes = (uint64_t)look_u32(p, rt, PAGE_MOST) * p->head.at[PAGE_WORKER_SIZE];
	uint32_t n = look_u32(p, rt, PAGE_NQUEUES);
	char *copy;
	int err = 0;

	if (n > WORKERS_MOST)
		return -EPROTO;
	h->workers = sys.alloc((n + 1) * sizeof *h->workers);
	copy = sys.alloc(p->head.at[PAGE_WORKER_SIZE]);
	if (!h->workers || !copy)
		err = -ENOMEM;
	for (uint32_t i = 0; !err && i < n; i++) {
		err = look_page_read(p, queues + 8 * i, &address, sizeof address);
		if (!err)
			err = read_worker(p, h, address, copy);
		if (!err)
			h->workers[i].spare = address - first >= bytes;
	}
	sys.free(copy);
	return err;
}

static void read_sites(const struct look_page *p, struct look_hob *h, const char *rt)
{
	for (unsigned i = 0; i < h->nsites; i++) {
		const char *s = rt + p->head.at[PAGE_SITES] + i * p->head.at[PAGE_SITE_SIZE];

		h->sites[i].fn = look_u64(p, s, PAGE_FN);
		h->sites[i].caller = look_u64(p, s, PAGE_CALLER);
	}
}

int look_hob_read(const struct look_page *p, struct look_hob *out)
{
	char *rt = sys.alloc(p->head.at[PAGE_RUNTIME_SIZE]);
	int err = -ENOMEM;

	*out = (struct look_hob){ .nsites = p->head.sites };
	out->sites = sys.alloc(out->nsites * sizeof *out->sites);
	if (rt && out->sites)
		err = look_page_read(p, p->head.runtime, rt, p->head.at[PAGE_RUNTIME_SIZE]);
	if (!err) {
		out->allowed = look_u32(p, rt, PAGE_ALLOWED);
		read_sites(p, out, rt);
		err = read_workers(p, out, rt);
	}
	sys.free(rt);
	if (err)
		look_hob_free(out);
	return err;
}

void look_hob_free(struct look_hob *h)
{
	sys.free(h->workers);
	sys.free(h->sites);
	*h = (struct look_hob){ 0 };
}

/* Tasks ----------------------------------------------------------------------------------------------------------- */

static int worker_of(const struct look_hob *h, uint64_t task)
{
	for (unsigned i = 0; i < h->nworkers; i++)
		if (h->workers[i].current == task)
			return (int)i;
	return -1;
}

/* False: there is none at this place. */
static bool take_apart(const struct look_page *p, const struct look_hob *h, const char *copy, uint64_t address,
		       struct look_task *t)
{
	uint64_t link = look_u64(p, copy, PAGE_IN_SCOPE);

	if (!link || link == address + p->head.at[PAGE_IN_SCOPE])
		return false;
	*t = (struct look_task){
		.address = address,
		.site = look_u8(p, copy, PAGE_SITE) % p->head.sites,
		.worker = worker_of(h, address),
		.stamp = (int64_t)look_u64(p, copy, PAGE_STAMP),
		.sp = look_u64(p, copy, PAGE_SP),
		.scope = look_u64(p, copy, PAGE_SCOPE),
	};
	t->for_ns = look_page_age(p, t->stamp);
	if (t->sp) /* before that it is the function's address */
		t->life = look_u64(p, copy, PAGE_LIFE);
	t->state = LOOK_TASK_READY;
	if (look_u32(p, copy, PAGE_PERMIT) == PAGE_PARKED) {
		t->state = LOOK_TASK_WAIT;
		t->why = look_u8(p, copy, PAGE_WHY) % p->head.whys;
		t->object = look_u64(p, copy, PAGE_FOR);
		t->worker = -1;
	} else if (t->worker >= 0) {
		const struct look_worker *w = &h->workers[t->worker];

		t->state = w->held ? LOOK_TASK_HELD : LOOK_TASK_COMPUTE;
		t->for_ns = w->busy_ns;
	}
	return true;
}

int look_tasks(const struct look_page *p, const struct look_hob *h, look_task_fn *fn, void *arg)
{
	size_t bytes = p->head.at[PAGE_CHUNK_SIZE];
	char *chunk = sys.alloc(bytes);
	uint64_t at = 0;
	int err = chunk ? look_page_read(p, p->head.runtime + p->head.at[PAGE_CHUNKS], &at, sizeof at) : -ENOMEM;

	for (unsigned n = 0; !err && at; n++, at = look_u64(p, chunk, PAGE_NEXT)) {
		err = n < CHUNKS_MOST ? look_page_read(p, at, chunk, bytes) : -EPROTO;
		for (unsigned i = 0; !err && i < p->head.chunk_tasks; i++) {
			uint64_t offset = p->head.at[PAGE_TASKS] + (uint64_t)i * p->head.at[PAGE_TASK_SIZE];
			struct look_task t;

			if (!take_apart(p, h, chunk + offset, at + offset, &t))
				continue;
			t.number = look_u32(p, chunk, PAGE_FIRST) + i;
			err = fn(arg, &t);
		}
	}
	sys.free(chunk);
	return err;
}

bool look_task_stays(const struct look_page *p, const struct look_task *t)
{
	int64_t stamp;

	return !look_page_read(p, t->address + p->head.at[PAGE_STAMP], &stamp, sizeof stamp) && stamp == t->stamp;
}

int64_t look_task_age(const struct look_page *p, const struct look_task *t)
{
	uint64_t born;

	if (!t->sp && t->worker < 0) /* it has waited for its begin since then */
		return t->for_ns;
	if (!t->life || look_page_read(p, t->life + p->head.at[PAGE_BORN], &born, sizeof born))
		return -1;
	return look_page_age(p, (int64_t)born);
}

void look_task_name(const struct look_page *p, const struct look_task *t, char *out, size_t size)
{
	char name[PAGE_NAME_BYTES + 1] = { 0 };
	uint64_t extra;

	if (t->life && !look_page_read(p, t->life + p->head.at[PAGE_EXTRA], &extra, sizeof extra) && extra)
		if (look_page_read(p, extra, name, PAGE_NAME_BYTES))
			name[0] = '\0';
	snprintf(out, size, "%s", name);
}

uint32_t look_task_owner(const struct look_page *p, const struct look_task *t)
{
	uint32_t owner = 0;

	if (t->state != LOOK_TASK_WAIT || strcmp(p->head.why[t->why], "mutex") || !t->object)
		return 0;
	return look_page_read(p, t->object + PAGE_MUTEX_OWNER, &owner, sizeof owner) ? 0 : owner;
}
