/* The scan, in ranges that strands take in order, most of them in one pass over memory. A strand that finds its range's
 * carry there (the fold of all before it) does what a serial scan does. Otherwise it folds its range; and if the carry
 * has come by then, it passes on carry and fold together to the next range, and writes its own from the cache. (The
 * chained scan of Yan, Long and Zhang, "StreamScan", PPoPP 2013.) Where it has not, nobody waits for it: the range is
 * left folded, and written by whoever brings the carry. So one strand alone never folds, two take two thirds of the
 * time of one, and one that loses its core holds nobody up.
 *
 * A range's state is changed once by who folds it and once by who brings its carry, each by a swap: the second of the
 * two, by what the first has left there, knows that it has to go on from there.
 *
 * A new strand joins in by taking the job that an earlier one keeps on offer.
 */
#include <errno.h>
#include <string.h>

#include "compute/fold.h"
#include "compute/loop.h"

#define SLOTS_MAX 65536 /* however small the grain: they take memory */

enum { NEITHER, FOLDED, CARRIED };

/* Of one range; and behind it in memory its fold and its carry. */
struct slot {
	_Alignas(max_align_t) atomic_of(uint32_t) state;
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

/* Ranges to be written, from `first` on. */
struct batch {
	struct scan *scan;
	size_t first;
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

static void write_items(struct scan *s, size_t begin, size_t end, void *carry)
{
	if (!control_ended(&s->control))
		control_fail(&s->control, s->how->write(begin, end, carry, s->how->arg));
}

static size_t begin_of(struct scan *s, size_t i)
{
	return s->begin + i * s->range;
}

static size_t end_of(struct scan *s, size_t i)
{
	return i + 1 < s->nslots ? begin_of(s, i + 1) : s->end;
}

static int write_slots(size_t begin, size_t end, void *arg)
{
	const struct batch *b = arg;

	for (size_t i = b->first + begin; i < b->first + end; i++)
		write_items(b->scan, begin_of(b->scan, i), end_of(b->scan, i), carry_of(b->scan, slot_of(b->scan, i)));
	return 0;
}

/* The carry of slot i + 1, from what slot i has. */
static void add_fold(struct scan *s, size_t i)
{
	void *carry = carry_of(s, slot_of(s, i + 1));

	memcpy(carry, carry_of(s, slot_of(s, i)), s->how->size);
	s->how->combine(carry, fold_of(slot_of(s, i)), s->how->arg);
}

/* The carry of slot i is in its place: tells so, and passes on through all that are folded. Answers where it ends: the
 * slots before that are the caller's to write. */
static size_t pass_on(struct scan *s, size_t i)
{
	for (; i < s->nslots && at_swap(&slot_of(s, i)->state, CARRIED, ACQ_REL) == FOLDED; i++)
		add_fold(s, i);
	return i;
}

static void run_slot(struct scan *s, size_t i)
{
	struct slot *slot = slot_of(s, i);
	struct batch b = { .scan = s, .first = i };
	size_t end;

	if (at_load(&slot->state, ACQUIRE) == CARRIED) {
		write_items(s, begin_of(s, i), end_of(s, i), carry_of(s, slot));
		memcpy(carry_of(s, slot_of(s, i + 1)), carry_of(s, slot), s->how->size);
		b.first = i + 1;
	} else {
		fold_begin(fold_of(slot), s->how->identity, s->how->size);
		control_fail(&s->control, s->how->fold(begin_of(s, i), end_of(s, i), fold_of(slot), s->how->arg));
		if (control_error(&s->control) || at_swap(&slot->state, FOLDED, ACQ_REL) != CARRIED)
			return;
		add_fold(s, i);
	}
	end = pass_on(s, i + 1);
	loop_under(&s->control, end - b.first, 1, write_slots, &b);
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
		write_items(s, begin, begin + more, carry);
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

		write_items(s, s->begin, s->begin + items, carry);
		s->begin += items;
	}
}

static void run_strands(struct scan *s, void *carry)
{
	struct strand first = { .scan = s };

	memcpy(carry_of(s, slot_of(s, 0)), carry, s->how->size);
	at_store(&slot_of(s, 0)->state, CARRIED, RELAXED);
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
