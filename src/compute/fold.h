/* Folds, inside of the library. */
#ifndef COMPUTE_FOLD_H
#define COMPUTE_FOLD_H

#include "compute/control.h"

int fold_reduce(const struct hob_loop *how, size_t n, const struct hob_reduction *r, void *result);
int fold_scan(const struct hob_loop *how, size_t n, const struct hob_scan *s, void *total);

/* An accumulator as it begins. */
void fold_begin(void *acc, const void *identity, size_t size);

#endif
