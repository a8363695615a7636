/* What the lanes of this process have seen, by name, for reports: those there are, and those that were. */
#ifndef METER_LANES_H
#define METER_LANES_H

#include <stdint.h>

#include "base/list.h"

#define LANES_MAX 16 /* names; what the lanes of any others saw is not kept */

struct lane_sums {
	char name[32];        /* nothing in it but letters, digits and _.$+- and spaces */
	int64_t held, waited; /* ns */
};

/* A lane that there is; its own. */
struct lane_entry {
	struct link in;
	void (*read)(struct lane_entry *e, struct lane_sums *out);
};

/* Any thread. */
void lanes_add(struct lane_entry *e);
void lanes_remove(struct lane_entry *e);

/* How many there are in `out`, which has room for LANES_MAX. */
unsigned lanes_sum(struct lane_sums *out);

/* The same, of what was not in `before`. */
unsigned lanes_since(struct lane_sums *out, const struct lane_sums *before, unsigned n);

#endif
