/* Sorting, inside of the library. */
#ifndef COMPUTE_SORT_H
#define COMPUTE_SORT_H

#include <hob/sort.h>

#include "compute/control.h"

struct hob_sort {
	struct control control;
	struct hob_sort_order order;
	const struct hob_sort_kind *kind;
};

int sort_run(const struct hob_loop *how, void *base, size_t n, void *arg, const struct hob_sort_kind *kind);
int sort_items(const struct hob_loop *how, void *base, size_t n, size_t size, hob_compare_fn *compare, void *arg);
int sort_keys(const struct hob_loop *how, void *keys, size_t n, enum hob_key kind);

/* Room for a sort, its bytes of any value; NULL where there is none. */
void *scratch_get(size_t bytes);
void scratch_put(void *scratch, size_t bytes);

#endif
