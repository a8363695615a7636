/* Who gets a hand next.
 *
 * A hand that is awake answers within a microsecond, one that sleeps has to be woken: some tens. So the idle are used
 * last in, first out; and where short calls are under way, a call waits for a hand that works rather than wake another,
 * as long as its wait is shorter than the waking. The hand is passed on by the call that has it, with the next request
 * posted before that one's caller even runs.
 *
 * Where the program does not say how many hands there may be, `max` is what size.h makes of what calls do, and one of
 * the calls that wait wakes now and then to look. So there may be idle hands beyond max, which get no work.
 *
 * No call is forgotten in the queue. While `looking` is not 0 some caller has a hand and has promised to pass it on, or
 * to stop looking when its call takes long: and the last to stop looking hands the idle and the yet unborn out to all
 * that wait. So where calls wait and nobody looks, either max are at work, or there are neither idle hands nor room for
 * more (but where one could just not be started). Each hand at work will serve the queue as it is given back or lost,
 * unless more than max are: then the last of max will. The rest is under one lock.
 */
#include "process/pool.h"

#include <errno.h>

#include "base/check.h"
#include "base/sys.h"
#include "process/helper.h"
#include "sched/task.h"

#define BYTES ((size_t)1 << 20)
#define BYTES_MAX ((size_t)1 << 40)
#define WAKE_NS 30000
#define SMALL 4096 /* input that is copied in another's turn */

enum { WAITS, GIVEN, STARTS };

static struct hand *first_idle(struct hob_pool *p)
{
	return list_empty(&p->idle) ? NULL : container_of(p->idle.next, struct hand, link);
}

static void to_work(struct hob_pool *p, struct hand *h)
{
	list_remove(&h->link);
	list_push(&p->working, &h->link);
	p->nworking++;
}

static void to_rest(struct hob_pool *p, struct hand *h)
{
	list_remove(&h->link);
	list_push(p->idle.next, &h->link); /* in front */
	p->nworking--;
}

static void to_start(struct hob_pool *p)
{
	p->n++;
	p->nworking++;
	p->started++;
}

/* One that waits has the pool's size looked after. It is the last in the queue, so that this changes seldom. */
static void queue_turn(struct hob_pool *p, struct turn *t)
{
	list_push(&p->turns, &t->link);
	p->nturns++;
	if (p->size && !at_load(&p->sampler, RELAXED))
		at_store(&p->sampler, t, RELAXED);
}

static void unqueue_turn(struct hob_pool *p, struct turn *t)
{
	struct turn *last;

	list_remove(&t->link);
	p->nturns--;
	if (at_load(&p->sampler, RELAXED) != t)
		return;
	last = list_empty(&p->turns) ? NULL : container_of(p->turns.prev, struct turn, link);
	at_store(&p->sampler, last, RELAXED);
	if (last)
		task_unpark(last->task);
}

static struct turn *pop_turn(struct hob_pool *p)
{
	struct turn *t;

	if (list_empty(&p->turns))
		return NULL;
	t = container_of(p->turns.next, struct turn, link);
	unqueue_turn(p, t);
	return t;
}

/* The turn is out of the queue, and its caller's again once its state is told. */
static void tell(struct turn *t, uint32_t state)
{
	struct task *task = t->task;

	at_store(&t->state, state, RELEASE);
	task_unpark(task);
}

static void post(struct turn *t)
{
	t->hand->since = sys.now();
	t->error = hand_post(t->hand, t->fn, t->call);
	t->posted = true;
}

static void give(struct turn *t, struct hand *h)
{
	t->hand = h;
	if (t->call->in_len <= SMALL && !t->call->nshared)
		post(t);
	tell(t, GIVEN);
}

/* Hands out what there is, and leave to start more. Under the lock, which it lets go of meanwhile. */
static void hand_out(struct hob_pool *p, bool more)
{
	while (!list_empty(&p->turns) && p->nworking < p->max) {
		struct hand *h = first_idle(p);
		struct turn *t;

		if (!h && (!more || p->n >= p->max))
			return;
		t = pop_turn(p);
		if (h)
			to_work(p, h);
		else
			to_start(p);
		unlock(&p->lock);
		if (h)
			give(t, h);
		else
			tell(t, STARTS);
		lock(&p->lock);
	}
}

void pool_stop_looking(struct hob_pool *p, struct turn *t)
{
	bool looks = t->looks;

	if (!looks && !p->size)
		return;
	t->looks = false;
	lock(&p->lock);
	if (p->size && !t->hand->sized.counted)
		size_began(p->size, &t->hand->sized, sys.now());
	p->looking -= looks;
	if (looks && !p->looking)
		hand_out(p, true);
	unlock(&p->lock);
}

