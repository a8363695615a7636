/* Many calls: a few tasks, as many as there may be workers, take one after the other. */
#include <hob/pool.h>

#include "base/atomic.h"
#include "process/pool.h"

struct map {
	struct hob_pool *pool;
	hob_call_fn *fn;
	struct hob_call *calls;
	size_t n;
	hob_time deadline;
	atomic_of(size_t) next;
};

static int take_calls(void *arg)
{
	struct map *m = arg;
	size_t i;

	while ((i = at_add(&m->next, 1, RELAXED)) < m->n)
		hob_pool_call(m->pool, m->fn, &m->calls[i], m->deadline);
	return 0;
}

/* A call waits for its turn here rather than in the pool's queue, where it would need a stack; twice the workers, so
 * that each hand finds its next request waiting. */
int hob_pool_map(struct hob_pool *p, hob_call_fn *fn, struct hob_call *calls, size_t n, hob_time deadline)
{
	struct map m = { .pool = p, .fn = fn, .calls = calls, .n = n, .deadline = deadline };
	size_t most = p->size ? p->size->limit.max : p->max, takers = n < 2 * most ? n : 2 * most;
	struct hob_scope *s;
	int err = hob_scope_create(&s), first = 0;

	if (err)
		return err;
	for (size_t i = 1; i < takers && !err; i++)
		err = hob_spawn(s, take_calls, &m); /* where it fails, those there are will do */
	take_calls(&m);
	hob_scope_wait(s, HOB_NEVER);
	hob_scope_destroy(s); /* cancelled: so are they, and each call says so */
	for (size_t i = 0; i < n && !first; i++)
		first = calls[i].result < 0 ? calls[i].result : 0;
	return first;
}
