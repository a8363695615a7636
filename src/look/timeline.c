/* A life in a bounded number of pieces. */
#include "look/timeline.h"

#include <string.h>

#include "base/sys.h"

#define FIRST_WIDTH 4000000 /* ns */

void look_timeline_init(struct look_timeline *t, int64_t start)
{
	*t = (struct look_timeline){ .start = start, .width = FIRST_WIDTH, .first = LOOK_PIECES };
	t->at = sys.alloc(LOOK_PIECES * sizeof *t->at);
}

void look_timeline_finish(struct look_timeline *t)
{
	sys.free(t->at);
	*t = (struct look_timeline){ 0 };
}

static void merge(struct look_piece *to, const struct look_piece *from)
{
	if (from->wait > to->wait)
		to->cause = from->cause;
	to->compute += from->compute;
	to->ready += from->ready;
	to->wait += from->wait;
}

static void halve(struct look_timeline *t)
{
	for (unsigned i = 0; i < t->used; i++) {
		struct look_piece p = t->at[i];
		if (i % 2)
			merge(&t->at[i / 2], &p);
		else
			t->at[i / 2] = p;
	}
	unsigned used = (t->used + 1) / 2;
	memset(t->at + used, 0, (t->used - used) * sizeof *t->at);
	t->used = used;
	t->first /= 2;
	t->width *= 2;
}

/* a * b / c without an overflow: spans may be long. */
static int64_t share(int64_t a, int64_t b, int64_t c)
{
	return (int64_t)((double)a * (double)b / (double)c);
}

void look_timeline_paint(struct look_timeline *t, const struct look_span *s, enum look_state cause)
{
	if (!t->at || s->to <= s->from || s->from < t->start)
		return;
	while ((s->to - 1 - t->start) / t->width >= LOOK_PIECES)
		halve(t);
	unsigned first = (unsigned)((s->from - t->start) / t->width),
		 last = (unsigned)((s->to - 1 - t->start) / t->width);
	for (unsigned i = first; i <= last; i++) {
		int64_t begin = t->start + i * t->width, end = begin + t->width;
		begin = begin < s->from ? s->from : begin;
		end = end > s->to ? s->to : end;
		int64_t length = s->to - s->from, part = end - begin;
		struct look_piece piece = {
			.compute = (uint32_t)(share(s->compute, part, length) / 1000),
			.ready = (uint32_t)(share(s->ready, part, length) / 1000),
			.wait = (uint32_t)(share(s->wait, part, length) / 1000),
			.cause = (uint16_t)cause,
		};
		merge(&t->at[i], &piece);
	}
	t->first = first < t->first ? first : t->first;
	t->used = last + 1 > t->used ? last + 1 : t->used;
}
