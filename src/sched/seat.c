/* Who holds a seat: see seat.h for the argument. */
#include "sched/seat.h"

#include <errno.h>

#include "base/check.h"
#include "base/sys.h"
#include "sched/page.h"
#include "sched/trace.h"

/* How long a spare is parked before its thread ends. */
#define LINGER_NS (HOSTILE ? HOB_SECOND : 2 * HOB_SECOND)

/* A spare's `post`. ABSENT: it has no thread. */
enum { ABSENT, PARKED, APPOINTED, DISMISSED };

/* Waits to be appointed; false: to end. */
static bool await_post(struct worker *w)
{
	hob_time until = sys.now() + LINGER_NS;
	uint32_t post;

	while ((post = at_load(&w->post, ACQUIRE)) == PARKED)
		if (futex_wait(&w->post, PARKED, until) == -ETIMEDOUT && at_cas(&w->post, &post, DISMISSED, ACQ_REL))
			return false;
	return post == APPOINTED;
}

/* What is in its queues goes to all. It may be appointed again from here on. */
static void resign(struct worker *w)
{
	uint32_t post = APPOINTED;

	worker_give_away(w);
	at_sub(&w->rt->spares_busy, 1, RELEASE); /* it looks at no queue of others' any more */
	at_cas(&w->post, &post, PARKED, ACQ_REL);
}

static void *spare_main(void *arg)
{
	struct worker *w = arg;

	while (await_post(w)) {
		int64_t from = trace_now();

		worker_loop(w);
		if (w->trace)
			trace_stands(w, from);
		resign(w);
	}
	return NULL;
}

static struct worker *make(struct runtime *rt)
{
	struct worker **w = &rt->spares[rt->nspares]; /* perhaps it is there, from a try that failed halfway */

	if (!*w)
		*w = page_alloc(rt->page, sizeof **w);
	if (!*w || worker_init(rt, *w, rt->most + rt->nspares))
		return NULL;
	worker_publish(rt, *w);
	return rt->spares[rt->nspares++];
}

static bool start(struct worker *w)
{
	at_store(&w->post, PARKED, RELAXED);
	if (sys.thread_create(&w->thread, spare_main, w) == 0)
		return true;
	at_store(&w->post, ABSENT, RELAXED);
	return false;
}

/* A spare that is parked; one whose thread has ended for want of work gets another. NULL: there is none to be had. */
static struct worker *find(struct runtime *rt)
{
	struct worker *absent = NULL;

	for (unsigned i = 0; i < rt->nspares; i++) {
		struct worker *w = rt->spares[i];
		uint32_t post = at_load(&w->post, ACQUIRE);

		if (post == PARKED)
			return w;
		if (post == DISMISSED) {
			sys.thread_join(w->thread);
			at_store(&w->post, ABSENT, RELAXED);
		}
		if (post != APPOINTED)
			absent = w;
	}
	if (!absent && rt->nspares < SPARES_MAX)
		absent = make(rt);
	return absent && start(absent) ? absent : NULL;
}

/* Is it stuck in a task, and not at work on its queues? Then its seat is another's, for as long as the lock is held. */
static bool depose(struct worker *w)
{
	bool alone = at_load(&w->alone, RELAXED);

	if (at_load(&w->deposed, RELAXED))
		return false;
	at_store(&w->deposed, true, RELAXED);
	at_store(&w->alone, false, RELAXED);
	fence_heavy();
	if (!at_load(&w->inside, ACQUIRE) && at_load(&w->current, RELAXED))
		return true;
	at_store(&w->alone, alone, RELAXED);
	at_store(&w->deposed, false, RELAXED);
	return false;
}

/* Under the lock: so it is not alone. */
static bool drain(struct worker *w)
{
	bool any = false;
	struct task *t;

	while ((at_load(&w->woken, RELAXED) && (t = at_swap(&w->woken, NULL, ACQ_REL))) ||
	       (t = deque_take(&w->deque))) {
		inject_push(&w->rt->inject, &t, 1);
		any = true;
	}
	return any;
}

/* Under the lock. */
static void appoint(struct worker *spare, struct worker *seat, bool beside)
{
	spare->seat = seat;
	spare->poller = seat->poller;
	spare->index = seat->index;
	at_store(&spare->deposed, false, RELAXED);
	at_store(&spare->beside, beside, RELAXED);
	at_store(&seat->holder, spare, RELAXED);
	at_add(&seat->rt->spares_busy, 1, RELAXED);
}

