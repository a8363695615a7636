/* The scan: one pass over memory, in ranges that strands take in order. A strand that finds its range's carry there
 * (the fold of all before it) does what a serial scan does. Otherwise it folds its range, which brings it into the
 * cache, waits for the carry, passes on carry and fold together to the next range, and writes its own from the cache.
 * (The chained scan of Yan, Long and Zhang, "StreamScan", PPoPP 2013.) So one strand alone never folds, and two take
 * two thirds of the time of one.
 *
 * Why no strand waits for ever: a range is taken in order by a strand that runs, or is ready to run; each range's carry
 * depends on those before it alone; and who has taken a range passes a carry on whatever happens.
 *
 * A new strand joins in by taking the job that an earlier one keeps on offer.
 */
#include <errno.h>
#include <string.h>

#include "compute/fold.h"
#include "sched/task.h"

/* How often a strand looks for its carry before it parks: it is usually some few microseconds away. */
#define LOOKS (HOSTILE ? 1 : 200)

#define SLOTS_MAX 65536 /* however small the grain: they take memory */

enum { CARRY_ABSENT, CARRY_THERE, CARRY_WAITERS };

/* Of one range; and behind it in memory its fold and its carry. */
struct slot {
	_Alignas(max_align_t) atomic_of(uintptr_t) state; /* enum, or the task that waits for the carry */
};

struct scan {
	const struct hob_scan *how;
	size_t begin, end, range, nslots;
	char *slots;
	size_t acc_bytes; /* aligned */
	atomic_of(size_t) next;
	struct control control;
};

struct strand {
	struct offer offer;
	struct scan *scan;
};

static size_t slot_bytes(const struct scan *s)
{
	return sizeof(struct slot) + 2 * s->acc_bytes;
}

static struct slot *slot_of(struct scan *s, size_t i)
{
	return (struct slot *)(void *)(s->slots + i * slot_bytes(s));
}

static char *fold_of(struct slot *slot)
{
	return (char *)(slot + 1);
}

static char *carry_of(struct scan *s, struct slot *slot)
{
	return fold_of(slot) + s->acc_bytes;
}

static void pass_on(struct slot *to)
{
	uintptr_t waiter = at_swap(&to->state, CARRY_THERE, ACQ_REL);

	if (waiter >= CARRY_WAITERS)
		task_unpark((struct task *)waiter);
}

static bool carry_there(struct slot *slot)
{
	return at_load(&slot->state, ACQUIRE) == CARRY_THERE;
}

static void await_carry(struct slot *slot)
{
	uintptr_t absent = CARRY_ABSENT;

	for (int i = 0; i < LOOKS; i++) {
		if (carry_there(slot))
			return;
		at_pause();
	}
	if (!at_cas(&slot->state, &absent, (uintptr_t)task_self(), ACQ_REL))
		return; /* only its coming changes it */
	while (!carry_there(slot))
		task_park(WHY_JOIN, HOB_NEVER, PARK_SHIELDED);
}

static void write_range(struct scan *s, size_t begin, size_t end, void *carry)
{
	if (!control_ended(&s->control))
		control_fail(&s->control, s->how->write(begin, end, carry, s->how->arg));
}

static void run_slot(struct scan *s, size_t i)
{
	struct slot *slot = slot_of(s, i), *next = slot_of(s, i + 1);
	size_t begin = s->begin + i * s->range, left = s->end - begin;
	size_t end = begin + (left < s->range ? left : s->range);
	const struct hob_scan *how = s->how;

	if (carry_there(slot)) {
		write_range(s, begin, end, carry_of(s, slot));
		memcpy(carry_of(s, next), carry_of(s, slot), how->size);
		pass_on(next);
		return;
	}
	fold_begin(fold_of(slot), how->identity, how->size);
	if (!control_ended(&s->control))
		control_fail(&s->control, how->fold(begin, end, fold_of(slot), how->arg));
	await_carry(slot);
	memcpy(carry_of(s, next), carry_of(s, slot), how->size);
	if (!control_ended(&s->control))
		how->combine(carry_of(s, next), fold_of(slot), how->arg);
	pass_on(next);
	write_range(s, begin, end, carry_of(s, slot));
}

static void run_strand(void *arg)
{
	struct scan *s = ((struct strand *)arg)->scan;
	struct strand other = { .scan = s };
	bool offered = false;
	size_t i;

	while (!control_ended(&s->control) && (i = at_add(&s->next, 1, RELAXED)) < s->nslots) {
		if (!offered && offer_wanted())
			offered = offer_make(&other.offer, &s->control, run_strand, &other);
		run_slot(s, i);
	}
	if (offered)
		offer_join(&other.offer);
}

/* Serially, in ranges that grow, until the range is large enough to be worth a strand. */
static size_t begin_alone(struct scan *s, size_t n, void *carry)
{
	size_t begin = 0, more = 1;

	for (s->range = 0; n - begin > more && more != s->range && !control_ended(&s->control);) {
		hob_time before = sys.now();

		s->range = more;
		write_range(s, begin, begin + more, carry);
		begin += more;
		more = grain_after(more, before);
	}
	s->range = more;
	return begin;
}

/* Where there is no memory for slots: serially to the end. */
static void finish_alone(struct scan *s, void *carry)
{
	for (size_t left; (left = s->end - s->begin) && !control_ended(&s->control);) {
		size_t items = left < s->range ? left : s->range;

		write_range(s, s->begin, s->begin + items, carry);
		s->begin += items;
	}
}

static void run_strands(struct scan *s, void *carry)
{
	struct strand first = { .scan = s };

	memcpy(carry_of(s, slot_of(s, 0)), carry, s->how->size);
	at_store(&slot_of(s, 0)->state, CARRY_THERE, RELAXED);
	run_strand(&first);
	memcpy(carry, carry_of(s, slot_of(s, s->nslots)), s->how->size);
	sys.free(s->slots);
}

int fold_scan(const struct hob_loop *how, size_t n, const struct hob_scan *h, void *total)
{
	struct scan s = { .how = h, .end = n, .range = how ? how->grain : 0, .control = control_of(how) };
	_Alignas(max_align_t) char room[64];
	void *carry = h->size <= sizeof room ? room : sys.alloc(h->size);

	if (!carry)
		return -ENOMEM;
	fold_begin(carry, h->identity, h->size);
	if (!s.range)
		s.begin = begin_alone(&s, n, carry);
	if (s.range < n / SLOTS_MAX + 1)
		s.range = n / SLOTS_MAX + 1;
	s.nslots = n > s.begin ? (n - s.begin - 1) / s.range + 1 : 0;
	s.acc_bytes = (h->size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (s.nslots > 1 && control_width(&s.control) > 1)
		s.slots = sys.alloc((s.nslots + 1) * slot_bytes(&s));
	if (s.slots)
		run_strands(&s, carry);
	else
		finish_alone(&s, carry);
	if (total && !control_error(&s.control))
		memcpy(total, carry, h->size);
	if (carry != room)
		sys.free(carry);
	return control_error(&s.control);
}
