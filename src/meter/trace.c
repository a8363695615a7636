#include "meter/trace.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/sys.h"
#include "meter/trace_json.h"

#define PERIOD_NS (50 * HOB_MS)

enum { RUNS, HURRIES, ENDS };

struct trace {
	struct trace *next; /* of those under way, under traces_lock */
	pthread_t thread;
	atomic_of(uint32_t) state;
	atomic_of(uint32_t) numbers;
	struct lock lock; /* of the list of rings: only ever added to */
	struct trace_ring *rings;
	struct stamp_origin origin;
	struct trace_json *json;
	pid_t process; /* whose thread it is: a child that was forked has none */
	bool ended;
};

/* What exit(3) finds. */
static struct lock traces_lock;
static struct trace *traces;

void trace_put(struct trace_ring *r, const struct trace_event *e)
{
	uint32_t tail = at_load(&r->tail, RELAXED), n = tail - at_load(&r->head, ACQUIRE);
	uint32_t was = RUNS;

	if (n == TRACE_RING) {
		at_store(&r->dropped, at_load(&r->dropped, RELAXED) + 1, RELAXED);
		return;
	}
	r->at[tail % TRACE_RING] = *e;
	at_store(&r->tail, tail + 1, RELEASE);
	if (n == TRACE_RING / 2 && at_cas(&r->trace->state, &was, HURRIES, RELAXED))
		futex_wake(&r->trace->state, 1);
}

static void drain(struct trace *t, struct trace_ring *r)
{
	uint32_t head = at_load(&r->head, RELAXED), tail = at_load(&r->tail, ACQUIRE);

	if (head != tail && !r->named) {
		trace_json_thread(t->json, r->thread, r->name);
		r->named = true;
	}
	for (; head != tail; head++) {
		trace_json_put(t->json, r->thread, &r->at[head % TRACE_RING]);
		at_store(&r->head, head + 1, RELEASE);
	}
}

static void drain_all(struct trace *t)
{
	struct trace_ring *r;

	trace_json_scale(t->json, stamp_scale(t->origin));
	lock(&t->lock);
	r = t->rings;
	unlock(&t->lock);
	for (; r; r = r->next)
		drain(t, r);
	trace_json_flush(t->json);
}

static void *write_on(void *arg)
{
	struct trace *t = arg;
	uint32_t state, was;

	while ((state = at_load(&t->state, ACQUIRE)) != ENDS) {
		was = HURRIES;
		if (state == RUNS) /* first, too: the scale of the stamps is known the better, the later */
			futex_wait(&t->state, RUNS, sys.now() + PERIOD_NS);
		at_cas(&t->state, &was, RUNS, RELAXED);
		drain_all(t);
	}
	drain_all(t);
	return NULL;
}

int trace_create(struct trace **out, const char *file, struct sites *sites, struct stamp_origin origin)
{
	struct trace *t = sys.alloc(sizeof *t);
	int err = -ENOMEM;

	if (!t)
		return err;
	t->origin = origin;
	t->process = getpid();
	err = trace_json_create(&t->json, file, sites, origin.stamp);
	if (!err) {
		err = sys.thread_create(&t->thread, write_on, t);
		if (err)
			trace_json_finish(t->json, &(struct trace_count){ 0 });
	}
	if (err) {
		sys.free(t);
		return err;
	}
	lock(&traces_lock);
	t->next = traces;
	traces = t;
	unlock(&traces_lock);
	*out = t;
	return 0;
}

struct trace_ring *trace_ring(struct trace *t, uint32_t thread, const char *name)
{
	struct trace_ring *r = sys.alloc_aligned(64, sizeof *r);

	if (!r)
		return NULL;
	r->trace = t;
	r->thread = thread;
	snprintf(r->name, sizeof r->name, "%s", name);
	lock(&t->lock);
	r->next = t->rings;
	t->rings = r;
	unlock(&t->lock);
	return r;
}

uint32_t trace_number(struct trace *t)
{
	return at_add(&t->numbers, 1, RELAXED) + 1;
}

/* Under the lock of all traces. */
static void end(struct trace *t)
{
	if (t->ended || t->process != getpid())
		return;
	t->ended = true;
	at_swap(&t->state, ENDS, ACQ_REL);
	futex_wake(&t->state, 1);
	sys.thread_join(t->thread);
}

static void remove_from_list(struct trace *t)
{
	struct trace **at = &traces;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
}

int trace_finish(struct trace *t, struct trace_count *out)
{
	int err;

	lock(&traces_lock);
	end(t);
	remove_from_list(t);
	unlock(&traces_lock);
	*out = (struct trace_count){ 0 };
	for (struct trace_ring *r = t->rings, *next; r; r = next) {
		next = r->next;
		out->dropped += at_load(&r->dropped, RELAXED);
		sys.free(r);
	}
	err = trace_json_finish(t->json, out);
	sys.free(t);
	return err;
}

/* A program that calls exit(3) in a task: the others may still run, and tell what nobody reads any more. */
static __attribute__((destructor)) void at_exit(void)
{
	lock(&traces_lock);
	for (struct trace *t = traces; t; t = t->next)
		end(t);
	unlock(&traces_lock);
}