/* It had lost its patience, and its thread ends: the next look finds another. */
static void reinstate(struct worker *w)
{
	at_store(&w->seat->holder, w, RELAXED);
	at_store(&w->deposed, false, RELAXED);
	at_sub(&w->rt->spares_busy, 1, RELAXED);
}

bool seat_relieve(struct worker *w, bool beside)
{
	struct runtime *rt = w->rt;
	struct worker *spare = find(rt);
	uint32_t post = PARKED;
	bool done, any = false;

	if (!spare)
		return false;
	lock(&rt->seats_lock);
	done = depose(w);
	if (done) {
		appoint(spare, w->seat, beside || at_load(&w->beside, RELAXED));
		done = at_cas(&spare->post, &post, APPOINTED, ACQ_REL);
		if (done)
			any = drain(w);
		else
			reinstate(w);
	}
	unlock(&rt->seats_lock);
	if (done)
		futex_wake(&spare->post, 1);
	if (any) /* the spare may have been up, found nothing yet, and gone to sleep */
		idle_notify(rt);
	return done;
}

void seat_drain(struct worker *w)
{
	struct runtime *rt = w->rt;
	bool any = false;

	if (!at_load(&w->woken, RELAXED) && !deque_length(&w->deque))
		return;
	lock(&rt->seats_lock);
	if (at_load(&w->deposed, RELAXED))
		any = drain(w);
	unlock(&rt->seats_lock);
	if (any)
		idle_notify(rt);
}

/* Under the lock. */
static struct worker *take_back(struct worker *w)
{
	struct worker *spare = at_load(&w->holder, RELAXED);

	at_store(&w->deposed, false, RELAXED);
	if (spare == w)
		return NULL;
	at_store(&w->holder, w, RELAXED);
	at_store(&spare->deposed, true, RELAXED);
	return spare;
}

/* Under the lock: the monitor may only have tried. */
static bool still_holds(struct worker *spare)
{
	bool holds;

	lock(&spare->rt->seats_lock);
	holds = !at_load(&spare->deposed, RELAXED);
	unlock(&spare->rt->seats_lock);
	return holds;
}

bool seat_resume(struct worker *w)
{
	struct runtime *rt = w->rt;
	struct worker *spare;

	if (w->seat != w)
		return !at_load(&w->deposed, RELAXED) || still_holds(w);
	if (!at_load(&w->deposed, RELAXED) && at_load(&rt->spares_busy, RELAXED))
		return true; /* it would be alone if that spare were gone */
	lock(&rt->seats_lock);
	spare = take_back(w);
	if (rt->one && !at_load(&rt->spares_busy, ACQUIRE))
		at_store(&w->alone, true, RELAXED);
	unlock(&rt->seats_lock);
	if (spare) {
		fence_heavy();
		if (at_load(&w->polling.state, RELAXED)) /* or it will see that it is deposed */
			rt->ops->wake(w->poller);
	}
	monitor_rouse(rt);
	return true;
}

void seat_look(struct worker *w)
{
	if (!lock_try(&w->seat->polling))
		return;
	w->rt->ops->poll(w->poller, 0);
	unlock(&w->seat->polling);
}

bool seat_lie_down(struct worker *w)
{
	while (!lock_try(&w->seat->polling)) {
		if (at_load(&w->deposed, ACQUIRE)) /* who is there may stay for long */
			return false;
		lock_nap(&w->seat->polling);
	}
	return true;
}

void seat_sleep(struct worker *w, bool (*stays)(struct worker *w))
{
	if (!seat_lie_down(w))
		return;
	at_store(&w->awake, false, RELEASE);
	at_fence(SEQ_CST);
	w->rt->ops->poll(w->poller, stays(w) ? HOB_NEVER : 0);
	at_store(&w->awake, true, RELAXED);
	unlock(&w->seat->polling);
	at_fence(SEQ_CST);
	monitor_rouse(w->rt);
}

unsigned seat_threads(struct runtime *rt)
{
	unsigned n = 0;

	for (unsigned i = 0; i < rt->nspares; i++) {
		uint32_t post = at_load(&rt->spares[i]->post, ACQUIRE);

		n += post == PARKED || post == APPOINTED;
	}
	return n;
}

void seat_finish(struct runtime *rt)
{
	for (unsigned i = 0; i < rt->nspares; i++) {
		struct worker *w = rt->spares[i];

		if (at_load(&w->post, ACQUIRE) == ABSENT)
			continue;
		at_swap(&w->post, DISMISSED, ACQ_REL);
		futex_wake(&w->post, 1);
		sys.thread_join(w->thread);
	}
}
