/* The birth and the end of a task.
 *
 * A task is given a stack when it is spawned, so that lack of memory is the spawner's error, but touches it at its
 * first run only. Then it takes the stack that this worker used last, warm in the cache, and leaves its own for later;
 * and if the task before it on this worker has just ended, it simply goes on upon that one's stack, without a switch.
 * So a thousand short tasks spawned at once use one stack between them.
 */
#include <errno.h>

#include "base/check.h"
#include "sched/account.h"
#include "sched/extra.h"
#include "sched/worker.h"

static void *take_slot(struct runtime *rt, struct worker *w)
{
	void *slot;

	if (!w)
		return stack_pool_get(rt->stacks, &slot, 1) ? slot : NULL;
	if (w->nslots == 0) { /* more at a time, the more are wanted */
		w->slot_batch = w->slot_batch ? 2 * w->slot_batch : 4;
		if (w->slot_batch > SLOT_BATCH)
			w->slot_batch = SLOT_BATCH;
		w->nslots = (unsigned)stack_pool_get(rt->stacks, w->slots, (int)w->slot_batch);
	}
	return w->nslots ? w->slots[--w->nslots] : NULL;
}

static void put_slot(struct runtime *rt, struct worker *w, void *slot)
{
	if (!w) {
		stack_pool_put(rt->stacks, &slot, 1);
		return;
	}
	if (w->nslots == SLOT_CACHE) { /* the least recently used half goes back */
		stack_pool_put(rt->stacks, w->slots, SLOT_BATCH);
		w->nslots -= SLOT_BATCH;
		for (unsigned i = 0; i < w->nslots; i++)
			w->slots[i] = w->slots[i + SLOT_BATCH];
	}
	w->slots[w->nslots++] = slot;
}

/* `next`, not begun, goes on where `t` has ended. */
static void take_over(struct worker *w, struct task *t, struct task *next)
{
	account_end(w, t);
	put_slot(w->rt, w, next->fiber.stack_low);
	next->fiber = t->fiber;
	at_store(&w->current, next, RELEASE);
}

/* Tasks of one scope that end one after the other on one stack leave it together, by one lock: the scope lasts as long
 * as the next of them anyway. They keep their memory until then, so they may not be many. */
#define ENDED_MAX (HOSTILE ? 2 : 16)

static int run(struct task *t, struct life *life)
{
	hob_task_fn *fn = t->fn;
	void *arg = t->arg;
	int result;

	account_born(worker_self(), t, life);
	t->lane = NULL;
	result = fn(arg);
	if (UNLIKELY(life->extra != NULL))
		extra_finish(t);
	if (UNLIKELY(t->lane != NULL))
		t->lane->let_go(t);
	return result;
}

/* `t` may leave its scope after `next`, on this stack: it is done well, and that one is of the same scope. */
static bool may_follow(const struct task *t, const struct task *next)
{
	return next && !next->fiber.sp && next->scope == t->scope;
}

static void leave(struct worker *w, struct task *t, struct task *ended, int result)
{
	scope_leave(t, ended, result);
	while (ended) {
		struct task *e = ended;

		ended = e->next;
		slab_put(&w->rt->tasks, &w->tasks, e);
	}
}

static void task_main(void *arg)
{
	struct task *t = arg, *ended = NULL;
	struct life life;
	unsigned nended = 0;

	worker_after_switch();
	for (;;) {
		int result = run(t, &life);
		struct worker *w = worker_self();
		bool looked = !at_load(&w->woken, RELAXED) && deque_length(&w->deque) > 0;
		struct task *next = looked ? worker_next(w) : NULL;

		if (result >= 0 && nended < ENDED_MAX && may_follow(t, next)) {
			t->next = ended;
			ended = t;
			nended++;
			take_over(w, t, next);
			t = next;
			continue;
		}
		leave(w, t, ended, result);
		ended = NULL;
		nended = 0;
		if (!looked)
			next = worker_next(w);
		if (!next || next->fiber.sp)
			fiber_switch_last(&t->fiber, worker_exit(w, t, next));
		take_over(w, t, next);
		slab_put(&w->rt->tasks, &w->tasks, t);
		t = next;
	}
}

void task_begin(struct worker *w, struct task *t)
{
	size_t bytes = stack_pool_slot_bytes(w->rt->stacks);
	void *slot = t->fiber.stack_low;

	if (w->nslots) {
		slot = w->slots[w->nslots - 1];
		w->slots[w->nslots - 1] = t->fiber.stack_low;
	}
	/* Slots are whole pages apart, so that the tops of all stacks would fall into the same few sets of the
	 * first-level cache: each begins at one of eight distances from its end, its neighbour at the next. */
	bytes -= ((uintptr_t)slot >> __builtin_ctzl(bytes)) % 8 * 128; /* bytes is an odd number of pages */
	fiber_init(&t->fiber, slot, bytes, task_main, t);
}

struct task *task_alloc(struct runtime *rt, struct worker *w)
{
	struct task *t = slab_take(&rt->tasks, w ? &w->tasks : NULL);

	if (!t)
		return NULL;
	t->fiber.sp = NULL;
	t->fiber.stack_low = take_slot(rt, w);
	if (t->fiber.stack_low)
		return t;
	slab_put(&rt->tasks, w ? &w->tasks : NULL, t);
	return NULL;
}

void task_init(struct task *t, struct hob_scope *s, hob_task_fn *fn, void *arg)
{
	t->why = WHY_NONE;
	t->shields = 0;
	t->site = SITE_OTHERS;
	at_store(&t->scope, s, RELAXED); /* a thief of jobs may be looking: see jobs.c */
	t->fn = fn;
	t->arg = arg;
	at_store(&t->timer.armed, false, RELAXED);
	account_spawn(t);
	at_store(&t->permit, PERMIT_NONE, RELAXED); /* a late waker of the task before may be looking */
}

struct task *task_create(struct runtime *rt, struct worker *w, struct hob_scope *s, hob_task_fn *fn, void *arg)
{
	struct task *t = task_alloc(rt, w);

	if (!t)
		return NULL;
	task_init(t, s, fn, arg);
	if (scope_enter(s, t, false))
		return t;
	task_free(rt, w, t);
	return NULL;
}

void task_free(struct runtime *rt, struct worker *w, struct task *t)
{
	put_slot(rt, w, t->fiber.stack_low);
	slab_put(&rt->tasks, w ? &w->tasks : NULL, t);
}

int task_spawn(struct hob_scope *s, hob_task_fn *fn, void *arg, hob_task_fn *named, void *caller)
{
	struct runtime *rt = s->rt;
	struct worker *w = worker_self();
	struct task *t;

	if (at_load(&s->cancelled, RELAXED))
		return -ECANCELED;
	t = task_create(rt, w && w->rt == rt ? w : NULL, s, fn, arg);
	if (!t)
		return at_load(&s->cancelled, RELAXED) ? -ECANCELED : -ENOMEM;
	t->site = (uint8_t)site_find(&rt->sites, named, caller);
	worker_ready(rt, t);
	return 0;
}

int hob_spawn(struct hob_scope *s, hob_task_fn *fn, void *arg)
{
	return task_spawn(s, fn, arg, fn, __builtin_return_address(0));
}
