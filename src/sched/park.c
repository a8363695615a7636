/* Parking, waking, yielding, and the switch between tasks.
 *
 * The permit. A task that wants to wait may be woken before, while and after it leaves its stack, from any thread. One
 * word decides. NONE: it runs, or is in a queue. PARKED: it is off its stack, in no queue. GIVEN: woken ahead of time.
 *
 *	parker, once off its stack:   CAS NONE -> PARKED (release: its registers are saved before)
 *	                              on failure it was GIVEN: swap to NONE (acquire), and back into a queue
 *	waker, after its own writes:  CAS PARKED -> NONE (acquire): it alone may and must queue the task
 *	                              NONE -> GIVEN, or GIVEN -> GIVEN (release)
 *
 * No wake is lost: if the waker's CAS comes before the parker's, that one finds GIVEN, and by its acquire sees what
 * the waker wrote; if after, the waker finds PARKED. GIVEN -> GIVEN is a real write, since the second waker's data must
 * be seen too: a read-modify-write extends the release sequence that the parker's acquire reads from. No task is
 * queued twice: PARKED is left once, by one CAS. The parker must not publish PARKED from its own stack, or a waker
 * could run the task on a second core while the first still stands on its stack: so it is done by whoever runs next
 * on this worker, in worker_after_switch.
 *
 * Rejected: a lock in each task (two locked instructions more a wake); publishing before the switch with a flag that
 * the next worker spins on (a preempted parker would hold up a whole worker).
 */
#include "sched/seat.h"

#include <errno.h>

#include "base/sys.h"
#include "sched/account.h"

void worker_after_switch(void)
{
	struct worker *w = worker_self();
	struct task *t = w->left;
	enum after after = w->after;

	w->after = AFTER_NOTHING;
	switch (after) {
	case AFTER_NOTHING:
		break;
	case AFTER_PARK: {
		uint32_t permit = PERMIT_NONE;

		if (!at_cas(&t->permit, &permit, PERMIT_PARKED, ACQ_REL)) {
			at_swap(&t->permit, PERMIT_NONE, ACQUIRE);
			worker_requeue(w, t);
		}
		break;
	}
	case AFTER_YIELD:
		worker_requeue(w, t);
		break;
	case AFTER_EXIT:
		fiber_finish(&t->fiber);
		task_free(w->rt, w, t);
		break;
	}
}

/* Leaves the running task for the next one, or for the worker's loop where there is none. */
static inline __attribute__((always_inline)) void leave(struct worker *w, struct task *t, struct task *next,
							enum after after)
{
	bool first = next && !next->fiber.sp;

	if (!jobs_empty(&w->forks))
		jobs_move(w);
	account_off(w, t);
	if (first)
		task_begin(w, next);
	else if (next)
		account_on(w, next);
	w->left = t;
	w->after = after;
	at_store(&w->current, next, RELEASE);
	if (first)
		fiber_switch_first(&t->fiber, &next->fiber);
	else
		fiber_switch(&t->fiber, next ? &next->fiber : &w->loop);
	worker_after_switch();
}

struct fiber *worker_exit(struct worker *w, struct task *t, struct task *next)
{
	DEBUG_CHECK(jobs_empty(&w->forks)); /* every fork is joined */
	account_end(w, t);
	if (next)
		account_on(w, next);
	w->left = t;
	w->after = AFTER_EXIT;
	at_store(&w->current, next, RELEASE);
	return next ? &next->fiber : &w->loop;
}

void worker_run(struct worker *w, struct task *t)
{
	at_store(&w->current, t, RELEASE);
	account_begin(w);
	if (t->fiber.sp) {
		account_on(w, t);
		fiber_switch(&w->loop, &t->fiber);
	} else {
		task_begin(w, t);
		fiber_switch_first(&w->loop, &t->fiber);
	}
	worker_after_switch();
}

struct task *timer_task(struct timer *t)
{
	return container_of(t, struct task, timer);
}

bool task_cancelled(const struct task *t)
{
	return at_load(&t->scope->cancelled, RELAXED) && !t->shields;
}

/* The wait for the lane may swallow permits; that is no harm, since our caller looks at its condition after it. */
static void back_in_lane(struct task *t, struct task_lane *lane, bool left)
{
	if (left)
		lane->take(t, lane);
	else
		lane->checkpoint(t);
}

int task_park(enum why why, hob_time deadline, enum park how)
{
	struct worker *w = worker_self();
	struct task *t = w->current;
	struct task_lane *lane = t->lane;
	bool timed_out = false, left = false;

	if (how == PARK_CANCELLABLE && task_cancelled(t))
		return -ECANCELED;
	if (deadline != HOB_NEVER) {
		if (deadline <= 0 || deadline <= sys.now())
			return -ETIMEDOUT;
		t->timer.when = deadline;
		w->rt->ops->timer_start(w->poller, &t->timer);
	}
	seat_tell(w);
	t->why = (uint8_t)why;
	if (at_load(&t->permit, RELAXED) == PERMIT_GIVEN) {
		at_swap(&t->permit, PERMIT_NONE, ACQUIRE);
	} else {
		left = true;
		if (UNLIKELY(lane != NULL))
			lane->let_go(t);
		leave(w, t, worker_next(w), AFTER_PARK);
	}
	t->why = WHY_NONE;
	if (deadline != HOB_NEVER) {
		timed_out = !at_load(&t->timer.armed, ACQUIRE);
		if (!timed_out)
			t->scope->rt->ops->timer_stop(&t->timer);
	}
	if (UNLIKELY(lane != NULL))
		back_in_lane(t, lane, left);
	if (how == PARK_CANCELLABLE && task_cancelled(t))
		return -ECANCELED;
	return timed_out ? -ETIMEDOUT : 0;
}

void task_unpark(struct task *t)
{
	uint32_t was = PERMIT_PARKED;

	while (!at_cas(&t->permit, &was, was == PERMIT_PARKED ? PERMIT_NONE : PERMIT_GIVEN, ACQ_REL))
		;
	if (was == PERMIT_PARKED) {
		account_unpark(t);
		worker_ready_next(t->scope->rt, t);
	}
}

int hob_yield(void)
{
	struct worker *w = worker_self();
	struct task *t = w ? w->current : NULL;
	struct task_lane *lane;

	if (!t)
		return -EPERM;
	lane = t->lane;
	if (UNLIKELY(lane != NULL))
		lane->let_go(t);
	leave(w, t, worker_next(w), AFTER_YIELD);
	if (UNLIKELY(lane != NULL))
		lane->take(t, lane);
	return 0;
}
