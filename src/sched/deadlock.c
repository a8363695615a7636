/* A deadlock: every task waits for another one, or for what another one would have to do.
 *
 * Nobody looks for it. The monitor comes by whenever all workers have gone to sleep, since it then goes to sleep too,
 * and here it asks once why they did. It is one where
 *
 *   (a) every worker sleeps without end and no stand-in is about, nothing is queued, and no poller has an operation or
 *       a timer under way;
 *   (b) the process has no thread that could bring anything: only workers, parked stand-ins, the monitor and the idle
 *       threads of hob_blocking. Threads that the kernel runs for io_uring do not count;
 *   (c) every task is parked, for something that only a call of this library within the process can bring about (a
 *       mutex, a channel, the end of a scope, ...), and without a deadline.
 *
 * Signal handlers may only set an event, for which its task waits by a descriptor: (a) has that. With (b) this is
 * proof, but for who attaches from outside and makes calls in the process's name. Where there are other threads nothing
 * can be known, and nothing is said: hob dump shows the same to whom asks.
 *
 * A worker may be in its poller and not asleep there: something came, which it has taken out of the poller's books and
 * not yet given to its task. Then its thread is running, or ready to: so (a) is looked at, then whether every worker's
 * thread is asleep in the kernel, then (a) again. One that sleeps there for a lock waits for a thread that runs, and
 * that is none of those asleep. A worker that has not begun yet, or has taken what came and given it to its task, may
 * run that and sleep again in between, and the task may have made a thread that was not counted: so no task may have
 * been switched to between the two looks (each worker's count is written before its `awake`).
 *
 * Tasks are looked at only then, when nobody is left who could write to one: so they are read as they are. What was
 * written before is seen, since each worker stores its `awake` (release) after all that it did to tasks, and (a) loads
 * it (acquire); likewise a thread of hob_blocking the word that says that it sleeps. A worker that wakes nonetheless
 * finds nothing, and touches no task. */
#include "sched/deadlock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/numbered.h"
#include "base/sys.h"
#include "meter/symbol.h"
#include "sched/proc.h"
#include "sched/run.h"
#include "sched/seat.h"

#define STDERR 2
#define TOLD_MAX 32 /* tasks that are told of */

typedef bool task_fn(struct task *t, uint32_t number, void *arg);

/* Calls fn for every task that lives; false where it answers that, or one is not parked. Only where nothing can run. */
static bool each_task(struct runtime *rt, task_fn *fn, void *arg)
{
	for (struct slab_chunk *c = at_load(&rt->tasks.chunks, ACQUIRE); c; c = c->next)
		for (uint32_t i = 0; i < SLAB_BATCH; i++) {
			struct task *t = &c->tasks[i];
			bool free = !t->in_scope.next || t->in_scope.next == &t->in_scope;

			if (!free && (at_load(&t->permit, ACQUIRE) != PERMIT_PARKED || !fn(t, c->first + i, arg)))
				return false;
		}
	return true;
}

/* (c) */
static bool waits_within(struct task *t, uint32_t number, void *any)
{
	static const uint32_t within = 1u << WHY_SCOPE | 1u << WHY_JOIN | 1u << WHY_MUTEX | 1u << WHY_COND |
				       1u << WHY_SEND | 1u << WHY_RECV | 1u << WHY_SELECT | 1u << WHY_SEM |
				       1u << WHY_GROUP | 1u << WHY_ONCE | 1u << WHY_RWLOCK | 1u << WHY_LANE;

	(void)number;
	*(bool *)any = true;
	return within >> t->why & 1 && !at_load(&t->timer.armed, RELAXED) &&
	       (t->why != WHY_SCOPE || t->waits_for); /* a task that waits for calls from outside */
}

/* (a); *runs: how often a task has been switched to. */
static bool all_quiet(struct runtime *rt, uint32_t *runs)
{
	*runs = 0;
	if (at_load(&rt->spares_busy, ACQUIRE) || at_load(&rt->inject.length, ACQUIRE) ||
	    at_load(&rt->nmoved, ACQUIRE) || at_load(&rt->stopping, ACQUIRE) || !rt->ops->expects)
		return false;
	for (unsigned i = 0; i < queues_of(rt); i++) {
		struct worker *w = rt->queues[i];

		if (at_load(&w->awake, ACQUIRE) || deque_length(&w->deque) || at_load(&w->woken, RELAXED) ||
		    (w->seat == w && rt->ops->expects(w->poller)))
			return false;
		*runs += at_load(&w->runs, RELAXED);
	}
	return true;
}

static bool all_sleep(struct runtime *rt)
{
	for (unsigned i = 0; i < workers_of(rt); i++)
		if (proc_state(&rt->workers[i]) != 'S')
			return false;
	return true;
}

/* How many threads the process has, by /proc/self/status. -1: unknown. */
static int threads(void)
{
	char text[4096], *at;

	if (!proc_text("/proc/self/status", text, sizeof text))
		return -1;
	at = strstr(text, "\nThreads:");
	return at ? atoi(at + 9) : -1;
}

