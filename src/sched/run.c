/* A runtime, from start to end: its workers, their threads, its first task. */
#include "sched/run.h"

#include <errno.h>

#include "base/cpus.h"
#include "base/sys.h"
#include "sched/allow.h"
#include "sched/page.h"
#include "sched/report.h"
#include "sched/seat.h"
#include "sched/trace.h"

#define STACK_BYTES ((size_t)256 * 1024)
#define WORKERS_MAX 1024

struct first {
	struct runtime *rt;
	hob_task_fn *fn;
	void *arg;
};

static int first_main(void *arg)
{
	struct first *first = arg;
	struct runtime *rt = first->rt;

	rt->result = first->fn(first->arg);
	scope_drain(&rt->root);
	idle_stop(rt);
	return 0;
}

void worker_loop(struct worker *w)
{
	struct task *t;

	worker_set_self(w);
	fiber_init_thread(&w->loop);
	w->self = sys.thread_self();
	at_store(&w->tid, sys.thread_id(), RELAXED);
	at_store(&w->awake, true, RELEASE);
	at_fence(SEQ_CST);
	monitor_rouse(w->rt);
	while ((t = idle_find(w)))
		worker_run(w, t);
	at_store(&w->awake, false, RELEASE);
	fiber_finish_thread(&w->loop);
	worker_set_self(NULL);
}

static void *thread_main(void *arg)
{
	worker_loop(arg);
	return NULL;
}

int worker_init(struct runtime *rt, struct worker *w, unsigned i)
{
	w->index = i;
	if (trace_worker(rt, w, i >= rt->most))
		return -ENOMEM;
	if (!w->rows)
		w->rows = page_alloc(rt->page, SITES_MAX * sizeof *w->rows);
	if (!w->rows)
		return -ENOMEM;
	at_store(&w->mark.run, UINT32_MAX, RELAXED); /* none */
	w->rt = rt;
	jobs_init(&w->forks);
	w->forks.follows = rt->follows;
	w->chance = (rt->seed ^ (i + 1) * 0x9e3779b97f4a7c15u) | 1; /* xorshift must not start at 0 */
	return 0;
}

void worker_publish(struct runtime *rt, struct worker *w)
{
	lock(&rt->seats_lock);
	rt->queues[rt->nqueues] = w;
	at_store(&rt->nqueues, rt->nqueues + 1, RELEASE);
	unlock(&rt->seats_lock);
}

/* Everything of a worker but its thread. */
static int worker_create(struct runtime *rt, unsigned i)
{
	struct worker *w = &rt->workers[i];
	int err = worker_init(rt, w, i);

	if (err)
		return err;
	w->alone = rt->one;
	w->seat = w->holder = w;
	err = rt->ops->create(&w->poller); /* if it fails the rows are there for another try */
	if (!err)
		worker_publish(rt, w);
	return err;
}

int worker_start(struct runtime *rt)
{
	unsigned i = workers_of(rt);
	struct worker *w = &rt->workers[i];
	int err = w->poller ? 0 : worker_create(rt, i);

	if (!err)
		err = sys.thread_create(&w->thread, thread_main, w);
	if (!err)
		at_store(&rt->nworkers, i + 1, RELEASE);
	return err;
}

static void destroy(struct runtime *rt)
{
	struct page *page = rt->page;

	trace_end(rt);
	if (rt->service)
		rt->service->destroy(rt->service);
	for (unsigned i = 0; rt->workers && i < rt->most; i++)
		if (!rt->workers[i].poller)
			page_free(page, rt->workers[i].rows);
	for (unsigned i = 0; i < queues_of(rt); i++) {
		struct worker *w = rt->queues[i];

		if (w->thief)
			task_free(rt, w, w->thief);
		scopes_free(w->scopes);
		if (w->nslots)
			stack_pool_put(rt->stacks, w->slots, (int)w->nslots);
		page_free(page, w->rows);
		if (w->seat == w)
			rt->ops->destroy(w->poller);
	}
	for (unsigned i = 0; i < SPARES_MAX && rt->spares[i]; i++) {
		if (i >= rt->nspares) /* it was made by half */
			page_free(page, rt->spares[i]->rows);
		page_free(page, rt->spares[i]);
	}
	stack_pool_destroy(rt->stacks);
	slab_finish(&rt->tasks);
	page_free(page, rt->queues);
	page_free(page, rt->workers);
	page_free(page, rt);
	page_destroy(page);
}

