/* How a worker finds work, goes to sleep without missing any, and is woken: see README.md in this folder for the
 * argument. In short: a producer puts a task where all can see it, fences, and looks whether somebody sleeps and
 * nobody searches; a sleeper says that it sleeps, fences, and looks once more at every queue. One of the two sees the
 * other. */
#include "base/sys.h"
#include "base/trial.h"
#include "sched/allow.h"
#include "sched/seat.h"

/* Three numbers in rt->idle: who searches; who sleeps; and who of these naps. Each has room for WORKERS_MAX. */
#define SEARCHING 1u
#define ASLEEP (1u << 11)
#define NAPPING (1u << 22)
#define searching_of(idle) ((idle) % ASLEEP)
#define asleep_of(idle) ((idle) % NAPPING / ASLEEP)
#define napping_of(idle) ((idle) / NAPPING)

/* How long a worker looks about before it sleeps: waking a sleeping core costs 12 to 34 us, so to spin for about that
 * long loses at most twice the best (the ski rental rule). */
#define SPIN_NS 20000

static bool is_beside(struct worker *w)
{
	return at_load(&w->beside, RELAXED);
}

/* Those with a core of their own come first. */
static void push_asleep(struct worker *w)
{
	struct worker **at = &w->rt->asleep;

	while (is_beside(w) && *at)
		at = &(*at)->next_asleep;
	w->asleep = true;
	w->next_asleep = *at;
	*at = w;
}

static void remove_asleep(struct worker *w)
{
	struct worker **at = &w->rt->asleep;

	while (*at != w)
		at = &(*at)->next_asleep;
	*at = w->next_asleep;
	w->asleep = false;
}

/* What it counts for in rt->idle while it is in the list. */
static uint32_t weight(const struct worker *w)
{
	return w->naps ? ASLEEP + NAPPING : ASLEEP;
}

/* What there is to do. */
enum news { TASKS, LONE_TASK, JOB };

/* Under idle_lock. */
static struct worker *whom_to_wake(struct runtime *rt, enum news news)
{
	struct worker *w = rt->asleep;

	while (w && news == JOB && is_beside(w))
		w = w->next_asleep;
	return w;
}

static void notify(struct runtime *rt, enum news news)
{
	struct worker *w = worker_self();
	struct poller *poller = NULL;
	uint32_t idle;

	if (w && w->rt == rt && at_load(&w->alone, RELAXED)) /* nobody else sleeps */
		return;
	at_fence(SEQ_CST);
	idle = at_load(&rt->idle, RELAXED);
	if (asleep_of(idle) == 0 || searching_of(idle) > 0 || (news == LONE_TASK && napping_of(idle) > 0))
		return;
	lock(&rt->idle_lock);
	w = searching_of(at_load(&rt->idle, RELAXED)) ? NULL : whom_to_wake(rt, news);
	if (w) {
		remove_asleep(w);
		w->searching = true; /* on its behalf, so that it counts before it is up */
		poller = w->poller;  /* a spare that is up for another reason may soon have another's */
		at_add(&rt->idle, SEARCHING - weight(w), SEQ_CST);
	}
	unlock(&rt->idle_lock);
	if (w && w != worker_self()) /* otherwise its own poll unparks: it is awake, and looks next */
		rt->ops->wake(poller);
}

bool idle_any(struct runtime *rt)
{
	return asleep_of(at_load(&rt->idle, RELAXED)) > 0;
}

void idle_notify(struct runtime *rt)
{
	notify(rt, TASKS);
}

void idle_notify_lone(struct runtime *rt)
{
	notify(rt, LONE_TASK);
}

void idle_notify_job(struct runtime *rt)
{
	notify(rt, JOB);
}

void idle_stop(struct runtime *rt)
{
	at_store(&rt->stopping, 1, SEQ_CST);
	for (unsigned i = 0; i < workers_of(rt); i++)
		rt->ops->wake(rt->workers[i].poller);
}

/* A loop of a few items is over before a core can wake for its jobs, and a task that its spawner soon waits for is
 * run by that core before; and if one after the other wakes a core, they pay for that again and again: some
 * microseconds each. So a worker that was woken in vain naps before it asks again to be told of jobs and of lone
 * tasks; twice as long each time, up to a millisecond, by which those worth the while then start late at most. */
#define NAP_NS 16000
#define VAIN_MAX 6

/* The length of a nap to take instead of a sleep, or 0. */
static int64_t nap(struct worker *w)
{
	bool again = w->notified;

	w->notified = false;
	if (!again)
		return 0;
	if (w->vain < VAIN_MAX)
		w->vain++;
	return NAP_NS << w->vain;
}

/* What a worker about to sleep would leave behind. What stands in another's `woken` is not: its owner runs it. */
enum sight { NOTHING, LONE, WORK };

static enum sight look_around(struct worker *w)
{
	struct runtime *rt = w->rt;
	enum sight sight = NOTHING;

	if (at_load(&rt->inject.length, ACQUIRE) || at_load(&rt->stopping, ACQUIRE))
		return WORK;
	/* Passed by, where the monitor was about to depose us and did not: who would run it, if not we? */
	if (at_load(&w->woken, RELAXED))
		return WORK;
	for (unsigned i = 0; i < queues_of(rt); i++) {
		uint32_t n = deque_length(&rt->queues[i]->deque);

		if (n > 1)
			return WORK;
		if (n == 1) /* of two, one will be left */
			sight = sight == LONE && !w->naps ? WORK : LONE;
	}
	return !w->naps && !is_beside(w) && jobs_in_sight(rt) ? WORK : sight;
}

