/* Inputs that kill workers. */
#ifndef PROCESS_POISON_H
#define PROCESS_POISON_H

#include <hob/pool.h>

#include "base/lock.h"

enum { POISON_ENTRIES = 64 };

struct poison {
	uint64_t key[2];
	unsigned deaths_max;
	struct lock lock;      /* of the entries */
	atomic_of(uint32_t) n; /* without it, a hint: most pools never have any */
	uint32_t next;         /* the oldest: to be forgotten first */
	struct {
		uint64_t hash;
		unsigned deaths;
	} entries[POISON_ENTRIES];
};

void poison_init(struct poison *p, unsigned deaths_max);

/* True where this input of this function has killed as many workers as it may. */
bool poison_refuses(struct poison *p, hob_call_fn *fn, const struct hob_call *call);

/* It has killed one. */
void poison_count(struct poison *p, hob_call_fn *fn, const struct hob_call *call);

#endif
