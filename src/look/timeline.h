/* A life in a bounded number of pieces: each says how much of it was computed, queued and waited, and mostly for what.
 * The pieces double in length as the life grows. */
#ifndef LOOK_TIMELINE_H
#define LOOK_TIMELINE_H

#include <stdint.h>

#include "look/books.h"

enum { LOOK_PIECES = 1024 };

struct look_piece {
	uint32_t compute, ready, wait; /* microseconds */
	uint16_t cause;                /* of most of the wait, as far as could be told on the way: an enum look_state */
	uint16_t spare;
};

struct look_timeline {
	int64_t start, width;  /* of the first piece; ns a piece */
	struct look_piece *at; /* LOOK_PIECES, or NULL where there is no memory: then nothing is kept */
	unsigned used;         /* pieces up to the last one painted */
	unsigned first;        /* the first one painted */
};

void look_timeline_init(struct look_timeline *t, int64_t start); /* all times are from here */
void look_timeline_finish(struct look_timeline *t);

/* Spreads a span evenly over its pieces. */
void look_timeline_paint(struct look_timeline *t, const struct look_span *s, enum look_state cause);

#endif
