/* The threads that block in the place of tasks: one pool a runtime, made at the first call.
 *
 * A call goes straight to an idle thread, the one idle for the shortest time; where there is none, to a queue, and a
 * thread is started for it. A new thread first starts others where calls wait still, so that a crowd of calls gets its
 * threads as fast as the cores can make them, and one call costs its caller one start at most.
 *
 * The hand-over costs a system call and some tens of microseconds where the thread sleeps. So of the idle threads one
 * spins for a while, as long as that has paid lately; and the caller of a spinning thread looks a few times whether the
 * call is done already before it parks for good. A row of short calls so passes between two cores through memory.
 *
 * A thread that leaves joins the one that left before it: at most one has ended and is not joined, and whoever ends the
 * pool joins that one, and by it all others.
 */
#include "wait/blocking.h"

#include <errno.h>
#include <hob/wait.h>

#include "base/check.h"
#include "base/lock.h"
#include "base/sys.h"
#include "base/trial.h"
#include "sched/run.h"

#define STACK_BYTES ((size_t)256 * 1024)
#define LINGER_NS HOB_SECOND /* how long a thread is idle before it leaves */
#define STARTING_MAX 4u      /* threads under way at once: more would only wait for the same lock of the kernel */

/* As in sched/idle.c: about the price of waking a core, and given up where it does not pay. */
#define SPIN_NS (HOSTILE ? 0 : 30000)

/* How long a caller looks whether its call is done, with all other ready tasks of its worker before it each time. */
#define LOOK_NS (HOSTILE ? 0 : 10000)

struct call {
	struct link link; /* in the queue */
	hob_task_fn *fn;
	void *arg;
	struct task *task;
	bool queued; /* under the lock: no thread has it yet */
	int result;
	atomic_of(bool) done;
};

enum { SPINS, SLEEPS, GIVEN };

/* On its own stack. */
struct thread {
	struct link link; /* among the idle */
	struct call *call;
	atomic_of(uint32_t) state;
};

struct pool {
	struct service service;
	struct lock lock; /* of all below */
	struct link calls, idle;
	unsigned waiting; /* calls in the queue */
	unsigned starting, max;
	bool stopping, anyone_left;
	pthread_t left;               /* ended, and not joined */
	atomic_of(uint32_t) nthreads; /* the starting too; written under the lock */
	atomic_of(bool) spinning;
	atomic_of(uint32_t) spins_failed, looks_failed;
};

/* By whoever comes: if two come at once, one of their counts is lost. */
static bool pays(atomic_of(uint32_t) *failed)
{
	uint32_t before = at_load(failed, RELAXED), n = before;
	bool due = trial_is_due(&n);

	if (n != before)
		at_store(failed, n, RELAXED);
	return due;
}

static void paid(atomic_of(uint32_t) *failed, bool yes)
{
	uint32_t before = at_load(failed, RELAXED), n = before;

	trial_end(&n, yes);
	if (n != before)
		at_store(failed, n, RELAXED);
}

static void finish(struct call *c, int result)
{
	struct task *t = c->task; /* before done: then the task may leave, and the call with it */

	c->result = result;
	at_store(&c->done, true, RELEASE);
	task_unpark(t);
}

static void *thread_main(void *arg);

/* Starts a thread, if calls wait that those under way will not take. The lock is held, but not during the start. */
static bool grow(struct pool *p)
{
	struct link refused;
	pthread_t thread;
	int err;

	if (p->waiting <= p->starting || p->starting == STARTING_MAX || p->nthreads == p->max)
		return false;
	p->starting++;
	at_store(&p->nthreads, p->nthreads + 1, RELAXED);
	unlock(&p->lock);
	err = sys.thread_create_sized(&thread, STACK_BYTES, thread_main, p);
	lock(&p->lock);
	if (!err)
		return true;
	p->starting--;
	at_store(&p->nthreads, p->nthreads - 1, RELAXED);
	if (p->nthreads) /* those there are will do */
		return false;
	list_init(&refused);
	for (struct link *l; (l = list_pop(&p->calls)); list_push(&refused, l))
		container_of(l, struct call, link)->queued = false;
	p->waiting = 0;
	unlock(&p->lock);
	for (struct link *l; (l = list_pop(&refused));)
		finish(container_of(l, struct call, link), -EAGAIN);
	lock(&p->lock);
	return false;
}

