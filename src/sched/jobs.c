/* Forked jobs beside the inlined path of hob/compute.h: the argument stands in jobs.h. */
#include "sched/jobs.h"

#include "sched/worker.h"

/* How long a thief watches a victim's oldest job before it steals: its fence interrupts the victim, which a loop that
 * forks and joins every few nanoseconds must not pay for. */
#define WATCH_PAUSES 32

static struct link *link_of(struct hob_job *j)
{
	_Static_assert(sizeof(struct link) == sizeof j->link, "a job has room for a link");
	return (struct link *)(void *)j->link;
}

static struct hob_job *job_of(struct link *l)
{
	return container_of((void *)l, struct hob_job, link);
}

void jobs_init(struct hob_forks *f)
{
	f->fenced = !fence_is_uneven();
	f->bottom = f->top = 1;
}

/* By the owner, after bottom was moved down to `bottom`: is the job at that index its own? Bottom is right after. */
static bool take_bottom(struct hob_forks *f, uint64_t bottom)
{
	uint64_t top = at_load(&f->top, ACQUIRE);
	bool mine;

	if (top < bottom)
		return true;
	mine = top == bottom;
	if (mine && at_cas(&f->top, &top, top + 1, SEQ_CST))
		top++;
	else
		mine = false;
	at_store(&f->bottom, top, RELAXED); /* stolen or not, it was the last */
	return mine;
}

static struct hob_job *pop(struct hob_forks *f)
{
	uint64_t bottom = f->bottom - 1;

	at_store(&f->bottom, bottom, RELAXED);
	at_fence(SEQ_CST);
	return take_bottom(f, bottom) ? at_load(&f->ring[bottom % HOB_FORKS_MAX], RELAXED) : NULL;
}

void hob_fork_slow(struct hob_job *job)
{
	struct hob_forks *f = hob_forks_here();
	uintptr_t home = (uintptr_t)f;
	uint64_t top;
	bool asked;

	if (!f) { /* outside of a task */
		job->fn(job->arg);
		at_store(&job->home, JOB_DONE, RELAXED);
		return;
	}
	if (f->fenced)
		at_cas(&job->home, &home, home | JOB_FENCED, RELAXED); /* unless it is stolen and done already */
	top = at_load(&f->top, ACQUIRE);
	if (f->bottom - top >= JOBS_MAX) { /* no place for the next one */
		jobs_move(worker_self());
		top = at_load(&f->top, ACQUIRE);
	}
	/* The limit first, then (after its fence) the look for sleepers: who goes to sleep does it the other way. One
	 * that asks right between these two lines fences and looks after that, and sees this job. */
	asked = at_load(&f->limit, RELAXED) == 0;
	at_store(&f->limit, f->fenced ? 0 : top + JOBS_MAX, SEQ_CST);
	if (asked)
		idle_notify_job(worker_self()->rt);
}

static bool take_moved(struct runtime *rt, struct hob_job *job)
{
	bool there;

	lock(&rt->moved_lock);
	there = !list_empty(link_of(job));
	list_remove(link_of(job));
	at_store(&rt->nmoved, rt->nmoved - there, RELAXED);
	unlock(&rt->moved_lock);
	return there;
}

/* Is the job still in the deque of this worker, and now its joiner's to run? */
static bool take_back(struct hob_forks *f, struct hob_job *job)
{
	uintptr_t home = at_load(&job->home, ACQUIRE); /* of DONE: then the thief's step of top is seen, too */
	uint64_t top;

	if (!f)
		return false;
	if ((home & ~JOB_FENCED) != (uintptr_t)f) {
		/* Our caller may have found it at home, and moved bottom, right before a thief was done with it. */
		top = at_load(&f->top, ACQUIRE);
		if (f->bottom < top)
			at_store(&f->bottom, top, RELAXED);
		return false;
	}
	if (home & JOB_FENCED) { /* otherwise bottom has been moved by who called us */
		at_store(&f->bottom, job->index, RELAXED);
		at_fence(SEQ_CST);
	}
	return take_bottom(f, job->index);
}

void hob_join_slow(struct hob_forks *f, struct hob_job *job)
{
	uintptr_t home;
	struct task *t;

	if (take_back(f, job)) {
		job->fn(job->arg);
		return;
	}
	home = at_load(&job->home, ACQUIRE);
	if (home == JOB_DONE)
		return;
	t = task_self();
	if (home == JOB_MOVED && take_moved(t->scope->rt, job)) {
		job->fn(job->arg);
		return;
	}
	if (!at_cas(&job->home, &home, (uintptr_t)t | JOB_AWAITED, ACQ_REL))
		return; /* it was done meanwhile: nothing else changes it now */
	while (at_load(&job->home, ACQUIRE) != JOB_DONE) {
		task_waits_for(t, job);
		task_park(WHY_JOIN, HOB_NEVER, PARK_SHIELDED);
	}
}

