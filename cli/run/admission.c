/* Takes inputs and starts a job for each, as many at once as the limit says: a task. */
#include <errno.h>
#include <string.h>

#include "run/run.h"

static bool may_start(struct run *r)
{
	if (r->admitted >= r->limit.jobs)
		r->held_back = true;
	/* Where nobody reads our output fast enough, ended jobs pile up with theirs: no more than run. */
	return r->admitted < r->limit.jobs && r->busy < 2 * r->limit.jobs;
}

static int admit(struct run *r, const struct row *row)
{
	struct job *j = job_take(r);
	int err = j ? template_fill(&r->template, row, 1, &j->args) : -ENOMEM;
	if (!err)
		err = hob_spawn(r->jobs, job_task, j);
	if (err && j) {
		list_push(&r->idle_slots, &j->link);
		r->busy--;
	}
	if (!err)
		r->admitted++;
	return err;
}

int admission_task(void *run)
{
	struct run *r = run;
	const struct row *row;
	int got;
	while ((got = inputs_next(&r->inputs, &row)) > 0) {
		while (!may_start(r))
			if (run_wait_change(r))
				return 0; /* told to stop */
		while ((got = admit(r, row)) == -ENOMEM && r->busy)
			if (run_wait_change(r))
				return 0;
		if (got) {
			output_say(&r->output, "cannot start a task: %s", strerror(-got));
			run_fail(r);
			return 0;
		}
		hob_yield(); /* lets it start, and what else is ready go on */
	}
	if (got < 0 && got != -ECANCELED)
		run_input_failed(r, got);
	return 0;
}
