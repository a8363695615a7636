/* Scopes: who lives in one, the wait for their end, and cancellation from the top down. */
#include "sched/scope.h"

#include <errno.h>

#include "base/check.h"
#include "base/sys.h"
#include "sched/worker.h"

static void init(struct hob_scope *s, struct runtime *rt, struct hob_scope *parent)
{
	s->rt = rt;
	s->parent = parent;
	list_init(&s->sibling);
	list_init(&s->tasks);
	list_init(&s->children);
}

void scope_init_root(struct hob_scope *s, struct runtime *rt)
{
	init(s, rt, NULL);
	s->linked = true;
}

static bool linked(struct hob_scope *s)
{
	return at_load(&s->linked, ACQUIRE);
}

/* Under the parent's lock: from here on the scope can be found by who comes from above, once that lock is released.
 * Whoever else wants to be the first waits for that lock, and finds it done. */
static void link_here(struct hob_scope *s)
{
	list_push(&s->parent->children, &s->sibling);
	if (at_load(&s->parent->cancelled, RELAXED))
		at_store(&s->cancelled, 1, RELAXED);
}

static bool enter_here(struct hob_scope *s, struct task *t, bool forced)
{
	bool open = forced || !at_load(&s->cancelled, RELAXED);

	if (open) {
		list_push(&s->tasks, &t->in_scope);
		at_store(&s->empty, false, RELAXED);
	}
	return open;
}

/* Links the scope to its parent; with its first task by the same lock. False: somebody else was faster. */
static __attribute__((noinline)) bool link_first(struct hob_scope *s, struct task *t, bool forced, bool *open)
{
	struct lock *above = &s->parent->lock;
	bool mine;

	lock(above);
	mine = !linked(s);
	if (mine) {
		link_here(s);
		if (t)
			*open = enter_here(s, t, forced);
		at_store(&s->linked, true, RELEASE);
	}
	unlock(above);
	return mine;
}

bool scope_enter(struct hob_scope *s, struct task *t, bool forced)
{
	bool open;

	if (!linked(s) && link_first(s, t, forced, &open))
		return open;
	lock(&s->lock);
	open = enter_here(s, t, forced);
	unlock(&s->lock);
	return open;
}

/* By a task that is still in the scope, so that it is there to be cancelled. */
static void keep_error(struct hob_scope *s, int error)
{
	bool first;

	lock(&s->lock);
	first = !s->error;
	if (first)
		s->error = error;
	unlock(&s->lock);
	if (first && s->cancels_on_error)
		hob_scope_cancel(s);
}

/* Under the lock. */
static struct ending *take_waiter(struct hob_scope *s)
{
	struct ending *e = s->waiter;

	s->waiter = NULL;
	if (e) {
		e->error = s->error;
		at_store(&s->empty, true, RELAXED); /* he hears it by being told */
	}
	return e;
}

static void tell(struct ending *e)
{
	struct task *t = e->task; /* before: the waiter may leave once it is told */

	at_store(&e->told, true, RELEASE);
	task_unpark(t);
}

void scope_leave(struct task *t, struct task *ended, int result)
{
	struct hob_scope *s = t->scope;
	struct task *drainer = NULL;
	struct ending *waiter = NULL;

	if (result < 0)
		keep_error(s, result);
	lock(&s->lock);
	list_remove(&t->in_scope);
	for (; ended; ended = ended->next)
		list_remove(&ended->in_scope);
	if (list_empty(&s->tasks)) {
		waiter = take_waiter(s);
		drainer = s->drainer;
	}
	unlock(&s->lock);
	if (waiter)
		tell(waiter);
	/* It may have seen the end by itself and be gone: then this is a spurious wake for whoever is there. */
	if (drainer)
		task_unpark(drainer);
}

/* So many ended scopes a worker keeps: none where somebody looks for those that are used after their end. */
#ifdef HOB_DEBUG
#define KEPT_MAX 0u
#else
#define KEPT_MAX 1024u
#endif

static struct hob_scope *take_kept(struct worker *w)
{
	struct hob_scope *s = w->scopes;

	if (!s)
		return NULL;
	w->scopes = s->parent;
	w->nscopes--;
	*s = (struct hob_scope){ 0 };
	return s;
}

static void keep(struct hob_scope *s)
{
	struct worker *w = worker_self();

	if (!w || w->nscopes + 1 > KEPT_MAX) {
		sys.free(s);
		return;
	}
	s->parent = w->scopes;
	w->scopes = s;
	w->nscopes++;
}

void scopes_free(struct hob_scope *list)
{
	for (struct hob_scope *next; list; list = next) {
		next = list->parent;
		sys.free(list);
	}
}

int hob_scope_create(struct hob_scope **out)
{
	return hob_scope_create_with(out, NULL);
}

int hob_scope_create_with(struct hob_scope **out, const struct hob_scope_options *opts)
{
	struct task *t = task_self();
	struct hob_scope *s;

	if (!t)
		return -EPERM;
	s = take_kept(worker_self());
	if (!s)
		s = sys.alloc(sizeof *s);
	if (!s)
		return -ENOMEM;
	init(s, t->scope->rt, t->scope);
	at_store(&s->cancelled, at_load(&t->scope->cancelled, RELAXED), RELAXED);
	s->cancels_on_error = opts && opts->cancel_on_error;
	*out = s;
	return 0;
}

/* 1 if no task is left, with the first error; otherwise 0, and the caller is registered to be told of the end; -EBUSY
 * for a second one. */