/* Its call is over. Under the lock. */
static void count_out(struct hob_pool *p, struct hand *h, hob_time now, bool failed)
{
	if (p->size)
		size_ended(p->size, &h->sized, hand_pid(h), now, failed);
}

void pool_lost(struct hob_pool *p, struct turn *t, bool begun, bool answered)
{
	struct hand *h = t->hand;

	t->hand = NULL;
	lock(&p->lock);
	count_out(p, h, sys.now(), !answered);
	list_remove(&h->link);
	p->deaths += begun && !answered;
	p->calls += answered;
	p->n--;
	p->nworking--;
	p->looking -= t->looks;
	t->looks = false;
	if (!p->looking)
		hand_out(p, true);
	unlock(&p->lock);
	hand_free(h);
}

/* The hand idle for the longest time, where that is too long. Under the lock. */
static struct hand *too_many(struct hob_pool *p, hob_time now)
{
	struct hand *last = container_of(p->idle.prev, struct hand, link);

	if (p->n <= p->min || list_empty(&p->idle) || now - last->since < p->idle_ns)
		return NULL;
	list_remove(&last->link);
	p->n--;
	return last;
}

/* Of `looking`: the next in the queue takes over the promise of this one, or adds one. */
void pool_give_back(struct hob_pool *p, struct turn *t, bool answered)
{
	struct hand *h = t->hand, *old = NULL;
	hob_time now = sys.now(), took = now - h->since;
	struct turn *next;

	h->awake = answered && !HOSTILE;
	h->since = now;
	t->hand = NULL;
	lock(&p->lock);
	count_out(p, h, now, answered && t->call->result < 0);
	p->calls += answered;
	if (answered)
		p->service += (took - p->service) / 8;
	next = p->nworking <= p->max ? pop_turn(p) : NULL;
	if (next) {
		next->looks = h->awake;
		p->looking += next->looks;
	} else {
		old = too_many(p, now);
		to_rest(p, h);
	}
	p->looking -= t->looks;
	t->looks = false;
	if (!p->looking)
		hand_out(p, true);
	unlock(&p->lock);
	if (next)
		give(next, h);
	if (old)
		hand_free(old);
}

static bool waiting_pays(const struct hob_pool *p)
{
	return p->looking && (p->nturns + 1) * p->service < WAKE_NS;
}

/* A hand, or leave to start one, or a place in the queue. */
static void ask(struct hob_pool *p, struct turn *t)
{
	struct hand *h;

	lock(&p->lock);
	h = list_empty(&p->turns) && p->nworking < p->max ? first_idle(p) : NULL;
	if (h && (hand_spins(h) || !waiting_pays(p))) {
		to_work(p, h);
		t->hand = h;
		t->looks = h->awake;
		p->looking += t->looks;
		at_store(&t->state, GIVEN, RELAXED);
	} else if (list_empty(&p->idle) && p->n < p->max && !waiting_pays(p)) {
		to_start(p);
		at_store(&t->state, STARTS, RELAXED);
	} else {
		queue_turn(p, t);
		if (!waiting_pays(p))
			hand_out(p, true);
	}
	unlock(&p->lock);
}

static double demand(struct hob_pool *p, hob_time now)
{
	double sum = 0;

	for (struct link *l = p->working.next; l != &p->working; l = l->next) {
		struct hand *h = container_of(l, struct hand, link);

		if (h->sized.counted)
			sum += size_demand(&h->sized, hand_pid(h), now);
	}
	return sum;
}

/* When the turn is to wake to look after the pool's size, which it does where that is now. */
static hob_time next_look(struct hob_pool *p, struct turn *t)
{
	hob_time due = HOB_NEVER, now;

	if (at_load(&p->sampler, RELAXED) != t)
		return due;
	now = sys.now();
	lock(&p->lock);
	if (at_load(&p->sampler, RELAXED) == t && now >= p->size->due) {
		p->max = size_sample(p->size, demand(p, now), true, now);
		if (!p->looking)
			hand_out(p, true);
	}
	if (at_load(&p->sampler, RELAXED) == t)
		due = p->size->due;
	unlock(&p->lock);
	return due;
}

static int wait_turn(struct hob_pool *p, struct turn *t, hob_time deadline)
{
	int err = 0;
	bool queued;

	while (!err && at_load(&t->state, ACQUIRE) == WAITS) {
		hob_time look = next_look(p, t);

		err = task_park(WHY_PROCESS, look < deadline ? look : deadline, PARK_CANCELLABLE);
		if (err == -ETIMEDOUT && look < deadline)
			err = 0;
	}
	if (!err)
		return 0;
	lock(&p->lock);
	queued = !list_empty(&t->link);
	if (queued)
		unqueue_turn(p, t);
	unlock(&p->lock);
	if (queued)
		return err;
	while (at_load(&t->state, ACQUIRE) == WAITS) /* it is being given a hand this moment */
		task_park(WHY_PROCESS, HOB_NEVER, PARK_SHIELDED);
	return 0;
}