/* (b), as far as a count can tell: the kernel's own are among the threads, so where there are too many they are looked
 * at one by one. */
static int count_kernels(void *n, pid_t tid)
{
	char path[48], name[32];

	snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)tid);
	*(int *)n += proc_text(path, name, sizeof name) &&
		     (strncmp(name, "iou-wrk-", 8) == 0 || strncmp(name, "iou-sqp-", 8) == 0);
	return 0;
}

static int kernels_threads(void)
{
	int n = 0;

	each_numbered("/proc/self/task", count_kernels, &n);
	return n;
}

static bool all_ours(struct runtime *rt)
{
	struct service *s = at_load(&rt->service, ACQUIRE);
	int ours = (int)(workers_of(rt) + 1 + seat_threads(rt) + (s ? s->asleep(s) : 0)), there = threads();

	return there == ours || (there > ours && there - kernels_threads() == ours);
}

enum standstill deadlock_look(struct runtime *rt)
{
	uint32_t before, after;
	bool any = false;

	if (!all_quiet(rt, &before))
		return GOES_ON;
	if (!all_ours(rt) || !all_sleep(rt) || !all_quiet(rt, &after) || after != before)
		return MAY_BE_STILL;
	return each_task(rt, waits_within, &any) && any ? STANDS_STILL : GOES_ON;
}

/* What is said ----------------------------------------------------------------------------------------------------- */

struct found {
	struct runtime *rt;
	uint32_t mark, number; /* looked for, and found */
	const void *scope;     /* of which the tasks are counted */
	unsigned tasks;
};

static __attribute__((format(printf, 1, 2))) void say(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (n > 0)
		sys.write(STDERR, line, n < (int)sizeof line ? (size_t)n : sizeof line - 1);
}

static bool has_mark(struct task *t, uint32_t number, void *arg)
{
	struct found *f = arg;

	if (task_mark(t) == f->mark)
		f->number = number;
	return true;
}

/* The number of the task that has the mutex; 0: it has ended. */
static uint32_t owner_of(struct runtime *rt, const struct task *t)
{
	struct found f = { .mark = at_load((const uint32_t *)((const char *)t->waits_for + PAGE_MUTEX_OWNER),
					   RELAXED) };

	each_task(rt, has_mark, &f);
	return f.number;
}

static bool in_scope(struct task *t, uint32_t number, void *arg)
{
	struct found *f = arg;

	(void)number;
	f->tasks += at_load(&t->scope, RELAXED) == f->scope;
	return true;
}

static void describe(struct runtime *rt, const struct task *t, char *to, size_t size)
{
	const char *why = why_name((enum why)t->why);
	struct found f = { 0 };
	uint32_t owner;

	switch (t->why) {
	case WHY_MUTEX:
		owner = owner_of(rt, t);
		if (owner)
			snprintf(to, size, "mutex %p, which task %u has", t->waits_for, owner);
		else
			snprintf(to, size, "mutex %p, whose owner has ended", t->waits_for);
		break;
	case WHY_SCOPE:
		f.scope = t->waits_for;
		each_task(rt, in_scope, &f);
		snprintf(to, size, "the end of scope %p, in which %u %s", t->waits_for, f.tasks,
			 f.tasks == 1 ? "task is" : "tasks are");
		break;
	case WHY_SELECT:
		snprintf(to, size, "channels, by select");
		break;
	case WHY_SEND:
	case WHY_RECV:
		snprintf(to, size, "channel %p, to %s", t->waits_for, t->why == WHY_SEND ? "send" : "receive");
		break;
	default:
		snprintf(to, size, "%s %p", why, t->waits_for);
	}
}

static bool tell_of(struct task *t, uint32_t number, void *arg)
{
	struct found *f = arg;
	struct site *s = &f->rt->sites.at[t->site];
	char name[64] = "?", what[128];
	void *fn = (void *)(uintptr_t)at_load(&s->fn, RELAXED);

	if (f->tasks++ >= TOLD_MAX)
		return true;
	if (fn)
		symbol_name(fn, name, sizeof name);
	describe(f->rt, t, what, sizeof what);
	say("  task %u, %s, in scope %p: waits for %s\n", number, name, (void *)t->scope, what);
	return true;
}

void deadlock_tell(struct runtime *rt)
{
	const char *then = getenv("HOB_DEADLOCK");
	struct found f = { .rt = rt };

	if (then && strcmp(then, "0") == 0)
		return;
	say("hob: deadlock: every task waits for another, and nothing else can wake one\n");
	each_task(rt, tell_of, &f);
	if (f.tasks > TOLD_MAX)
		say("  and %u more\n", f.tasks - TOLD_MAX);
	if (then && strcmp(then, "abort") == 0)
		abort();
	say("hob: they stay as they are; hob dump shows where each of them waits\n");
}
