/* The page of a runtime: one memfd, mapped once as far as it will ever reach, and opened up as it is used.
 *
 * It is sealed against growing, shrinking and every writer but us; so whoever has it mapped cannot be hit by a signal,
 * and needs no trust.
 *
 * What a process forked from this one wrote there would be written here, so it does not inherit the page
 * (MADV_DONTFORK). But it goes on as the task that forked, if one did, until it executes another program: so fork(3)
 * gives it a copy in the same place, of what was there at the fork. */
#include "sched/page.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/check.h"
#include "base/sys.h"
#include "fiber/annotate.h"
#include "meter/page.h"
#include "sched/account.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x10
#endif

#define ROOM ((size_t)256 << 20)     /* addresses, not memory: for two million tasks */
#define ROOM_SMALL ((size_t)8 << 20) /* where there is a limit to those */
#define STEP ((size_t)256 << 10)     /* so much is opened up first, then as much as there is */
#define STEP_MAX ((size_t)16 << 20)

struct page {
	struct page_head *head; /* where it lies */
	size_t room;
	int fd;     /* -1: this is a copy, in a child */
	void *copy; /* for a child that is about to be */
	struct page *next;
	struct lock lock; /* of what follows */
	size_t used, open;
};

static struct lock pages_lock;
static struct page *pages; /* all of the process */

/* Forks: under pages_lock from before to after. */

static void copy(struct page *p)
{
	size_t at = 0;
	ssize_t n;

	if (p->fd < 0 || sys.map(p->open, PROT_READ | PROT_WRITE, &p->copy)) {
		p->copy = NULL; /* where memory is short the child had better execute another program */
		return;
	}
	while (at < p->used && (n = sys.pread(p->fd, (char *)p->copy + at, p->used - at, (off_t)at)) > 0)
		at += (size_t)n;
}

static void before_fork(void)
{
	lock(&pages_lock);
	for (struct page *p = pages; p; p = p->next) {
		lock(&p->lock);
		copy(p);
	}
}

static void after_fork(void)
{
	for (struct page *p = pages; p; p = p->next) {
		if (p->copy)
			sys.unmap(p->copy, p->open);
		p->copy = NULL;
		unlock(&p->lock);
	}
	unlock(&pages_lock);
}

static void in_child(void)
{
	for (struct page *p = pages; p; p = p->next) {
		if (p->copy && sys.move(p->copy, p->open, p->head) == 0)
			p->copy = NULL;
		if (p->fd >= 0) /* it is the page of another process */
			sys.close(p->fd);
		p->fd = -1;
	}
	after_fork();
}

