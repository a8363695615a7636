/* The parallel calls of hob/compute.h: from a task straight to src/compute, from a plain program by way of a task. */
#include <hob/compute.h>

#include "compute/fold.h"
#include "compute/loop.h"
#include "compute/sort.h"
#include "outside.h"
#include "sched/task.h"

/* A call, to be made by a task: a worker's thread calls from nowhere else. */
static int within_task(hob_task_fn *fn, void *call)
{
	return LIKELY(hob_forks_here() != NULL) ? fn(call) : outside_call(fn, call);
}

struct for_call {
	const struct hob_loop *how;
	size_t n;
	hob_range_fn *fn;
	void *arg;
};

static int for_main(void *arg)
{
	struct for_call *c = arg;

	return loop_for(c->how, c->n, c->fn, c->arg);
}

int hob_parallel_for_with(const struct hob_loop *how, size_t n, hob_range_fn *fn, void *arg)
{
	return within_task(for_main, &(struct for_call){ how, n, fn, arg });
}

int hob_parallel_for(size_t n, size_t grain, hob_range_fn *fn, void *arg)
{
	return hob_parallel_for_with(&(struct hob_loop){ .grain = grain }, n, fn, arg);
}

struct block_call {
	const struct hob_loop *how;
	size_t rows, columns;
	hob_block_fn *fn;
	void *arg;
};

static int block_main(void *arg)
{
	struct block_call *c = arg;

	return loop_2d(c->how, c->rows, c->columns, c->fn, c->arg);
}

int hob_parallel_for_2d(const struct hob_loop *how, size_t rows, size_t columns, hob_block_fn *fn, void *arg)
{
	return within_task(block_main, &(struct block_call){ how, rows, columns, fn, arg });
}

struct invoke_call {
	const struct hob_loop *how;
	const struct hob_invocation *calls;
	size_t n;
};

static int invoke_main(void *arg)
{
	struct invoke_call *c = arg;

	return loop_invoke(c->how, c->calls, c->n);
}

int hob_parallel_invoke(const struct hob_loop *how, const struct hob_invocation *calls, size_t n)
{
	return within_task(invoke_main, &(struct invoke_call){ how, calls, n });
}

struct map_call {
	const struct hob_loop *how;
	size_t n;
	struct map map;
};

static int map_main(void *arg)
{
	struct map_call *c = arg;

	return loop_map(c->how, c->n, &c->map);
}

int hob_parallel_map(const struct hob_loop *how, const void *in, size_t in_size, void *out, size_t out_size,
		     int *errors, size_t n, hob_map_fn *fn, void *arg)
{
	struct map m = { in, in_size, out, out_size, errors, fn, arg };

	return within_task(map_main, &(struct map_call){ how, n, m });
}

struct reduce_call {
	const struct hob_loop *how;
	size_t n;
	const struct hob_reduction *r;
	void *result;
};

static int reduce_main(void *arg)
{
	struct reduce_call *c = arg;

	return fold_reduce(c->how, c->n, c->r, c->result);
}

int hob_parallel_reduce(const struct hob_loop *how, size_t n, const struct hob_reduction *r, void *result)
{
	return within_task(reduce_main, &(struct reduce_call){ how, n, r, result });
}

struct scan_call {
	const struct hob_loop *how;
	size_t n;
	const struct hob_scan *s;
	void *total;
};

static int scan_main(void *arg)
{
	struct scan_call *c = arg;

	return fold_scan(c->how, c->n, c->s, c->total);
}

int hob_parallel_scan(const struct hob_loop *how, size_t n, const struct hob_scan *s, void *total)
{
	return within_task(scan_main, &(struct scan_call){ how, n, s, total });
}

struct sort_call {
	const struct hob_loop *how;
	void *base;
	size_t n, size;
	hob_compare_fn *compare;
	void *arg;
};

static int sort_main(void *arg)
{
	struct sort_call *c = arg;

	return sort_items(c->how, c->base, c->n, c->size, c->compare, c->arg);
}

int hob_parallel_sort(const struct hob_loop *how, void *base, size_t n, size_t size, hob_compare_fn *compare, void *arg)
{
	return within_task(sort_main, &(struct sort_call){ how, base, n, size, compare, arg });
}

struct run_call {
	const struct hob_loop *how;
	void *base;
	size_t n;
	void *arg;
	const struct hob_sort_kind *kind;
};

static int run_main(void *arg)
{
	struct run_call *c = arg;

	return sort_run(c->how, c->base, c->n, c->arg, c->kind);
}

int hob_sort_run(const struct hob_loop *how, void *base, size_t n, void *arg, const struct hob_sort_kind *kind)
{
	return within_task(run_main, &(struct run_call){ how, base, n, arg, kind });
}

struct keys_call {
	const struct hob_loop *how;
	void *keys;
	size_t n;
	enum hob_key kind;
};

static int keys_main(void *arg)
{
	struct keys_call *c = arg;

	return sort_keys(c->how, c->keys, c->n, c->kind);
}

int hob_parallel_sort_keys(const struct hob_loop *how, void *keys, size_t n, enum hob_key kind)
{
	return within_task(keys_main, &(struct keys_call){ how, keys, n, kind });
}
