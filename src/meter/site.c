#include "meter/site.h"

/* Never 0. Addresses have 48 bits: two sites with one key would need calls that are no program's. */
static uint64_t key_of(hob_task_fn *fn, void *caller)
{
	return (((uint64_t)(uintptr_t)fn << 24) ^ (uint64_t)(uintptr_t)caller) | (uint64_t)1 << 63;
}

static unsigned first(uint64_t key)
{
	return (unsigned)(key * 0x9e3779b97f4a7c15u >> 32) % SITES_MAX;
}

static bool is_at(struct site *at, uint64_t key, hob_task_fn *fn, void *caller)
{
	uint64_t there = at_load(&at->key, RELAXED);

	if (there == 0 && at_cas(&at->key, &there, key, RELAXED)) {
		at_store(&at->fn, fn, RELAXED);
		at_store(&at->caller, caller, RELAXED);
		return true;
	}
	return there == key;
}

unsigned site_find(struct sites *s, hob_task_fn *fn, void *caller)
{
	uint64_t key = key_of(fn, caller);
	unsigned at = first(key);

	for (unsigned i = 0; i < SITES_MAX; i++, at = (at + 1) % SITES_MAX)
		if (at != SITE_OTHERS && is_at(&s->at[at], key, fn, caller))
			return at;
	return SITE_OTHERS;
}

static void add(atomic_of(int64_t) *to, atomic_of(int64_t) *from)
{
	row_add(to, at_load(from, RELAXED));
}

void row_sum(struct row *to, struct row *from)
{
	int64_t longest = at_load(&from->longest, RELAXED), call = at_load(&from->call, RELAXED);

	add(&to->tasks, &from->tasks);
	add(&to->compute, &from->compute);
	add(&to->ready, &from->ready);
	add(&to->held, &from->held);
	add(&to->lonely, &from->lonely);
	add(&to->laned, &from->laned);
	if (longest > to->longest)
		to->longest = longest;
	if (call)
		to->call = call;
	for (int why = 0; why < WHYS; why++) {
		add(&to->wait[why], &from->wait[why]);
		add(&to->waits[why], &from->waits[why]);
	}
}
