/* Lanes: a mutex that its holder lets go of whenever it leaves its core. task_park and hob_yield call let_go and take
 * (sched/task.h); what is here is the mutex, its switch interval and its books.
 *
 * The state is FREE, HELD, or HELD | WAITED once somebody stands in line, so that who comes or goes where nobody waits
 * does so by one compare and swap. While WAITED is set nothing but the lock's holder changes the state: the lane goes
 * from one to the next without being free in between, to the one that has waited longest. WAITED may outlast the line,
 * where its last has given up: then who lets go finds nobody, under the lock.
 *
 *	comes, and it is free:      CAS FREE -> HELD            (acquire: what was done in the lane before is seen)
 *	comes, and it is not:       [lock] CAS HELD -> HELD | WAITED, or FREE -> HELD after all; into the line [unlock]
 *	lets go, nobody waits:      CAS HELD -> FREE            (release)
 *	lets go otherwise:          [lock] gives it to the first in line (waitlist.h: release), or FREE [unlock]
 *
 * Nobody is left behind: the line grows only while WAITED is set, which is set only where the CAS finds the lane held;
 * so that holder's own CAS fails, and it takes the lock after that, by which time the line is seen.
 *
 * A task that resumes stands in line like all that come, and shielded: whatever its wait answers, it is in the lane. It
 * cannot deadlock by that. Nobody holds a lane and waits, and no task is in two.
 *
 * The books. A clock costs more than all the rest, so stretches in the lane that prove short are timed by samples, at
 * random distances, so that they do not beat with the work. What was passed by counts like the short one measured after
 * it, and as if tasks of its site had been in. Where somebody waits every stretch is timed, at least from then on.
 *
 * Rejected: to give the lane to a task when it is woken, not when it runs (it would be kept from others for as long as
 * that waits for a core); to let who comes overtake who was woken (the convoys this avoids last as long as a switch,
 * and the tail it makes has no bound); nesting, by order of addresses (a task that resumes would have to take several,
 * each of which may be away while it waits for the next).
 */
#include <errno.h>
#include <hob/lane.h>
#include <string.h>

#include "base/check.h"
#include "base/sys.h"
#include "meter/lanes.h"
#include "sync/waitlist.h"

enum { FREE = 0, HELD = 1, WAITED = 2 };

#define SHORT_NS 2000  /* shorter stretches are timed by samples */
#define SAMPLE_MAX 32u /* one of so many */

struct hob_lane {
	struct task_lane seam;
	struct lane_entry entry; /* in the list that reports read */
	atomic_of(uint32_t) state;

	/* Of who has it, written by no other: */
	uint32_t sample;      /* of short stretches one in so many is timed */
	uint32_t chance;      /* xorshift */
	uint64_t timed, next; /* the last take that was timed, and the next one that is */
	atomic_of(uint64_t) takes, waits, switches;
	atomic_of(hob_time) since;  /* when this stretch began; 0: it is not timed */
	atomic_of(hob_time) held;   /* sums, as in hob_lane_stats */
	atomic_of(hob_time) waited; /* by who has just got it */
	hob_time looked;            /* by the coarse clock: when a checkpoint last let the worker's other tasks run */

	struct lock lock;
	atomic_of(uint32_t) nwaiting;
	struct waitlist waiters;
	atomic_of(hob_time) asked; /* from when the switch interval counts */

	hob_time switch_ns;
	hob_lane_fn *on_enter, *on_leave;
	void *arg;
	char name[32];
};

/* A counter with one writer at a time. */
#define ADD(p, n) at_store((p), at_load((p), RELAXED) + (n), RELAXED)

static struct hob_lane *lane_of(struct task_lane *seam)
{
	return container_of(seam, struct hob_lane, seam);
}

static hob_time least(hob_time a, hob_time b)
{
	return a < b ? a : b;
}

/* The books: a stretch that began at `from` ends now. */
static void settle(struct hob_lane *l, hob_time from, hob_time now)
{
	hob_time ns = now > from ? now - from : 0, all;
	uint64_t take = at_load(&l->takes, RELAXED), passed = take > l->timed ? take - l->timed - 1 : 0;

	all = ns + (hob_time)passed * least(ns, SHORT_NS);
	ADD(&l->held, all);
	task_laned(all);
	l->timed = take;
	l->sample = ns >= SHORT_NS ? 1 : l->sample < SAMPLE_MAX ? 2 * l->sample : SAMPLE_MAX;
	l->chance ^= l->chance << 13;
	l->chance ^= l->chance >> 17;
	l->chance ^= l->chance << 5;
	l->next = take + 1 + l->chance % (2 * l->sample - 1);
	at_store(&l->since, 0, RELAXED);
}