void jobs_move(struct worker *w)
{
	struct runtime *rt = w->rt;
	struct link *last;
	struct hob_job *j;
	uint32_t n = 0;

	lock(&rt->moved_lock);
	last = rt->moved.prev;
	while (!jobs_empty(&w->forks)) {
		j = pop(&w->forks);
		if (!j)
			break;
		at_store(&j->home, JOB_MOVED, RELAXED);
		j->scope = w->current->scope;
		list_push(last->next, link_of(j)); /* behind those of others, the oldest first */
		n++;
	}
	at_store(&rt->nmoved, rt->nmoved + n, RELEASE);
	unlock(&rt->moved_lock);
	idle_notify_job(rt);
}

/* What a stolen job runs as. */
static int job_main(void *arg)
{
	struct hob_job *j = arg;
	uintptr_t home;

	j->fn(j->arg);
	home = at_swap(&j->home, JOB_DONE, ACQ_REL); /* the job is gone from here on */
	if (home & JOB_AWAITED)
		task_unpark((struct task *)(home & ~JOB_AWAITED));
	return 0;
}

static struct hob_job *steal_moved(struct runtime *rt, struct hob_scope **scope)
{
	struct link *l;

	if (at_load(&rt->nmoved, ACQUIRE) == 0)
		return NULL;
	lock(&rt->moved_lock);
	l = list_pop(&rt->moved);
	at_store(&rt->nmoved, rt->nmoved - (l != NULL), RELAXED);
	unlock(&rt->moved_lock);
	if (!l)
		return NULL;
	*scope = job_of(l)->scope;
	return job_of(l);
}

static struct hob_job *steal_from(struct worker *from, struct hob_scope **scope)
{
	struct hob_forks *f = &from->forks;
	uint64_t top = at_load(&f->top, ACQUIRE);
	struct hob_job *j;
	struct task *forker;

	if (at_load(&f->bottom, ACQUIRE) <= top)
		return NULL;
	for (int i = 0; i < WATCH_PAUSES && !f->fenced && !HOSTILE; i++)
		at_pause();
	if (at_load(&f->top, RELAXED) != top)
		return NULL;
	fence_heavy();
	if (at_load(&f->bottom, ACQUIRE) <= top)
		return NULL;
	/* The job was there before this look at `current`. If it still is when the CAS succeeds, then the task we see
	 * here is its forker: one that leaves moves top first, and then changes current (release). */
	forker = at_load(&from->current, ACQUIRE);
	if (!forker)
		return NULL;
	*scope = at_load(&forker->scope, RELAXED);
	j = at_load(&f->ring[top % HOB_FORKS_MAX], RELAXED);
	return at_cas(&f->top, &top, top + 1, SEQ_CST) ? j : NULL;
}

struct task *jobs_steal(struct worker *w)
{
	struct runtime *rt = w->rt;
	struct hob_scope *scope = NULL;
	struct hob_job *j;
	struct task *t;

	/* Memory first: a job once taken has to be run. Where there is none, its forker runs it. */
	if (!w->thief && !(w->thief = task_alloc(rt, w)))
		return NULL;
	j = steal_moved(rt, &scope);
	for (unsigned i = 1, n = queues_of(rt); i <= n && !j; i++)
		if (rt->queues[(w->index + i) % n] != w)
			j = steal_from(rt->queues[(w->index + i) % n], &scope);
	if (!j)
		return NULL;
	t = w->thief;
	w->thief = NULL;
	task_init(t, scope, job_main, j);
	scope_enter(scope, t, true);
	return t;
}

unsigned jobs_workers(void)
{
	return workers_of(worker_self()->rt);
}

bool jobs_in_sight(struct runtime *rt)
{
	bool light = false;

	for (unsigned i = 0; i < queues_of(rt); i++)
		if (at_load(&rt->queues[i]->forks.limit, RELAXED)) {
			at_store(&rt->queues[i]->forks.limit, 0, SEQ_CST);
			light = true;
		}
	if (light) /* otherwise every forker comes by the slow path, which has a fence */
		fence_heavy();
	for (unsigned i = 0; i < queues_of(rt); i++)
		if (!jobs_empty(&rt->queues[i]->forks))
			return true;
	return at_load(&rt->nmoved, ACQUIRE) > 0;
}
