/* How many of a runtime's workers may run tasks: as many as there are cores, which a cgroup's quota or an affinity mask
 * may change at any time. Nobody tells us, so a worker that comes by looks every LOOK_NS.
 *
 * Workers beyond the count step aside: between two tasks, and between two ranges of a loop. One that is aside hands
 * what is in its queues to the others, and goes on doing so with the tasks whose waits end at its poller, in which it
 * sleeps. It is not among the sleepers of idle.c, so nobody wakes it for work. Further workers start when there are
 * first cores for them.
 */
#include "sched/allow.h"

#include "base/cpus.h"
#include "base/sys.h"
#include "sched/seat.h"

#define LOOK_NS (100 * HOB_MS)

/* Starts workers until there are n, as far as threads and memory reach. */
static void start_more(struct runtime *rt, unsigned n)
{
	while (at_load(&rt->nworkers, RELAXED) < n && worker_start(rt) == 0)
		;
}

static void look(struct runtime *rt)
{
	unsigned cores = cpus_count(), old = at_load(&rt->allowed, RELAXED), there;

	if (cores > rt->most)
		cores = rt->most;
	start_more(rt, cores);
	if (!rt->monitor.there) /* there was no thread to be had */
		monitor_start(rt);
	there = at_load(&rt->nworkers, RELAXED);
	if (cores > there)
		cores = there;
	at_store(&rt->allowed, cores, SEQ_CST); /* before the wake: who is aside looks, and then sleeps */
	for (unsigned i = old; i < cores; i++)
		rt->ops->wake(rt->workers[i].poller);
}

static bool due(struct runtime *rt)
{
	return sys.now_coarse() >= at_load(&rt->look_at, RELAXED);
}

void allow_look(struct runtime *rt)
{
	if (!due(rt) || !lock_try(&rt->look_lock))
		return;
	if (due(rt) && !at_load(&rt->stopping, ACQUIRE)) {
		at_store(&rt->look_at, sys.now_coarse() + LOOK_NS, RELAXED);
		look(rt);
	}
	unlock(&rt->look_lock);
}

bool allow_me(struct worker *w)
{
	return w->index < at_load(&w->rt->allowed, ACQUIRE);
}

/* Who changes one of the three says so by a wake of the poller, after it. A stand-in at the same poller may take that
 * for its own: so before it sleeps there the worker looks again, with the poller in hand. Either the stand-in had it
 * before, and with the wake the change happened before our look; or the wake is still there, and is ours. */
static bool stays_aside(struct worker *w)
{
	return !allow_me(w) && !at_load(&w->rt->stopping, ACQUIRE) && !at_load(&w->deposed, RELAXED);
}

void allow_aside(struct worker *w)
{
	while (stays_aside(w)) {
		worker_give_away(w);
		seat_sleep(w, stays_aside);
	}
}

void allow_checkpoint(void)
{
	struct worker *w = worker_self();

	if (!due(w->rt) && allow_me(w) && !at_load(&w->deposed, RELAXED))
		return;
	w->tick = 0; /* by way of the worker's own stack, which is large enough to look from */
	hob_yield();
}
