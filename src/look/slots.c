/* What a thread waited for, by cause and place.
 *
 * While nothing of a thread has run between two looks, it was in one wait all along. Where it has run, it may have been
 * in several, and was seen in the first and the last of them at most. To give that time to what was seen next would
 * favour long waits: a short one often falls between the looks, and what comes after it would inherit its time. So what
 * a thread waited between such looks is only summed up, and each look is taken for what the thread did half way to the
 * looks before and after it, as of a sample that might have come at any time. In the end the sum, which is exact, is
 * divided by these weights. They do not favour anything: over all looks, the halves add up to the time in a state, and
 * those of looks between which nothing ran are just the time that is known anyway. */
#include <string.h>

#include "base/sys.h"
#include "look/watch.h"

enum { SLOTS_MAX = 128 };

static struct look_slot *slot_of(struct look_thread *t, unsigned label, unsigned frame)
{
	for (unsigned i = 0; i < t->slot_count; i++)
		if (t->slots[i].label == label && t->slots[i].frame == frame)
			return &t->slots[i];
	if (t->slot_count == t->slot_room) {
		unsigned room = t->slot_room ? 2 * t->slot_room : 4;
		struct look_slot *slots = room <= SLOTS_MAX ? sys.alloc(room * sizeof *slots) : NULL;
		if (!slots) /* to any; the books are right all the same */
			return t->slot_count ? &t->slots[t->slot_count - 1] : NULL;
		if (t->slots)
			memcpy(slots, t->slots, t->slot_count * sizeof *slots);
		sys.free(t->slots);
		t->slots = slots;
		t->slot_room = room;
	}
	struct look_slot *new = &t->slots[t->slot_count++];
	*new = (struct look_slot){ .label = label, .frame = frame, .first = INT64_MAX };
	return new;
}

static void note_times(struct look_slot *to, int64_t first, int64_t last)
{
	to->first = first < to->first ? first : to->first;
	to->last = last > to->last ? last : to->last;
}

void look_slot_add(struct look_thread *t, unsigned label, unsigned frame, const struct look_span *s, int64_t ns)
{
	struct look_slot *to = slot_of(t, label, frame);
	if (!to)
		return;
	note_times(to, s->to - ns, s->to);
	to->ns += ns;
	to->seen++;
}

void look_slot_length(struct look_thread *t, unsigned label, unsigned frame, int64_t ns)
{
	struct look_slot *slot = slot_of(t, label, frame);
	if (slot && ns > slot->longest)
		slot->longest = ns;
}

void look_slot_weigh(struct look_thread *t, unsigned label, unsigned frame, int64_t at, int64_t ns)
{
	struct look_slot *to = ns > 0 && label >= LOOK_WAITS ? slot_of(t, label, frame) : NULL;
	if (!to || to->label < LOOK_WAITS)
		return;
	note_times(to, at, at);
	to->weight += ns;
}

/* A thread that was never seen to wait spent it on what cannot be told: other. */
void look_slots_divide(const struct look_sampler *s, struct look_thread *t)
{
	struct look_books *b = &t->books;
	double weights = 0;
	int64_t all = b->unknown;
	for (unsigned i = 0; i < t->slot_count; i++)
		weights += (double)t->slots[i].weight;
	for (unsigned i = 0; i < t->slot_count && weights > 0; i++) {
		struct look_slot *slot = &t->slots[i];
		int64_t part = (int64_t)((double)all * (double)slot->weight / weights);
		part = part < b->unknown ? part : b->unknown;
		slot->ns += part;
		b->ns[s->labels.at[slot->label].state] += part;
		b->unknown -= part;
	}
	b->ns[LOOK_OTHER] += b->unknown;
	b->unknown = 0;
}
