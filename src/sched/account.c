#include "sched/account.h"

/* Since the monitor's first look at this stretch, in ticks. */
static int64_t held_of(struct worker *w, int64_t stretch)
{
	int64_t wall = sys.now() - at_load(&w->mark.since, RELAXED);
	int64_t cpu = sys.thread_cpu(w->self), held;

	if (cpu < 0)
		return 0;
	held = (int64_t)((double)(wall - (cpu - at_load(&w->mark.cpu, RELAXED))) / stamp_scale(w->rt->origin));
	return held < 0 ? 0 : held > stretch ? stretch : held;
}

int64_t account_rare(struct worker *w, struct row *r, int64_t stretch)
{
	bool marked = at_load(&w->mark.run, RELAXED) == w->runs - 1;
	int64_t held = marked ? held_of(w, stretch) : 0;

	row_add(&r->held, held);
	if (held)
		at_store(&r->call, at_load(&w->mark.call, RELAXED), RELAXED);
	if (stretch - held > LONG_TICKS && idle_any(w->rt))
		row_add(&r->lonely, stretch - held);
	if (stretch > at_load(&r->longest, RELAXED))
		at_store(&r->longest, stretch, RELAXED);
	return held;
}

struct account account_self(int64_t *life)
{
	struct worker *w = worker_self();
	struct life *l = w->current->life;
	double scale = stamp_scale(w->rt->origin);
	int64_t now = stamp_now();

	*life = (int64_t)((double)(now - l->born) * scale);
	return (struct account){
		.compute = (int64_t)((double)(l->compute + now - w->stamp) * scale),
		.ready = (int64_t)((double)l->ready * scale),
		.wait = (int64_t)((double)l->wait * scale),
		.held = (int64_t)((double)l->held * scale),
	};
}

void account_flush(struct worker *w)
{
	struct task *t = w->current;
	int64_t now = stamp_now(), from = w->stamp, d = now - from;

	w->stamp = now;
	t->life->compute += d;
	row_add(&w->rows[t->site].compute, d);
	if (t->life->number)
		trace_compute(w, t, from, 0);
}

void account_sum(struct runtime *rt, struct row *rows)
{
	for (unsigned i = 0; i < queues_of(rt); i++)
		for (unsigned site = 0; site < SITES_MAX; site++)
			row_sum(&rows[site], &rt->queues[i]->rows[site]);
}

void task_laned(hob_time ns)
{
	struct worker *w = worker_self();

	row_add(&w->rows[w->current->site].laned, ns);
}