/* Waits until it is given something, or has been idle for too long. */
static void linger(struct pool *p, struct thread *self)
{
	bool free = false, given = false;
	uint32_t state = SPINS;
	hob_time until;

	if (pays(&p->spins_failed) && at_cas(&p->spinning, &free, true, RELAXED)) {
		until = sys.now() + SPIN_NS;
		do
			for (int i = 0; i < 32 && !given; i++) {
				at_pause();
				given = at_load(&self->state, ACQUIRE) == GIVEN;
			}
		while (!given && sys.now() < until);
		at_store(&p->spinning, false, RELAXED);
		paid(&p->spins_failed, given);
	}
	if (given || !at_cas(&self->state, &state, SLEEPS, ACQ_REL))
		return;
	until = sys.now() + LINGER_NS;
	while (at_load(&self->state, ACQUIRE) != GIVEN)
		if (futex_wait(&self->state, SLEEPS, until) == -ETIMEDOUT)
			break;
}

/* The next call in the queue. NULL: there is none, and this thread is idle now. Under the lock. */
static struct call *take(struct pool *p, struct thread *self)
{
	struct link *l = list_pop(&p->calls);
	struct call *c;

	if (l) {
		p->waiting--;
		c = container_of(l, struct call, link);
		c->queued = false;
		return c;
	}
	self->call = NULL;
	at_store(&self->state, p->stopping ? GIVEN : SPINS, RELAXED);
	if (!p->stopping)
		list_push(&p->idle, &self->link);
	return NULL;
}

/* Counts this thread out. True: it is to join the one that left before it. Under the lock. */
static bool count_out(struct pool *p, pthread_t *before)
{
	bool anyone = p->anyone_left;

	*before = p->left;
	p->left = sys.thread_self();
	p->anyone_left = true;
	at_store(&p->nthreads, p->nthreads - 1, RELEASE);
	return anyone;
}

/* What comes to this idle thread; NULL where it leaves. It is out of the idle and out of the count in one step, or a
 * call might be left to a thread that is about to go. */
static struct call *await_call(struct pool *p, struct thread *self)
{
	pthread_t before;
	bool join, last;

	linger(p, self);
	if (at_load(&self->state, ACQUIRE) == GIVEN && self->call)
		return self->call;
	lock(&p->lock);
	if (self->call) { /* given at the last moment */
		unlock(&p->lock);
		return self->call;
	}
	list_remove(&self->link);
	join = count_out(p, &before);
	last = p->stopping && !p->nthreads;
	unlock(&p->lock);
	if (last)
		futex_wake(&p->nthreads, 1);
	if (join)
		sys.thread_join(before);
	return NULL;
}

static void *thread_main(void *arg)
{
	struct pool *p = arg;
	struct thread self = { 0 };
	struct call *c, *done;
	int result;

	list_init(&self.link);
	lock(&p->lock);
	p->starting--;
	c = take(p, &self);
	while (grow(p))
		;
	unlock(&p->lock);
	while (c || (c = await_call(p, &self))) {
		result = c->fn(c->arg);
		done = c;
		lock(&p->lock);
		c = take(p, &self);
		unlock(&p->lock);
		finish(done, result); /* now, so that the next call of this task may come to this thread */
	}
	return NULL;
}

/* Gives the thread idle for the shortest time a call, or NULL: to leave. Answers the state it was in. The lock is
 * held: one that lost its patience meanwhile looks again under it. */
static uint32_t give(struct thread *t, struct call *c)
{
	list_remove(&t->link);
	t->call = c;
	return at_swap(&t->state, GIVEN, ACQ_REL);
}

/* One that is idle and not asleep may have a task yet to wake. */
static unsigned asleep(struct service *s)
{
	struct pool *p = container_of(s, struct pool, service);
	unsigned n = 0;

	lock(&p->lock);
	for (struct link *l = p->idle.next; l != &p->idle; l = l->next)
		n += at_load(&container_of(l, struct thread, link)->state, ACQUIRE) == SLEEPS;
	unlock(&p->lock);
	return n;
}