/* Counts a stretch that begins, and times it where it is its turn. */
static inline void begin(struct hob_lane *l)
{
	uint64_t take = at_load(&l->takes, RELAXED) + 1;

	at_store(&l->takes, take, RELAXED);
	if (UNLIKELY(take == l->next))
		at_store(&l->since, sys.now(), RELAXED);
}

static bool try_take(struct hob_lane *l)
{
	uint32_t state = FREE;

	if (!at_cas(&l->state, &state, HELD, ACQUIRE))
		return false;
	begin(l);
	return true;
}

/* Gets it after all, or stands in line. Under the lock. */
static bool take_or_queue(struct hob_lane *l, struct turn *turn, hob_time now)
{
	uint32_t state = at_load(&l->state, RELAXED);

	while (!(state & WAITED)) {
		if (state == FREE && try_take(l))
			return true;
		state = HELD;
		if (at_cas(&l->state, &state, HELD | WAITED, RELAXED))
			break;
	}
	if (waitlist_empty(&l->waiters))
		at_store(&l->asked, now, RELAXED);
	waitlist_add(&l->waiters, turn);
	ADD(&l->nwaiting, 1);
	return false;
}

/* Waits until the turn has come: then the stretch has begun, when it was given. Who gave it is out of the lock by then,
 * so that we may destroy the lane. */
static int await(struct hob_lane *l, struct turn *turn, hob_time began, hob_time deadline, enum park how)
{
	int err = turn_await(turn, &l->lock, WHY_LANE, deadline, how);

	lock(&l->lock);
	ADD(&l->nwaiting, -1);
	unlock(&l->lock);
	if (err)
		return err;
	ADD(&l->takes, 1);
	ADD(&l->waits, 1);
	ADD(&l->waited, at_load(&l->since, RELAXED) - began);
	return 0;
}

static int take_slow(struct hob_lane *l, hob_time deadline, enum park how)
{
	hob_time now = sys.now();
	struct turn turn;
	bool got;

	lock(&l->lock);
	got = take_or_queue(l, &turn, now);
	unlock(&l->lock);
	return got ? 0 : await(l, &turn, now, deadline, how);
}

/* Gives it to the first in line, and answers whether there was one. Then `mine` stands in line behind all; otherwise
 * the caller keeps it. Without `mine` it is free where there was none. */
static bool hand_over(struct hob_lane *l, struct turn *mine, hob_time now)
{
	hob_time since = at_load(&l->since, RELAXED);
	struct task *next;

	lock(&l->lock);
	settle(l, since ? since : at_load(&l->asked, RELAXED), now);
	at_store(&l->since, now, RELAXED);
	at_store(&l->asked, now, RELAXED);
	next = waitlist_give(&l->waiters);
	if (next && mine) {
		waitlist_add(&l->waiters, mine);
		ADD(&l->nwaiting, 1);
	}
	if (!next && !mine)
		at_store(&l->since, 0, RELAXED);
	at_store(&l->state, !waitlist_empty(&l->waiters) ? HELD | WAITED : next || mine ? HELD : FREE, RELEASE);
	unlock(&l->lock);
	if (next)
		task_unpark(next);
	return next != NULL;
}

static void release(struct hob_lane *l)
{
	uint32_t state = HELD;

	if (at_load(&l->state, RELAXED) == HELD) {
		hob_time since = at_load(&l->since, RELAXED);

		if (since)
			settle(l, since, sys.now());
		if (at_cas(&l->state, &state, FREE, RELEASE))
			return;
	}
	hand_over(l, NULL, sys.now());
}

/* What a task does when it is in, and before it is out. */
static inline void arrive(struct hob_lane *l, struct task *t)
{
	t->lane = &l->seam;
	if (l->on_enter)
		l->on_enter(l->arg);
}

static inline void depart(struct hob_lane *l, struct task *t)
{
	if (l->on_leave)
		l->on_leave(l->arg);
	t->lane = NULL;
}

static void let_go(struct task *t)
{
	struct hob_lane *l = lane_of(t->lane);

	depart(l, t);
	release(l);
}

static void take(struct task *t, struct task_lane *seam)
{
	struct hob_lane *l = lane_of(seam);

	if (!try_take(l))
		take_slow(l, HOB_NEVER, PARK_SHIELDED);
	arrive(l, t);
}

/* Nobody waits for the lane; but perhaps only since the task computes on their worker, or on that of their timers. */
static void look_about(struct hob_lane *l)
{
	hob_time now = sys.now_coarse();

	if (now - l->looked < l->switch_ns)
		return;
	l->looked = now;
	hob_yield();
}

