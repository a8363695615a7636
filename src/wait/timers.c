#include "wait/timers.h"

#include "base/sys.h"
#include "sched/task.h"

/* A timer's children form a list through `next`; `prev` of the first is the parent, of the others the sibling
 * before. */

static struct timer *merge(struct timer *a, struct timer *b)
{
	struct timer *low, *high;

	if (!a || !b)
		return a ? a : b;
	low = b->when < a->when ? b : a;
	high = low == a ? b : a;
	high->prev = low;
	high->next = low->child;
	if (low->child)
		low->child->prev = high;
	low->child = high;
	low->next = low->prev = NULL;
	return low;
}

/* Merges a list of siblings into one heap: in pairs from the left, then the pairs from the right. */
static struct timer *merge_pairs(struct timer *first)
{
	struct timer *pairs = NULL, *all = NULL;

	while (first) {
		struct timer *a = first, *b = a->next, *pair;

		first = b ? b->next : NULL;
		a->next = a->prev = NULL;
		if (b)
			b->next = b->prev = NULL;
		pair = merge(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs) {
		struct timer *rest = pairs->next;

		pairs->next = NULL;
		all = merge(all, pairs);
		pairs = rest;
	}
	return all;
}

static void remove_timer(struct timers *ts, struct timer *t)
{
	struct timer *children = merge_pairs(t->child);

	t->child = NULL;
	if (t == ts->root) {
		ts->root = children;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next)
			t->next->prev = t->prev;
		ts->root = merge(ts->root, children);
	}
	t->next = t->prev = NULL;
	at_store(&t->armed, false, RELEASE);
}

static void publish_next(struct timers *ts)
{
	at_store(&ts->next, ts->root ? ts->root->when : HOB_NEVER, RELAXED);
}

void timers_init(struct timers *ts)
{
	*ts = (struct timers){ .next = HOB_NEVER };
}

void timers_start(struct timers *ts, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	lock(&ts->lock);
	at_store(&t->armed, true, RELAXED);
	ts->root = merge(ts->root, t);
	publish_next(ts);
	unlock(&ts->lock);
}

void timers_stop(struct timers *ts, struct timer *t)
{
	lock(&ts->lock);
	if (at_load(&t->armed, RELAXED)) { /* otherwise it fires at this moment */
		remove_timer(ts, t);
		publish_next(ts);
	}
	unlock(&ts->lock);
}

unsigned timers_fire(struct timers *ts)
{
	struct task *due[64];
	unsigned n, fired = 0;
	hob_time now;

	if (at_load(&ts->next, RELAXED) == HOB_NEVER)
		return 0;
	now = sys.now();
	do {
		n = 0;
		if (at_load(&ts->next, RELAXED) > now)
			break;
		lock(&ts->lock);
		while (n < 64 && ts->root && ts->root->when <= now) {
			struct timer *t = ts->root;

			due[n++] = timer_task(t);
			remove_timer(ts, t);
		}
		publish_next(ts);
		unlock(&ts->lock);
		for (unsigned i = 0; i < n; i++)
			task_unpark(due[i]);
		fired += n;
	} while (n == 64);
	return fired;
}