/* The last to stop searching passes the search on, since producers woke nobody while it searched. */
static void pass_search_on(struct worker *w, enum news news)
{
	if (!w->searching)
		return;
	w->searching = false;
	if (searching_of(at_sub(&w->rt->idle, SEARCHING, SEQ_CST)) == 1)
		notify(w->rt, news);
}

static void stop_searching(struct worker *w)
{
	pass_search_on(w, TASKS);
}

static void sleep_until_woken(struct worker *w)
{
	struct runtime *rt = w->rt;
	int64_t ns = nap(w);
	hob_time until = ns ? sys.now() + ns : HOB_NEVER;
	enum sight sight;

	if (is_beside(w)) /* it looks for tasks once more below, but not for jobs */
		pass_search_on(w, JOB);
	if (!seat_lie_down(w)) /* before it may be woken: who was there before must not take that for its own */
		return;
	lock(&rt->idle_lock);
	w->naps = ns != 0;
	push_asleep(w);
	at_add(&rt->idle, w->searching ? weight(w) - SEARCHING : weight(w), SEQ_CST);
	w->searching = false;
	unlock(&rt->idle_lock);
	at_store(&w->awake, false, RELEASE);
	at_fence(SEQ_CST);

	sight = look_around(w);
	if (sight == LONE && w->naps) /* and if it is still there when we are back, we take it */
		sight = NOTHING;
	rt->ops->poll(w->poller, sight == NOTHING && !at_load(&w->deposed, RELAXED) ? until : 0);

	at_store(&w->awake, true, RELAXED);
	lock(&rt->idle_lock);
	w->notified = !w->asleep || sight == LONE;
	if (w->asleep) { /* otherwise a notifier has taken us off, and counted us as searching */
		remove_asleep(w);
		/* Nobody was told of what we might find, or have seen: so if we find work, and leave some, we owe it
		 * the same. */
		w->searching = w->naps || sight == WORK;
		at_add(&rt->idle, (w->searching ? SEARCHING : 0) - weight(w), SEQ_CST);
	}
	unlock(&rt->idle_lock);
	unlock(&w->seat->polling);
	at_fence(SEQ_CST);
	monitor_rouse(rt);
}

static struct task *look(struct worker *w, bool also_woken)
{
	struct task *t;

	if ((t = worker_next(w)) || (t = worker_next_shared(w)))
		return t;
	if (at_load(&w->alone, RELAXED)) /* there is nobody to steal from, but jobs may have been moved */
		return jobs_steal(w);
	seat_look(w);
	if ((t = worker_next(w)))
		return t;
	if (deque_length(&w->deque)) /* it was its tick's turn to pass by */
		return NULL;
	t = worker_steal(w, also_woken);
	return t || is_beside(w) ? t : jobs_steal(w);
}

/* At most half of the workers search: more would only fight over the same queues. */
static bool may_search(struct worker *w)
{
	struct runtime *rt = w->rt;

	uint32_t allowed = at_load(&rt->allowed, RELAXED);

	if (!w->searching && allowed > 1 && 2 * searching_of(at_load(&rt->idle, RELAXED)) < allowed) {
		at_add(&rt->idle, SEARCHING, SEQ_CST);
		w->searching = true;
	}
	return w->searching;
}

/* A spin pays where other workers make work. Where they do not (each has its own few descriptors to wait for), it only
 * burns the core. */
static struct task *search(struct worker *w)
{
	struct task *t;

	if (trial_is_due(&w->spins_failed)) {
		int64_t until = sys.now() + SPIN_NS;

		do {
			for (int i = 0; i < 32; i++)
				at_pause();
			if ((t = look(w, false))) {
				trial_end(&w->spins_failed, true);
				return t;
			}
		} while (sys.now() < until);
		trial_end(&w->spins_failed, false);
	}
	return look(w, true);
}

/* False: it is a spare, and no more needed. */
static bool come_by(struct worker *w)
{
	if (!seat_is_mine(w))
		return false;
	if (!w->rt->follows)
		return true;
	allow_look(w->rt);
	if (LIKELY(allow_me(w)))
		return true;
	stop_searching(w);
	allow_aside(w);
	return seat_is_mine(w);
}

/* A lone worker without tasks sleeps next, and that looks into the poller as well: one system call for both. */
static bool is_at_rest(struct worker *w)
{
	return at_load(&w->alone, RELAXED) && !deque_length(&w->deque) && !at_load(&w->woken, RELAXED);
}

static struct task *find(struct worker *w)
{
	struct task *t;

	/* Here every TICKS switches, and whenever there is nothing next. The shared queue first: what stands there is
	 * older than what the poller brings, and would never find room behind it while events keep coming. */
	t = worker_next_shared(w);
	if (t || !is_at_rest(w))
		seat_look(w);
	if (t && deque_length(&w->deque)) /* nobody was told of the first that the poller brought */
		idle_notify(w->rt);
	while (!t && !(t = look(w, HOSTILE))) {
		if (at_load(&w->rt->stopping, ACQUIRE))
			break;
		if (may_search(w) && (t = search(w)))
			break;
		sleep_until_woken(w);
		if (!come_by(w))
			break;
	}
	return t;
}

struct task *idle_find(struct worker *w)
{
	struct task *t = come_by(w) ? find(w) : NULL;

	stop_searching(w);
	w->notified = false;
	if (w->vain)
		w->vain--;
	return t;
}
