/* The jobs that a log says have ended: how many of each name, since equal inputs are jobs of their own. */
#ifndef CLI_RUN_LOG_FINISHED_H
#define CLI_RUN_LOG_FINISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/log/record.h"

struct finished {
	struct finished_entry {
		struct key key;
		uint32_t succeeded, failed; /* both 0: a free place */
	} * entries;
	size_t size, used; /* a power of two */
	bool lacks_memory;
};

/* Takes a record in. */
void finished_add(struct finished *f, const struct record *r);

enum finished_as { NOT_FINISHED, SUCCEEDED, FAILED };

/* Takes one job of that name out, one that succeeded before one that failed. */
enum finished_as finished_take(struct finished *f, const struct key *key);
void finished_free(struct finished *f);

#endif