/* Whole lines of the cache. */
static size_t lines(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

static int prepare(void *mem, size_t room, int fd)
{
	int err = sys.protect(mem, STEP, PROT_READ | PROT_WRITE);

	if (!err)
		err = sys.advise(mem, room, MADV_DONTFORK);
	if (!err) /* or a core file has all the room, as zeros */
		err = sys.advise((char *)mem + STEP, room - STEP, MADV_DONTDUMP);
	if (!err)
		err = sys.seal(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
	return err;
}

static int make(struct page *p, size_t room)
{
	void *mem;
	int err = sys.ftruncate(p->fd, (off_t)room);

	if (!err)
		err = sys.map_shared(p->fd, room, PROT_NONE, &mem);
	if (err)
		return err;
	err = prepare(mem, room, p->fd);
	if (err) {
		sys.unmap(mem, room);
		return err;
	}
	annotate_stack_out(mem, room);
	p->head = mem;
	p->room = p->head->room = room;
	p->used = lines(sizeof *p->head);
	p->open = STEP;
	return 0;
}

static int enlist(struct page *p)
{
	static bool prepared;
	int err = 0;

	lock(&pages_lock);
	if (!prepared)
		err = -pthread_atfork(before_fork, after_fork, in_child);
	prepared = !err;
	if (!err) {
		p->next = pages;
		pages = p;
	}
	unlock(&pages_lock);
	return err;
}

static void delist(struct page *p)
{
	lock(&pages_lock);
	for (struct page **at = &pages; *at; at = &(*at)->next)
		if (*at == p) {
			*at = p->next;
			break;
		}
	unlock(&pages_lock);
}

struct page *page_create(void)
{
	struct page *p = sys.alloc(sizeof *p);

	if (!p)
		return NULL;
	p->fd = sys.memfd(PAGE_NAME);
	if (p->fd >= 0 && (make(p, ROOM) == 0 || make(p, ROOM_SMALL) == 0) && enlist(p) == 0)
		return p;
	page_destroy(p);
	return NULL;
}

void page_destroy(struct page *p)
{
	if (!p)
		return;
	delist(p);
	if (p->head) {
		annotate_stack_back(p->head, p->room);
		sys.unmap(p->head, p->room);
	}
	if (p->fd >= 0)
		sys.close(p->fd);
	sys.free(p);
}

/* Under the lock. */
static bool open_up(struct page *p, size_t end)
{
	size_t step = p->open < STEP_MAX ? p->open : STEP_MAX;
	char *from = (char *)p->head + p->open;

	while (p->open + step < end)
		step += STEP_MAX;
	if (p->open + step > p->room)
		return false;
	if (p->fd < 0 || sys.protect(from, step, PROT_READ | PROT_WRITE))
		return false;
	sys.advise(from, step, MADV_DODUMP); /* where it fails a core file lacks it */
	p->open += step;
	return true;
}

static void *take(struct page *p, size_t bytes)
{
	void *mem = NULL;

	bytes = lines(bytes);
	lock(&p->lock);
	if (p->used + bytes <= p->open || open_up(p, p->used + bytes)) {
		mem = (char *)p->head + p->used;
		p->used += bytes;
	}
	unlock(&p->lock);
	return mem;
}

void *page_alloc(struct page *p, size_t bytes)
{
	void *mem = p ? take(p, bytes) : NULL;

	return mem ? mem : sys.alloc_aligned(64, bytes);
}

void page_free(struct page *p, void *mem)
{
	char *at = mem;

	if (!p || at < (char *)p->head || at >= (char *)p->head + p->room)
		sys.free(mem);
}

#define AT(field, type, member) [field] = offsetof(type, member)

static const uint32_t at[PAGE_FIELDS] = {
	AT(PAGE_QUEUES, struct runtime, queues),
	AT(PAGE_NQUEUES, struct runtime, nqueues),
	AT(PAGE_WORKERS, struct runtime, workers),
	AT(PAGE_MOST, struct runtime, most),
	AT(PAGE_ALLOWED, struct runtime, allowed),
	AT(PAGE_SPARES_BUSY, struct runtime, spares_busy),
	AT(PAGE_CHUNKS, struct runtime, tasks.chunks),
	AT(PAGE_SITES, struct runtime, sites),
	[PAGE_RUNTIME_SIZE] = sizeof(struct runtime),
	AT(PAGE_CURRENT, struct worker, current),
	AT(PAGE_RUNS, struct worker, runs),
	AT(PAGE_MARKED, struct worker, mark.run),
	AT(PAGE_SINCE, struct worker, stamp),
	AT(PAGE_AWAKE, struct worker, awake),
	AT(PAGE_DEPOSED, struct worker, deposed),
	AT(PAGE_INDEX, struct worker, index),
	AT(PAGE_TID, struct worker, tid),
	AT(PAGE_ROWS, struct worker, rows),
	[PAGE_WORKER_SIZE] = sizeof(struct worker),
	AT(PAGE_NEXT, struct slab_chunk, next),
	AT(PAGE_FIRST, struct slab_chunk, first),
	AT(PAGE_TASKS, struct slab_chunk, tasks),
	[PAGE_CHUNK_SIZE] = sizeof(struct slab_chunk),
	AT(PAGE_IN_SCOPE, struct task, in_scope),
	AT(PAGE_SP, struct task, fiber.sp),
	AT(PAGE_STAMP, struct task, stamp),
	AT(PAGE_PERMIT, struct task, permit),
	AT(PAGE_WHY, struct task, why),
	AT(PAGE_SITE, struct task, site),
	AT(PAGE_FOR, struct task, waits_for),
	AT(PAGE_SCOPE, struct task, scope),
	AT(PAGE_LIFE, struct task, life),
	[PAGE_TASK_SIZE] = sizeof(struct task),
	AT(PAGE_BORN, struct life, born),
	AT(PAGE_EXTRA, struct life, extra),
	[PAGE_LIFE_SIZE] = sizeof(struct life),
	AT(PAGE_FN, struct site, fn),
	AT(PAGE_CALLER, struct site, caller),
	[PAGE_SITE_SIZE] = sizeof(struct site),
	AT(PAGE_ENDED, struct row, tasks),
	AT(PAGE_COMPUTE, struct row, compute),
	AT(PAGE_READY, struct row, ready),
	AT(PAGE_HELD, struct row, held),
	AT(PAGE_WAIT, struct row, wait),
	[PAGE_ROW_SIZE] = sizeof(struct row),
};

_Static_assert((int)WHYS <= (int)PAGE_WHYS, "the page has room for every reason");
_Static_assert((int)PERMIT_PARKED == (int)PAGE_PARKED, "readers know a task that waits by this");

void page_publish(struct page *p, struct runtime *rt)
{
	struct page_head *h;

	if (!p)
		return;
	h = p->head;
	h->version = PAGE_VERSION;
	h->bytes = sizeof *h;
	h->address = (uintptr_t)h;
	h->runtime = (uintptr_t)rt;
	h->stamp = rt->origin.stamp;
	h->ns = rt->origin.ns;
	h->counter = at_load(&stamp_counts, RELAXED);
	h->chunk_tasks = SLAB_BATCH;
	h->sites = SITES_MAX;
	h->whys = WHYS;
	for (int why = 0; why < WHYS; why++)
		snprintf(h->why[why], sizeof h->why[why], "%s", why_name((enum why)why));
	memcpy(h->at, at, sizeof at);
	at_store(&h->magic, PAGE_MAGIC, RELEASE);
}
