/* Parallel loops, inside of the library: the calls of hob/compute.h for a caller that is a task. */
#ifndef COMPUTE_LOOP_H
#define COMPUTE_LOOP_H

#include "compute/control.h"

int loop_for(const struct hob_loop *how, size_t n, hob_range_fn *fn, void *arg);

/* Where to split a range that is longer than the grain: at a multiple of it, so that ranges stay whole. */
static inline size_t split_at(size_t begin, size_t end, size_t grain)
{
	return begin + ((end - begin) / 2 + grain - 1) / grain * grain;
}

/* The same as one part of a call that has other parts. What fails ends them all. */
void loop_under(struct control *c, size_t n, size_t grain, hob_range_fn *fn, void *arg);

int loop_2d(const struct hob_loop *how, size_t rows, size_t columns, hob_block_fn *fn, void *arg);

int loop_invoke(const struct hob_loop *how, const struct hob_invocation *calls, size_t n);

struct map {
	const char *in;
	size_t in_size;
	char *out;
	size_t out_size;
	int *errors;
	hob_map_fn *fn;
	void *arg;
};

int loop_map(const struct hob_loop *how, size_t n, struct map *m);

#endif