static int create(struct runtime **out, const struct poller_ops *ops, const struct hob_options *opts)
{
	struct page *page = page_create();
	struct runtime *rt = page_alloc(page, sizeof *rt);
	int err = -ENOMEM;

	if (!rt) {
		page_destroy(page);
		return -ENOMEM;
	}
	rt->page = rt->tasks.page = page;
	rt->ops = ops;
	rt->origin = stamp_begin();
	rt->nlanes = lanes_sum(rt->lanes);
	trace_begin(rt);
	rt->options = *opts;
	rt->follows = opts->workers == 0 && !opts->one_thread;
	rt->most = opts->one_thread ? 1 : opts->workers ? opts->workers : cpus_most();
	if (rt->follows && opts->workers_max && rt->most > opts->workers_max)
		rt->most = opts->workers_max;
	if (rt->most > WORKERS_MAX)
		rt->most = WORKERS_MAX;
	rt->seed = opts->seed ? opts->seed : sys.random();
	inject_init(&rt->inject);
	list_init(&rt->moved);
	scope_init_root(&rt->root, rt);
	rt->one = rt->most == 1;
	rt->workers = page_alloc(page, rt->most * sizeof *rt->workers);
	rt->queues = page_alloc(page, (rt->most + SPARES_MAX) * sizeof(struct worker *));
	if (rt->workers && rt->queues)
		err = stack_pool_create(&rt->stacks, opts->stack_bytes ? opts->stack_bytes : STACK_BYTES);
	if (!err)
		err = worker_create(rt, 0); /* of the calling thread */
	if (err) {
		destroy(rt);
		return err;
	}
	at_store(&rt->nworkers, 1, RELAXED);
	page_publish(page, rt);
	*out = rt;
	return 0;
}

/* The threads of all workers but the first. */
static int start_threads(struct runtime *rt)
{
	unsigned n = rt->follows ? cpus_count() : rt->most;
	int err = 0;

	if (n > rt->most)
		n = rt->most;
	at_store(&rt->allowed, n, RELAXED);
	lock(&rt->look_lock);
	while (!err && workers_of(rt) < n)
		err = worker_start(rt);
	unlock(&rt->look_lock);
	return err;
}

int sched_run(const struct poller_ops *ops, const struct hob_options *opts, hob_task_fn *fn, void *arg)
{
	struct first first = { .fn = fn, .arg = arg };
	struct runtime *rt;
	struct task *t;
	int err;

	if (worker_self())
		return -EBUSY;
	if (opts->workers > (opts->one_thread ? 1 : WORKERS_MAX))
		return -EINVAL;
	err = create(&rt, ops, opts);
	if (err)
		return err;
	first.rt = rt;
	err = opts->one_thread ? 0 : monitor_start(rt);
	if (err && !rt->follows) {
		destroy(rt);
		return err;
	}
	err = start_threads(rt);
	if (!err) {
		t = task_create(rt, NULL, &rt->root, first_main, &first);
		err = t ? 0 : -ENOMEM;
		if (t) {
			t->site = (uint8_t)site_find(&rt->sites, fn, NULL);
			worker_ready(rt, t);
		}
	}
	if (err)
		idle_stop(rt);
	else
		worker_loop(&rt->workers[0]);
	/* Nobody starts another: that is done by a worker in the look_lock, which looks at `stopping`. */
	for (unsigned i = 1; i < workers_of(rt); i++)
		sys.thread_join(rt->workers[i].thread);
	monitor_stop(rt);
	seat_finish(rt);
	report_at_end(rt);
	if (!err)
		err = rt->result;
	destroy(rt);
	return err;
}

const struct poller_ops *sched_poller_ops(void)
{
	struct worker *w = worker_self();

	return w ? w->rt->ops : NULL;
}

atomic_of(struct service *) *sched_service(void)
{
	return &worker_self()->rt->service;
}

const struct hob_options *sched_options(void)
{
	return &worker_self()->rt->options;
}