static void destroy(struct service *s)
{
	struct pool *p = container_of(s, struct pool, service);
	uint32_t n;

	lock(&p->lock);
	p->stopping = true;
	while (!list_empty(&p->idle)) {
		struct thread *t = container_of(p->idle.prev, struct thread, link);
		bool asleep = give(t, NULL) == SLEEPS;

		/* Not under the lock: whom it wakes may take this core at once, and wants it. */
		unlock(&p->lock);
		if (asleep)
			futex_wake(&t->state, 1);
		lock(&p->lock);
	}
	unlock(&p->lock);
	while ((n = at_load(&p->nthreads, ACQUIRE)))
		futex_wait(&p->nthreads, n, INT64_MAX);
	lock(&p->lock); /* the last one has let go of it */
	unlock(&p->lock);
	if (p->anyone_left)
		sys.thread_join(p->left);
	sys.free(p);
}

static struct pool *pool_self(void)
{
	atomic_of(struct service *) *at = sched_service();
	struct service *s = at_load(at, ACQUIRE);
	struct pool *p;

	if (s)
		return container_of(s, struct pool, service);
	p = sys.alloc(sizeof *p);
	if (!p)
		return NULL;
	p->service.destroy = destroy;
	p->service.asleep = asleep;
	p->max = sched_options()->blocking_max ? sched_options()->blocking_max : HOB_BLOCKING_MAX;
	list_init(&p->calls);
	list_init(&p->idle);
	if (at_cas(at, &s, &p->service, ACQ_REL))
		return p;
	sys.free(p); /* another task was faster */
	return container_of(s, struct pool, service);
}

/* Answers whether the call went to a thread that was awake. */
static bool submit(struct pool *p, struct call *c)
{
	struct thread *t = NULL;
	uint32_t was = SPINS;

	lock(&p->lock);
	if (!list_empty(&p->idle)) {
		t = container_of(p->idle.prev, struct thread, link);
		was = give(t, c);
	} else {
		c->queued = true;
		p->waiting++;
		list_push(&p->calls, &c->link);
		grow(p);
	}
	unlock(&p->lock);
	if (was == SLEEPS)
		futex_wake(&t->state, 1); /* if it is gone already, a stranger looks again for nothing */
	return t && was == SPINS;
}

/* True where the call had not begun, and will not. */
static bool withdraw(struct pool *p, struct call *c)
{
	bool queued;

	lock(&p->lock);
	queued = c->queued;
	if (queued) {
		list_remove(&c->link);
		p->waiting--;
	}
	unlock(&p->lock);
	return queued;
}

/* Most calls to a thread that is awake are done before this worker could sleep and be woken. */
static void look(struct pool *p, struct call *c)
{
	hob_time until = sys.now() + LOOK_NS;

	do
		hob_yield();
	while (!at_load(&c->done, ACQUIRE) && sys.now() < until);
	paid(&p->looks_failed, at_load(&c->done, RELAXED));
}

int blocking_call(hob_task_fn *fn, void *arg, hob_time deadline, enum park how)
{
	struct call c = { .fn = fn, .arg = arg, .task = task_self() };
	struct pool *p;
	int err = 0;

	if (!c.task)
		return -EPERM;
	if (how == PARK_CANCELLABLE && task_cancelled(c.task))
		return -ECANCELED;
	if (deadline != HOB_NEVER && (deadline <= 0 || deadline <= sys.now()))
		return -ETIMEDOUT;
	p = pool_self();
	if (!p)
		return -ENOMEM;
	if (submit(p, &c) && pays(&p->looks_failed))
		look(p, &c);
	while (!err && !at_load(&c.done, ACQUIRE))
		err = task_park(WHY_BLOCKING, deadline, how);
	if (at_load(&c.done, ACQUIRE))
		return c.result;
	if (withdraw(p, &c))
		return err;
	while (!at_load(&c.done, ACQUIRE))
		task_park(WHY_BLOCKING, HOB_NEVER, PARK_SHIELDED);
	return c.result;
}

int hob_blocking(hob_task_fn *fn, void *arg, hob_time deadline)
{
	return blocking_call(fn, arg, deadline, PARK_CANCELLABLE);
}