static void checkpoint(struct task *t)
{
	struct hob_lane *l = lane_of(t->lane);
	struct turn turn;
	hob_time now;

	if (LIKELY(at_load(&l->state, RELAXED) == HELD)) {
		look_about(l);
		return;
	}
	now = sys.now();
	if (now - at_load(&l->asked, RELAXED) < l->switch_ns)
		return;
	depart(l, t);
	ADD(&l->switches, 1);
	if (hand_over(l, &turn, now))
		await(l, &turn, now, HOB_NEVER, PARK_SHIELDED);
	arrive(l, t);
}

/* For a report. */
static void read_entry(struct lane_entry *e, struct lane_sums *out)
{
	struct hob_lane *l = container_of(e, struct hob_lane, entry);
	struct hob_lane_stats stats;

	hob_lane_stats(l, &stats);
	memcpy(out->name, l->name, sizeof out->name);
	out->held = stats.held_ns;
	out->waited = stats.waited_ns;
}

int hob_lane_create(struct hob_lane **out, const struct hob_lane_options *opts)
{
	struct hob_lane *l = sys.alloc(sizeof *l);

	if (!l)
		return -ENOMEM;
	l->seam = (struct task_lane){ let_go, take, checkpoint };
	l->sample = 1;
	l->next = 1;
	l->chance = (uint32_t)sys.random() | 1; /* xorshift must not start at 0 */
	l->switch_ns = opts && opts->switch_ns ? opts->switch_ns : HOB_LANE_SWITCH;
	if (opts) {
		l->on_enter = opts->on_enter;
		l->on_leave = opts->on_leave;
		l->arg = opts->arg;
	}
	if (opts && opts->name)
		memcpy(l->name, opts->name, strnlen(opts->name, sizeof l->name - 1));
	l->entry.read = read_entry;
	lanes_add(&l->entry);
	*out = l;
	return 0;
}

void hob_lane_destroy(struct hob_lane *l)
{
	if (!l)
		return;
	ALWAYS(at_load(&l->state, ACQUIRE) == FREE);
	lanes_remove(&l->entry);
	sys.free(l);
}

int hob_lane_enter(struct hob_lane *l, hob_time deadline)
{
	struct task *t = task_self();
	int err;

	if (!t)
		return -EPERM;
	if (UNLIKELY(t->lane != NULL))
		return -EDEADLK;
	if (task_cancelled(t))
		return -ECANCELED;
	if (UNLIKELY(!try_take(l)) && (err = take_slow(l, deadline, PARK_CANCELLABLE)))
		return err;
	arrive(l, t);
	return 0;
}

void hob_lane_leave(struct hob_lane *l)
{
	struct task *t = task_self();

	ALWAYS(t && t->lane == &l->seam);
	depart(l, t);
	release(l);
}

int hob_lane_call(struct hob_lane *l, hob_task_fn *fn, void *arg, hob_time deadline)
{
	int result;

	if (hob_lane_held(l))
		return fn(arg);
	result = hob_lane_enter(l, deadline);
	if (result)
		return result;
	result = fn(arg);
	hob_lane_leave(l);
	return result;
}

struct laned {
	struct hob_lane *lane;
	hob_task_fn *fn;
	void *arg;
};

static int laned_main(void *arg)
{
	struct laned in = *(struct laned *)arg;
	struct task *t = task_self();

	sys.free(arg);
	take(t, &in.lane->seam);
	return in.fn(in.arg); /* the task lets go of it when it ends */
}

int hob_lane_spawn(struct hob_scope *s, struct hob_lane *l, hob_task_fn *fn, void *arg)
{
	struct laned *in = sys.alloc(sizeof *in);
	int err;

	if (!in)
		return -ENOMEM;
	*in = (struct laned){ l, fn, arg };
	err = task_spawn(s, laned_main, in, fn, __builtin_return_address(0));
	if (err)
		sys.free(in);
	return err;
}

int hob_lane_yield(void)
{
	struct task *t = task_self();

	if (!t)
		return -EPERM;
	if (t->lane)
		checkpoint(t);
	return 0;
}

int hob_lane_held(const struct hob_lane *l)
{
	const struct task *t = task_self();

	return t && t->lane == &l->seam;
}

void hob_lane_assert(const struct hob_lane *l)
{
	ALWAYS(hob_lane_held(l));
}

const char *hob_lane_name(const struct hob_lane *l)
{
	return l->name;
}

void hob_lane_stats(struct hob_lane *l, struct hob_lane_stats *out)
{
	hob_time since = at_load(&l->since, RELAXED), now = since ? sys.now() : 0;

	*out = (struct hob_lane_stats){
		.takes = at_load(&l->takes, RELAXED),
		.waits = at_load(&l->waits, RELAXED),
		.switches = at_load(&l->switches, RELAXED),
		.held_ns = at_load(&l->held, RELAXED) + (now > since ? now - since : 0),
		.waited_ns = at_load(&l->waited, RELAXED),
		.waiting = at_load(&l->nwaiting, RELAXED),
	};
}
