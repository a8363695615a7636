/* The numbers {%}: the lowest that no running job has, from 1. */
#ifndef CLI_RUN_SLOTS_H
#define CLI_RUN_SLOTS_H

#include <stddef.h>
#include <stdint.h>

struct slots {
	uint64_t *taken; /* a bit each */
	size_t words;
};

/* The lowest free one; 0: no memory. */
unsigned slots_take(struct slots *s);
void slots_give(struct slots *s, unsigned slot);
void slots_free(struct slots *s);

#endif
