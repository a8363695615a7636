/* When a parallel call goes on, and with how many. */
#include "compute/control.h"

#include <errno.h>

#include "sched/allow.h"
#include "sched/task.h"

bool control_ended_slow(struct control *c)
{
	if (UNLIKELY(hob_forks_here()->follows))
		allow_checkpoint();
	if (control_error(c))
		return true;
	if (task_cancelled(task_self()))
		control_fail(c, -ECANCELED);
	else if (c->deadline != HOB_NEVER && sys.now() >= c->deadline)
		control_fail(c, -ETIMEDOUT);
	return control_error(c) != 0;
}

unsigned control_width(struct control *c)
{
	unsigned workers = jobs_workers();

	return c->cores && c->cores->limit < workers ? c->cores->limit : workers;
}

/* Relaxed: it is a count, and guards nothing. */
static bool take_core(struct hob_cores *cores)
{
	unsigned helping = at_load(&cores->helping, RELAXED);

	do
		if (helping + 1 >= cores->limit)
			return false;
	while (!at_cas(&cores->helping, &helping, helping + 1, RELAXED));
	return true;
}

static void give_core(struct hob_cores *cores)
{
	at_sub(&cores->helping, 1, RELAXED);
}

/* The core is given back at once where the offerer itself runs it, who computes anyway. */
static void run_limited(void *arg)
{
	struct offer *o = arg;
	struct hob_cores *cores = o->control->cores;
	bool helping = task_self() != o->by;

	if (!helping)
		give_core(cores);
	o->fn(o->arg);
	if (helping)
		give_core(cores);
}

bool offer_limited(struct offer *o, struct control *c, hob_job_fn *fn, void *arg)
{
	if (!take_core(c->cores))
		return false;
	o->control = c;
	o->by = task_self();
	o->fn = fn;
	o->arg = arg;
	hob_fork(&o->job, run_limited, o);
	return true;
}
