/* The course of one call, from its turn to its one outcome. */
#include <errno.h>

#include "base/check.h"
#include "base/sys.h"
#include "process/helper.h"
#include "process/pool.h"
#include "sched/task.h"

/* How long a caller looks whether its call is done: first alone, then with all other ready tasks of its worker before
 * it each time. See wait/blocking.c. */
#define LOOKS_ALONE 256
#define LOOK_NS 20000
#define LOOK_WOKEN_NS 40000
#define LOOKS_FAILED 4
#define LOOKS_PAUSED 64

#define STUCK_NS (100 * HOB_MS) /* a worker that has not taken its request by then will not */
#define TRIES 8                 /* of a call whose workers die before they begin it */

static bool looking_pays(atomic_of(uint32_t) *failed)
{
	uint32_t n = at_load(failed, RELAXED);

	if (n < LOOKS_FAILED)
		return !HOSTILE;
	at_store(failed, n < LOOKS_FAILED + LOOKS_PAUSED ? n + 1 : LOOKS_FAILED - 1, RELAXED);
	return false;
}

static void looked(atomic_of(uint32_t) *failed, bool found)
{
	uint32_t n = at_load(failed, RELAXED);

	if (found ? n != 0 : n < LOOKS_FAILED)
		at_store(failed, found ? 0 : n + 1, RELAXED);
}

/* One that had to be woken is looked for as well, in books of its own: its waking is the first half of the way, and the
 * caller's would be the second. */
static bool look(struct hob_pool *p, struct hand *h)
{
	atomic_of(uint32_t) *failed = &p->looks_failed[h->awake];
	hob_time until;
	bool found = false;

	if (!looking_pays(failed))
		return hand_answered(h);
	for (int i = 0; h->awake && i < LOOKS_ALONE && !found; i++) {
		at_pause();
		found = hand_answered(h);
	}
	if (!found) {
		until = sys.now() + (h->awake ? LOOK_NS : LOOK_WOKEN_NS);
		do {
			hob_yield();
			found = hand_answered(h);
		} while (!found && sys.now() < until);
	}
	looked(failed, found);
	return found;
}

/* Why a worker ended that never worked: what the helper said, or it itself. */
static int why_refused(struct hand *h)
{
	int32_t why = at_load(&h->box->refused, ACQUIRE);

	if (h->error)
		return h->error;
	return why < 0 && why > -4096 ? why : -EOWNERDEAD;
}

/* The call was not answered, for the reason given; what becomes of its worker, and what it answers. *again: its worker
 * was dead before it began. */
static int settle(struct hob_pool *p, struct turn *t, int why, bool *again)
{
	struct hand *h = t->hand;
	bool posted = !t->error, dead = why == -EOWNERDEAD || why == -EPROTO || why == -EPIPE || why == -ECONNRESET;
	bool begun;

	pool_stop_looking(p, t);
	if (!dead && (!posted || hand_withdraw(h))) {
		posted = false;
		if (sys.now() - h->since < STUCK_NS) {
			pool_give_back(p, t, false);
			return why;
		}
	}
	hand_kill(h);
	begun = posted && hand_had_begun(h);
	if (posted && why != -EPROTO && hand_answered(h) && hand_answer(h, t->call) == 0) { /* at the last moment */
		pool_lost(p, t, true, true);
		return t->call->result;
	}
	t->call->status = h->status;
	if (dead) {
		*again = !begun;
		why = begun ? -EOWNERDEAD : why_refused(h);
	}
	pool_lost(p, t, begun, false);
	if (dead && begun)
		poison_count(&p->poison, t->fn, t->call);
	return why;
}

static int attempt(struct hob_pool *p, struct turn *t, hob_time deadline, bool *again)
{
	int err = pool_take(p, t, deadline);

	if (err)
		return err;
	err = t->error;
	if (!err && !look(p, t->hand)) {
		pool_stop_looking(p, t);
		err = hand_await(t->hand, deadline);
	}
	if (!err)
		err = hand_answer(t->hand, t->call);
	if (err)
		return settle(p, t, err, again);
	pool_give_back(p, t, true);
	return t->call->result;
}

static int may_begin(struct hob_pool *p, hob_call_fn *fn, const struct hob_call *call, hob_time deadline)
{
	struct task *self = task_self();

	if (!self)
		return -EPERM;
	if (task_cancelled(self))
		return -ECANCELED;
	if (deadline != HOB_NEVER && (deadline <= 0 || deadline <= sys.now()))
		return -ETIMEDOUT;
	if (call->in_len > p->order.in_bytes || call->out_size > p->order.out_bytes || call->nshared > HOB_SHARED_MAX)
		return -E2BIG;
	if (!helper_knows((uintptr_t)fn))
		return -EFAULT;
	return poison_refuses(&p->poison, fn, call) ? -ENOTRECOVERABLE : 0;
}

int hob_pool_call(struct hob_pool *p, hob_call_fn *fn, struct hob_call *call, hob_time deadline)
{
	struct turn t = { .task = task_self(), .fn = fn, .call = call };
	int result = may_begin(p, fn, call, deadline);
	bool again = !result;

	call->out_len = 0;
	call->status = 0;
	for (int i = 0; i < TRIES && again; i++) {
		again = false;
		result = attempt(p, &t, deadline, &again);
	}
	call->result = result;
	return result;
}
