/* What the steps of a program do, and what must hold of them: see program.h. Every task runs once, and its four states
 * add up to its life; what is exclusive is; an item arrives once, and only if it was sent; nothing is written to a
 * buffer after its read has returned; once all is cancelled all ends; no task is left to wait beside an idle worker. */
#include "program.h"

#include <errno.h>
#include <hob.h>
#include <hob/lane.h>
#include <hob/pool.h>
#include <poll.h>
#include <string.h>

#include "sched/account.h"
#include "steps.h"

static const struct program *program;
struct things things;
static struct record {
	bool spawned;
	unsigned ran, ended;
} records[TASKS];
static struct runtime *runtime;
static int64_t cancelled_at;

/* Invariants of the whole ------------------------------------------------------------------------------------------ */

/* Called while no thread can go on. A worker that sleeps until it is woken has found nothing, and was told of nothing
 * since. One that naps leaves a lone task alone for as long (src/sched/README.md). */
static void check_idle(void)
{
	struct runtime *rt = runtime;
	unsigned many = 0, lone = 0;

	if (!rt || !rt->asleep || !sim_quiet())
		return;
	for (unsigned i = 0; i < rt->nqueues; i++) {
		uint32_t n = rt->queues[i]->deque.tail - rt->queues[i]->deque.head;

		if (rt->queues[i]->asleep && rt->queues[i]->woken)
			sim_fail("a worker sleeps beside the task that it was to run next");
		many += n > 1;
		lone += n == 1;
	}
	if (rt->inject.length || many || (lone && rt->idle < 1u << 22))
		sim_fail("a task waits beside an idle worker (%u in the shared queue, %u and %u in others)",
			 rt->inject.length, many, lone);
}

static void check_times(void)
{
	int64_t life;
	struct account a = account_self(&life);

	if (a.compute + a.ready + a.wait + a.held != life || a.compute < 0 || a.ready < 0 || a.wait < 0 || a.held < 0)
		sim_fail("%lld computed, %lld ready, %lld waited, %lld held are no life of %lld", (long long)a.compute,
			 (long long)a.ready, (long long)a.wait, (long long)a.held, (long long)life);
}

/* What may come of a call: nothing else where nothing failed. */
void check_error(int err, const char *what)
{
	if (err >= 0 || err == -ETIMEDOUT || err == -ECANCELED || err == -EPIPE)
		return;
	if (sim_world->faults &&
	    (err == -ENOMEM || err == -EAGAIN || err == -EMFILE || err == -EPERM || err == -EOWNERDEAD))
		return;
	sim_fail("%s answers %d", what, err);
}

/* Tasks ------------------------------------------------------------------------------------------------------------ */

static int task_main(void *arg);

static void spawn(struct frame *f, const struct step *s)
{
	int err = hob_spawn(f->mine, task_main, (void *)(uintptr_t)s->which);

	check_error(err, "spawn");
	if (!err)
		records[s->which].spawned = true;
}

static void wait_for(struct frame *f, const struct step *s)
{
	int err = hob_scope_wait(f->mine, deadline_of(s));

	if (err != -EIO)
		check_error(err, "scope_wait");
}

static void cancel(struct frame *f, const struct step *s)
{
	hob_scope_cancel(s->which && f->scope ? f->scope : f->mine);
}

static step_fn *const own_steps[STEP_KINDS] = { [STEP_SPAWN] = spawn, [STEP_WAIT] = wait_for, [STEP_CANCEL] = cancel };

static void do_steps(struct frame *f, unsigned number)
{
	for (unsigned k = 0; k < program->tasks[number].nsteps; k++) {
		const struct step *s = &program->tasks[number].steps[k];
		step_fn *fn = own_steps[s->kind] ? own_steps[s->kind] : steps[s->kind];

		if (!fn)
			continue;
		if (task_cancelled(task_self()) && s->kind != STEP_SPAWN)
			return;
		fn(f, s);
		for (unsigned i = 0; i < sizeof f->buf; i++)
			if (f->buf[i] != UNTOUCHED)
				sim_fail("a buffer is written to after its read");
	}
}

static int task_main(void *arg)
{
	unsigned number = (unsigned)(uintptr_t)arg;
	struct frame f = { .number = number, .scope = task_self()->scope };

	if (records[number].ran++)
		sim_fail("task %u runs twice", number);
	memset(f.buf, UNTOUCHED, sizeof f.buf);
	if (hob_scope_create(&f.mine) == 0) {
		do_steps(&f, number);
		hob_scope_destroy(f.mine);
	}
	check_times();
	records[number].ended++;
	return number % 5 == 4 ? -EIO : 0;
}

static int first_main(void *arg)
{
	struct hob_scope *all;
	int err;

	(void)arg;
	runtime = worker_self()->rt;
	if (hob_scope_create(&all)) {
		runtime = NULL;
		return 7;
	}
	things_create();
	err = hob_spawn(all, task_main, NULL);
	check_error(err, "spawn");
	records[0].spawned = !err;
	err = hob_scope_wait(all, hob_after(program->life_us * HOB_US));
	if (err != -EIO)
		check_error(err, "scope_wait");
	cancelled_at = sim_time();
	hob_scope_cancel(all);
	hob_scope_destroy(all);
	if (!(sim_world->faults >> FAULT_JUMP & 1) && sim_time() - cancelled_at > 500 * HOB_MS)
		sim_fail("%lld ns after it was cancelled all has ended", (long long)(sim_time() - cancelled_at));
	things_destroy();
	check_times();
	runtime = NULL;
	return 7;
}

static void run(void)
{
	struct hob_options o = { .workers = program->nworkers,
				 .backend = program->ring ? HOB_BACKEND_IO_URING : HOB_BACKEND_EPOLL,
				 .blocking_max = program->blocking_max,
				 .stack_bytes = 64 << 10,
				 .pools = program->pools,
				 .seed = sim_world->schedule | 1 };
	int result;

	if (program->ring && sim_world->faults)
		o.backend = HOB_BACKEND_AUTO;
	result = hob_run(&o, first_main, NULL);
	if (result != 7)
		check_error(result, "hob_run");
	for (unsigned i = 0; i < program->ntasks; i++) {
		struct record *r = &records[i];

		if (r->ran != r->spawned || r->ended != r->ran || (r->ran && result != 7))
			sim_fail("task %u: spawned %d, ran %u, ended %u", i, r->spawned, r->ran, r->ended);
	}
}

void program_run(const struct program *p, const struct world *w)
{
	program = p;
	things = (struct things){ .program = p };
	memset(records, 0, sizeof records);
	runtime = NULL;
	sim_run(w, run, check_idle);
}
