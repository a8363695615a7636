/* The timeline of a thread as one line of a terminal: a character a piece of time, for what most of it was. */
#include <string.h>

#include "why/why.h"

static const struct {
	char letter;
	int colour; /* of 256 */
} looks[LOOK_STATES] = {
	[LOOK_COMPUTE] = { '#', 40 }, [LOOK_READY] = { 'r', 220 },    [LOOK_NET] = { 'n', 33 },
	[LOOK_SOCKET] = { 's', 39 },  [LOOK_PIPE] = { 'p', 44 },      [LOOK_DISK] = { 'd', 130 },
	[LOOK_TIMER] = { 't', 103 },  [LOOK_CHILD] = { 'c', 140 },    [LOOK_LOCK] = { 'l', 167 },
	[LOOK_GIL] = { 'G', 196 },    [LOOK_TERMINAL] = { 'y', 250 }, [LOOK_FAULT] = { 'f', 208 },
	[LOOK_OTHER] = { 'o', 242 },
};

/* What most of the time from `from` to `to` was; -1: it did not live then. */
static int most_of(const struct look_timeline *t, int64_t from, int64_t to)
{
	uint64_t sums[LOOK_STATES] = { 0 };
	int64_t first = from / t->width, last = (to - 1) / t->width;
	int best = -1;
	for (int64_t i = first; i <= last && i < (int64_t)t->used; i++) {
		sums[LOOK_COMPUTE] += t->at[i].compute;
		sums[LOOK_READY] += t->at[i].ready;
		sums[t->at[i].cause] += t->at[i].wait;
	}
	for (int i = 0; i < LOOK_STATES; i++)
		if (sums[i] > (best < 0 ? 0 : sums[best]))
			best = i;
	return best;
}

void why_strip(const struct why *w, const struct look_thread *t, FILE *out, unsigned width, bool colour)
{
	int64_t length = w->sampler.end - w->sampler.start;
	int before = -2;
	if (!t->timeline.at || length <= 0)
		return;
	for (unsigned i = 0; i < width; i++) {
		int64_t from = (int64_t)((double)length * i / width), to = (int64_t)((double)length * (i + 1) / width);
		int state = most_of(&t->timeline, from, to > from ? to : from + 1);
		if (colour && state != before)
			fprintf(out, state < 0 ? "\033[0m" : "\033[38;5;%dm", state < 0 ? 0 : looks[state].colour);
		before = state;
		if (state < 0)
			fputc(' ', out);
		else if (colour)
			fputs("█", out);
		else
			fputc(looks[state].letter, out);
	}
	if (colour)
		fputs("\033[0m", out);
}

void why_strip_legend(const struct why *w, FILE *out, bool colour)
{
	fputs("  ", out);
	for (enum look_state s = 0; s < LOOK_STATES; s++) {
		double seconds = s == LOOK_COMPUTE ? w->facts.compute
				 : s == LOOK_READY ? w->facts.ready
						   : w->facts.waits[s];
		if (seconds < 0.001 * w->facts.life)
			continue;
		if (colour)
			fprintf(out, "\033[38;5;%dm█\033[0m %s  ", looks[s].colour, look_state_name(s));
		else
			fprintf(out, "%c %s  ", looks[s].letter, look_state_name(s));
	}
	fputc('\n', out);
}