/* Back to the queue where there are other hands; otherwise this one's error is everybody's. Nobody is told to try what
 * has just failed, or it would be tried without end. */
static bool others_will_do(struct hob_pool *p, struct turn *t)
{
	bool others;

	lock(&p->lock);
	others = --p->n > 0;
	p->nworking--;
	if (others) {
		at_store(&t->state, WAITS, RELAXED);
		queue_turn(p, t);
	}
	hand_out(p, !others);
	unlock(&p->lock);
	return others;
}

static void enlist(struct hob_pool *p, struct hand *h)
{
	lock(&p->lock);
	list_push(&p->working, &h->link);
	unlock(&p->lock);
}

int pool_take(struct hob_pool *p, struct turn *t, hob_time deadline)
{
	int err;

	list_init(&t->link);
	t->hand = NULL;
	t->looks = t->posted = false;
	t->error = 0;
	at_store(&t->state, WAITS, RELAXED);
	ask(p, t);
	for (;;) {
		err = wait_turn(p, t, deadline);
		if (err)
			return err;
		if (at_load(&t->state, RELAXED) == GIVEN)
			break;
		err = hand_start(&t->hand, &p->order, deadline);
		if (!err) {
			enlist(p, t->hand);
			break;
		}
		if (!others_will_do(p, t))
			return err;
	}
	if (!t->posted)
		post(t);
	return 0;
}

int hob_pool_create(struct hob_pool **out, const struct hob_pool_options *opts)
{
	struct hob_pool_options o = opts ? *opts : (struct hob_pool_options){ 0 };
	struct hob_pool *p;
	int err = 0;

	if (!task_self())
		return -EPERM;
	if (!helper_there())
		return -ESRCH;
	if (o.workers_min > (o.workers_max ? o.workers_max : size_most()) || o.in_bytes > BYTES_MAX ||
	    o.out_bytes > BYTES_MAX || o.confine > HOB_CONFINE_STRICT)
		return -EINVAL;
	p = sys.alloc(sizeof *p);
	if (!p)
		return -ENOMEM;
	p->order = (struct order){ .in_bytes = o.in_bytes ? o.in_bytes : BYTES,
				   .out_bytes = o.out_bytes ? o.out_bytes : BYTES,
				   .memory_bytes = o.memory_bytes,
				   .cpu_seconds = o.cpu_seconds,
				   .open_files = o.open_files,
				   .confine = o.confine };
	if (!o.workers_max && !(p->size = sys.alloc(sizeof *p->size))) {
		sys.free(p);
		return -ENOMEM;
	}
	p->max = o.workers_max;
	if (p->size)
		p->max = size_init(p->size, o.workers_min);
	p->min = o.workers_min;
	p->idle_ns = o.idle_ns ? o.idle_ns : 10 * HOB_SECOND;
	poison_init(&p->poison, o.deaths_max ? o.deaths_max : 3);
	list_init(&p->idle);
	list_init(&p->working);
	list_init(&p->turns);
	for (unsigned i = 0; i < p->min && !err; i++) {
		struct hand *h;

		err = hand_start(&h, &p->order, HOB_NEVER);
		if (err)
			break;
		list_push(&p->idle, &h->link);
		p->n++;
		p->started++;
	}
	if (err)
		hob_pool_destroy(p);
	else
		*out = p;
	return err;
}

/* All are told before the first is waited for. */
void hob_pool_destroy(struct hob_pool *p)
{
	struct link *l;

	if (!p)
		return;
	ALWAYS(list_empty(&p->turns));
	for (l = p->idle.next; l != &p->idle; l = l->next)
		hand_tell_to_end(container_of(l, struct hand, link));
	while ((l = list_pop(&p->idle))) {
		struct hand *h = container_of(l, struct hand, link);

		hand_kill(h);
		hand_free(h);
		p->n--;
	}
	ALWAYS(p->n == 0); /* no call is made */
	sys.free(p->size);
	sys.free(p);
}

void hob_pool_stats(struct hob_pool *p, struct hob_pool_stats *out)
{
	lock(&p->lock);
	*out = (struct hob_pool_stats){ .calls = p->calls,
					.deaths = p->deaths,
					.started = p->started,
					.workers = p->n,
					.allowed = p->max,
					.waiting = p->nturns };
	unlock(&p->lock);
}
