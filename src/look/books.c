/* The books of one thread. */
#include "look/books.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A counter that goes back is a thread of the same number, or a broken kernel: nothing is believed of it. */
static int64_t grown(uint64_t now, uint64_t then)
{
	uint64_t more = now > then ? now - then : 0;
	return more < INT64_MAX / 4 ? (int64_t)more : INT64_MAX / 4;
}

void look_books_open(struct look_books *b, int64_t now, const struct look_counters *c, bool running)
{
	*b = (struct look_books){ .start = now, .open = now, .at = *c, .running = running };
}

/* The whole of a span that ends at `to`, with what is left over blocked. */
static struct look_span span(const struct look_books *b, int64_t to, const struct look_counters *c)
{
	struct look_span s = { .from = b->open, .to = to > b->open ? to : b->open };
	int64_t left = s.to - s.from;
	s.compute = least(grown(c->ran, b->at.ran), left);
	s.ready = least(grown(c->queued, b->at.queued), left - s.compute);
	s.wait = left - s.compute - s.ready;
	return s;
}

static void enter(struct look_books *b, const struct look_span *s, const struct look_counters *c, bool running)
{
	b->ns[LOOK_COMPUTE] += s->compute;
	b->ns[LOOK_READY] += s->ready;
	b->open = s->to;
	b->at = *c;
	b->running = running;
}

struct look_span look_books_blocked(struct look_books *b, int64_t now, const struct look_counters *c,
				    enum look_state state)
{
	struct look_span s = span(b, now, c);
	enter(b, &s, c, false);
	b->ns[state] += s.wait;
	return s;
}

struct look_span look_books_between(struct look_books *b, int64_t now, const struct look_counters *c)
{
	struct look_span s = span(b, now, c);
	enter(b, &s, c, false);
	b->unknown += s.wait;
	return s;
}

/* Time on a core and in the queue can only have come after it. */
int64_t look_books_wait_end(const struct look_books *b, int64_t now, const struct look_counters *c)
{
	int64_t end = now - grown(c->ran, b->at.ran) - grown(c->queued, b->at.queued);
	return end > b->open ? end : b->open;
}

struct look_span look_books_running(struct look_books *b, int64_t now, const struct look_counters *c)
{
	struct look_span s = span(b, now, c);
	bool all_along = b->running && c->runs == b->at.runs;
	int64_t kept = least(s.wait, LOOK_LATE);
	s.to -= kept;
	s.wait -= kept;
	if (all_along) { /* it never left its core: the hypervisor, or an interrupt, took it away */
		s.ready += s.wait;
		s.wait = 0;
	}
	enter(b, &s, c, true);
	b->unknown += s.wait;
	return s;
}

struct look_span look_books_close(struct look_books *b, int64_t now, enum look_state state)
{
	struct look_span s = { .from = b->open, .to = now > b->open ? now : b->open };
	int64_t length = s.to - s.from;
	if (state == LOOK_COMPUTE) { /* a tick of it may be late; what is more than that was spent in the queue */
		s.compute = least(length, LOOK_TICK);
		s.ready = length - s.compute;
	} else {
		s.wait = length;
	}
	enter(b, &s, &b->at, false);
	if (state != LOOK_COMPUTE)
		b->ns[state] += s.wait;
	return s;
}
