/* See choose.h. */
#include "choose.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHOICES = 4096, CHANGES = 3 };

static uint8_t chosen[CHOICES], out_of[CHOICES];
static unsigned nchoices, depth;
static enum search search;
static uint64_t chance = UINT64_C(0x9e3779b97f4a7c15);
static unsigned priority[MODEL_THREADS], changes_at[CHANGES];

/* xorshift64 (Marsaglia 2003) */
static unsigned roll(unsigned below)
{
	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (unsigned)((chance >> 11) % below);
}

/* By chance: half of the time the newest message, or whoever is on. */
static unsigned pick(unsigned n)
{
	return roll(2) ? roll(n) : 0;
}

static unsigned take(unsigned n, unsigned first)
{
	if (depth == nchoices) {
		if (depth == CHOICES) {
			fputs("too many choices\n", stderr);
			abort();
		}
		chosen[depth] = (uint8_t)first;
		nchoices++;
	}
	out_of[depth] = (uint8_t)n;
	return chosen[depth++];
}

unsigned choose(unsigned n)
{
	if (n == 1)
		return 0;
	return take(n, search == EACH || depth < nchoices ? 0 : pick(n));
}

unsigned choose_thread(const unsigned *who, unsigned n, unsigned self, unsigned step)
{
	unsigned best = 0;

	if (search != PRIORITIES || n == 1)
		return choose(n);
	for (unsigned i = 0; i < CHANGES; i++)
		if (step == changes_at[i])
			priority[self] = i;
	for (unsigned i = 1; i < n; i++)
		if (priority[who[i]] > priority[who[best]])
			best = i;
	return take(n, best);
}

void choose_begin(void)
{
	depth = 0;
}

bool choose_advance(void)
{
	while (nchoices && chosen[nchoices - 1] + 1 == out_of[nchoices - 1])
		nchoices--;
	if (!nchoices)
		return false;
	chosen[nchoices - 1]++;
	return true;
}

void choose_anew(enum search how, unsigned longest)
{
	search = how;
	nchoices = 0;
	for (unsigned i = 0; i < MODEL_THREADS && how != EACH; i++)
		priority[i] = CHANGES + roll(1000);
	for (unsigned i = 0; i < CHANGES && how != EACH; i++)
		changes_at[i] = longest ? 1 + roll(longest) : 0;
}

void choose_show(FILE *to)
{
	for (unsigned i = 0; i < depth; i++)
		fputc('a' + chosen[i], to);
}

void choose_read(const char *text)
{
	choose_anew(EACH, 0);
	for (; text[nchoices] && nchoices < CHOICES; nchoices++)
		chosen[nchoices] = (uint8_t)(text[nchoices] - 'a');
}
