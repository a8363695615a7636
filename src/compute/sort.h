/* Sorting, inside of the library. */
#ifndef COMPUTE_SORT_H
#define COMPUTE_SORT_H

#include "compute/control.h"

/* What the sorts of one type are given: see quick.h. */
struct order {
	hob_compare_fn *compare;
	void *arg;
	struct control *control;
};

#define OFFERED 16384 /* items that another core may take to sort */

/* Looked at in pieces large enough that the look costs nothing. */
static inline bool order_ended(struct order o, size_t n)
{
	return n > 65536 && control_ended(o.control);
}

int sort_items(const struct hob_loop *how, void *base, size_t n, size_t size, hob_compare_fn *compare, void *arg);
int sort_keys(const struct hob_loop *how, void *keys, size_t n, enum hob_key kind);

/* Room for a sort, its bytes of any value; NULL where there is none. */
void *scratch_get(size_t bytes);
void scratch_put(void *scratch, size_t bytes);

#endif
