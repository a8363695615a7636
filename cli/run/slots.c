/* The numbers {%}. */
#include "run/slots.h"

#include <stdlib.h>
#include <string.h>

unsigned slots_take(struct slots *s)
{
	size_t w = 0;
	while (w < s->words && s->taken[w] == UINT64_MAX)
		w++;
	if (w == s->words) {
		size_t words = s->words ? 2 * s->words : 4;
		uint64_t *taken = realloc(s->taken, words * sizeof *taken);
		if (!taken)
			return 0;
		memset(taken + s->words, 0, (words - s->words) * sizeof *taken);
		s->taken = taken;
		s->words = words;
	}
	unsigned bit = (unsigned)__builtin_ctzll(~s->taken[w]);
	s->taken[w] |= UINT64_C(1) << bit;
	return (unsigned)(64 * w) + bit + 1;
}

void slots_give(struct slots *s, unsigned slot)
{
	if (slot)
		s->taken[(slot - 1) / 64] &= ~(UINT64_C(1) << (slot - 1) % 64);
}

void slots_free(struct slots *s)
{
	free(s->taken);
	*s = (struct slots){ 0 };
}