static int enlist(struct hob_scope *s, struct ending *e)
{
	int answer = 0;

	if (!linked(s)) /* there was never a task */
		return 1;
	lock(&s->lock);
	if (list_empty(&s->tasks)) {
		e->error = s->error;
		at_store(&s->empty, true, RELAXED);
		answer = 1;
	} else if (s->waiter) {
		answer = -EBUSY;
	} else {
		s->waiter = e;
	}
	unlock(&s->lock);
	return answer;
}

/* The wait is given up, unless the end has come: then its teller is on the way. */
static bool withdraw(struct hob_scope *s, const struct ending *e)
{
	bool mine;

	lock(&s->lock);
	mine = s->waiter == e;
	if (mine)
		s->waiter = NULL;
	unlock(&s->lock);
	return mine;
}

/* 0 once no task is left, and the first error of one. */
static inline __attribute__((always_inline)) int wait_end(struct hob_scope *s, hob_time deadline, enum park how,
							  int *error)
{
	struct task *t = task_self();
	struct ending e = { .task = t };
	int answer, err = 0;

	if (!t)
		return -EPERM;
	if (t->scope == s) /* it would wait for itself */
		return -EDEADLK;
	answer = enlist(s, &e);
	if (answer < 0)
		return answer;
	while (answer == 0 && !at_load(&e.told, ACQUIRE)) {
		task_waits_for(t, s);
		err = task_park(WHY_SCOPE, deadline, how);
		if (err && withdraw(s, &e))
			return err;
		if (err) {
			deadline = HOB_NEVER;
			how = PARK_SHIELDED;
		}
	}
	*error = e.error;
	return 0;
}

int hob_scope_wait(struct hob_scope *s, hob_time deadline)
{
	int error, err = wait_end(s, deadline, PARK_CANCELLABLE, &error);

	return err ? err : error;
}

static void cancel_here(struct hob_scope *s)
{
	at_store(&s->cancelled, 1, SEQ_CST);
	for (struct link *l = s->tasks.next; l != &s->tasks; l = l->next)
		task_unpark(container_of(l, struct task, in_scope));
}

/* The next scope of the subtree under `top` in preorder after `s`, locked; NULL at the end. The locks of all scopes
 * from `top` to the one at hand are held, and no recursion is needed: scopes nest as deep as memory reaches. Where
 * `fresh`, passes by those that are cancelled, and so by all below them. */
static struct hob_scope *preorder_next(struct hob_scope *s, const struct hob_scope *top, bool fresh)
{
	struct link *at = s->children.next;
	struct hob_scope *parent = s;

	for (;;) {
		for (; at != &parent->children; at = at->next) {
			struct hob_scope *child = container_of(at, struct hob_scope, sibling);

			lock(&child->lock); /* also waits for whoever is still about to cancel all below it */
			if (!fresh || !at_load(&child->cancelled, RELAXED))
				return child;
			unlock(&child->lock);
		}
		unlock(&parent->lock);
		if (parent == top)
			return NULL;
		at = parent->sibling.next;
		parent = parent->parent;
	}
}

void hob_scope_cancel(struct hob_scope *s)
{
	if (!linked(s))
		link_first(s, NULL, false, NULL);
	lock(&s->lock);
	if (at_load(&s->cancelled, RELAXED)) {
		unlock(&s->lock);
		return;
	}
	for (struct hob_scope *at = s; at; at = preorder_next(at, s, true))
		cancel_here(at);
}

int hob_shield_begin(void)
{
	struct task *t = task_self();

	if (!t)
		return -EPERM;
	ALWAYS(t->shields < UINT16_MAX);
	t->shields++;
	return 0;
}

void hob_shield_end(void)
{
	struct task *t = task_self();

	ALWAYS(t && t->shields);
	t->shields--;
}

/* Finds a scope below `top` that still has tasks, and registers for its end. */
static bool await_one(struct hob_scope *top, struct task *t)
{
	struct hob_scope *at = top;

	lock(&top->lock);
	while ((at = preorder_next(at, top, false))) {
		if (list_empty(&at->tasks))
			continue;
		at->drainer = t;
		for (struct hob_scope *up = at, *next; up; up = next) {
			next = up == top ? NULL : up->parent;
			unlock(&up->lock);
		}
		return true;
	}
	return false;
}

void scope_drain(struct hob_scope *s)
{
	hob_scope_cancel(s); /* from here on no task enters, so this ends */
	while (await_one(s, task_self())) {
		task_waits_for(task_self(), s);
		task_park(WHY_SCOPE, HOB_NEVER, PARK_SHIELDED);
	}
}

/* Cancels and waits, unless it is known to be at its end. */
static void end(struct hob_scope *s)
{
	bool empty;
	int error;

	if (at_load(&s->empty, RELAXED))
		return;
	lock(&s->lock);
	empty = list_empty(&s->tasks) && list_empty(&s->children);
	unlock(&s->lock);
	if (empty)
		return;
	hob_scope_cancel(s);
	ALWAYS(wait_end(s, HOB_NEVER, PARK_SHIELDED, &error) == 0); /* by one task, outside of the scope */
}

void hob_scope_destroy(struct hob_scope *s)
{
	if (!s)
		return;
	if (linked(s)) {
		end(s);
		lock(&s->parent->lock);
		list_remove(&s->sibling);
		unlock(&s->parent->lock);
	}
	ALWAYS(list_empty(&s->children)); /* scopes below it are destroyed first */
	keep(s);
}
