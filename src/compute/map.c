/* Loops over things to call: a list of functions, a function over a list of inputs. */
#include <limits.h>

#include "compute/loop.h"

static int invoke_range(size_t begin, size_t end, void *arg)
{
	const struct hob_invocation *calls = arg;
	int err = 0;

	for (size_t i = begin; i < end && err >= 0; i++)
		err = calls[i].fn(calls[i].arg);
	return err;
}

int loop_invoke(const struct hob_loop *how, const struct hob_invocation *calls, size_t n)
{
	struct hob_loop each = how ? *how : (struct hob_loop){ 0 };

	each.grain = 1;
	return loop_for(&each, n, invoke_range, (void *)(uintptr_t)calls);
}

#define NOT_BEGUN INT_MIN

static int map_range(size_t begin, size_t end, void *arg)
{
	struct map *m = arg;

	for (size_t i = begin; i < end; i++)
		m->errors[i] = m->fn(m->in + i * m->in_size, m->out + i * m->out_size, m->arg);
	return 0;
}

int loop_map(const struct hob_loop *how, size_t n, struct map *m)
{
	int ended, first = 0;

	for (size_t i = 0; i < n; i++)
		m->errors[i] = NOT_BEGUN;
	ended = loop_for(how, n, map_range, m);
	for (size_t i = 0; i < n; i++) {
		if (m->errors[i] == NOT_BEGUN)
			m->errors[i] = ended;
		if (m->errors[i] < 0 && !first)
			first = m->errors[i];
	}
	return first;
}
