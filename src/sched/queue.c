/* Where a ready task goes, and where a worker takes its next one from. */
#include "sched/seat.h"
#include "sched/trace.h"

/* Every so many switches a worker passes by its own queues once, so that the poller and the shared queue get a turn
 * however busy the tasks keep each other (Go and Tokio: 61, a prime so that it does not beat with the work). */
#define TICKS (HOSTILE ? 2u : 61u)

/* So many tasks in a row may each wake the next and have it run at once, then the deque gets its turn. */
#define WOKEN_RUNS 16u

/* Where nobody else looks at `woken`, spare the locked instruction; but others may look from the next time on. */
static struct task *swap_woken(struct worker *w, struct task *t, bool alone)
{
	if (!alone)
		return at_swap(&w->woken, t, ACQ_REL);

	struct task *old = at_load(&w->woken, RELAXED);
	at_store(&w->woken, t, RELEASE);
	return old;
}

/* To the worker's own deque, or where that is full to the shared queue: behind what is older. */
static void add(struct worker *w, struct task *t)
{
	if (!deque_push(&w->deque, t))
		inject_push(&w->rt->inject, &t, 1);
}

static struct worker *own_worker(struct runtime *rt)
{
	struct worker *w = HOSTILE ? NULL : worker_self(); /* hostile: every wake moves the task */

	return w && w->rt == rt && !at_load(&w->deposed, RELAXED) ? w : NULL;
}

void worker_ready(struct runtime *rt, struct task *t)
{
	struct worker *w = own_worker(rt);
	bool lone = w && deque_length(&w->deque) == 0;

	if (w)
		add(w, t);
	else
		inject_push(&rt->inject, &t, 1);
	/* From its own poller: what the worker will run at once by itself is no reason to wake another core. */
	if (!lone)
		idle_notify(rt);
	else if (w->current)
		idle_notify_lone(rt);
}

void worker_ready_next(struct runtime *rt, struct task *t)
{
	struct worker *w = own_worker(rt);

	if (!w || !w->current) { /* the poller wakes many at once: those keep their order */
		worker_ready(rt, t);
		return;
	}
	bool alone = seat_enter(w);
	struct task *old = t;

	/* The current task of one that is deposed may not come back for long. */
	if (LIKELY(!at_load(&w->deposed, RELAXED)))
		old = swap_woken(w, t, alone);
	if (old)
		add(w, old);
	seat_leave(w);
	/* Only what this worker will not run next is worth waking another core for. */
	if (old)
		idle_notify(rt);
}

void worker_requeue(struct worker *w, struct task *t)
{
	if (HOSTILE)
		inject_push(&w->rt->inject, &t, 1);
	else
		add(w, t);
	if (at_load(&w->alone, RELAXED))
		return;
	/* If another goes first here, it may compute for long. */
	if (HOSTILE || w->current || at_load(&w->woken, RELAXED) || deque_length(&w->deque) > 1)
		idle_notify(w->rt);
}

static struct task *take_woken(struct worker *w, bool alone)
{
	if (!at_load(&w->woken, RELAXED))
		return NULL;
	return swap_woken(w, NULL, alone);
}

static struct task *take(struct worker *w, bool alone)
{
	struct task *t;

	if (w->slot_runs < WOKEN_RUNS && (t = take_woken(w, alone))) {
		w->slot_runs++;
		return t;
	}
	w->slot_runs = 0;
	t = alone ? deque_pop_alone(&w->deque) : deque_pop(&w->deque);
	return t ? t : take_woken(w, alone);
}

struct task *worker_next(struct worker *w)
{
	struct task *t;

	at_store(&w->runs, w->runs + 1, RELAXED);
	if (w->tick-- == 0) {
		w->tick = TICKS;
		return NULL;
	}
	if (UNLIKELY(at_load(&w->deposed, RELAXED))) /* it has to come by first: see idle.c */
		return NULL;
	t = take(w, seat_enter(w));
	seat_leave(w);
	return t;
}

/* A share of what waits there, as far as the deque has room: the first is answered, to be run at once. */
struct task *worker_next_shared(struct worker *w)
{
	struct task *got[DEQUE_SIZE / 2];
	uint32_t room = DEQUE_SIZE - deque_length(&w->deque) + 1;
	uint32_t share = at_load(&w->rt->inject.length, RELAXED) / workers_of(w->rt) + 1;
	uint32_t n;

	if (share > room)
		share = room;
	n = inject_pop(&w->rt->inject, got, share < DEQUE_SIZE / 2 ? share : DEQUE_SIZE / 2);
	for (uint32_t i = 1; i < n; i++)
		add(w, got[i]);
	return n ? got[0] : NULL;
}

void worker_give_away(struct worker *w)
{
	struct runtime *rt = w->rt;
	struct task *t;
	bool any = false;

	while ((t = take_woken(w, false)) || (t = deque_pop(&w->deque))) {
		inject_push(&rt->inject, &t, 1);
		any = true;
	}
	if (any)
		idle_notify(rt);
}

/* xorshift64 (Marsaglia 2003) */
static uint64_t chance(struct worker *w)
{
	w->chance ^= w->chance << 13;
	w->chance ^= w->chance >> 7;
	w->chance ^= w->chance << 17;
	return w->chance;
}

/* A task that stands alone is most often the child that its spawner is about to wait for, and will run next: taken
 * away, it costs both cores more than it gains. So a thief first watches it for a few microseconds. */
#ifndef WATCH_PAUSES /* a model makes it short */
#define WATCH_PAUSES 128
#endif

static bool ripe(struct deque *d)
{
	uint32_t head = at_load(&d->head, ACQUIRE);
	uint32_t n = at_load(&d->tail, ACQUIRE) - head;

	if (n != 1 || HOSTILE)
		return n != 0;
	for (int i = 0; i < WATCH_PAUSES; i++)
		at_pause();
	return at_load(&d->head, ACQUIRE) == head;
}

struct task *worker_steal(struct worker *w, bool also_woken)
{
	struct runtime *rt = w->rt;
	unsigned n = queues_of(rt), first = (unsigned)(chance(w) % n);

	DEBUG_CHECK(deque_length(&w->deque) == 0);
	for (unsigned i = 0; i < n; i++) {
		struct worker *from = rt->queues[(first + i) % n];
		struct task *t;

		if (from == w)
			continue;
		t = ripe(&from->deque) ? deque_steal(&from->deque, &w->deque) : NULL;
		if (!t && also_woken && at_load(&from->woken, RELAXED))
			t = at_swap(&from->woken, NULL, ACQ_REL);
		if (t) {
			if (w->trace)
				trace_steal(w, from);
			return t;
		}
	}
	return NULL;
}
