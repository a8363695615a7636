/* Takes inputs and starts a job for each, as many at once as the limit says: a task. */
#include <errno.h>
#include <string.h>

#include "show/quote.h"
#include "run/run.h"

bool run_may_start(struct run *r)
{
	r->held_now = r->admitted >= r->limit.jobs;
	r->held_back |= r->held_now;
	return !r->held_now;
}

/* A new job may start: one to be tried again goes first, and not too many wait for their turn to be printed. Where
 * nobody reads our output fast enough, ended jobs pile up with theirs: no more than run. (Those to be tried again are
 * busy too. They need not ask this, or a limit that has fallen below half of them would let none of them start.) */
static bool may_admit(struct run *r)
{
	return !r->retrying && r->order.count < ORDER_HELD_MAX && run_may_start(r) && r->busy < 2 * r->limit.jobs;
}

/* The words of a job and of its tag. 0 or -ENOMEM. */
static int fill(struct run *r, struct job *j, const struct work *w)
{
	const struct row *row = w->row;
	int err = template_fill(&r->template, row, j->slot, &j->args);
	if (!err && r->options->tag) {
		err = template_fill(&r->tag, row, j->slot, &j->tag);
		if (!err)
			quote_join(j->tag.bytes, j->tag.used);
	}
	if (!err && r->options->pipe)
		err = files_give(&j->files, w->block, w->len);
	if (!err && r->options->json)
		err = template_fill(&r->columns, row, j->slot, &j->columns);
	if (!err && r->options->results) {
		j->results = results_folder(r->options->results, &r->inputs, row);
		err = j->results ? 0 : -ENOMEM;
	}
	return err;
}

static int admit(struct run *r, const struct work *w, const struct identity *who)
{
	struct job *j = job_take(r);
	if (!j)
		return -ENOMEM;
	j->number = w->row->number;
	j->order = r->order.given;
	j->who = *who;
	j->slot = slots_take(&r->slots);
	int err = j->slot ? fill(r, j, w) : -ENOMEM;
	if (!err)
		err = hob_spawn(r->jobs, job_task, j);
	if (err) {
		slots_give(&r->slots, j->slot);
		files_close(&j->files);
		job_recycle(j);
		r->busy--;
		return err;
	}
	r->order.given++;
	r->admitted++;
	return 0;
}

/* Waits until a job may start. 0, or -ECANCELED: told to stop. */
static int wait_turn(struct run *r)
{
	int err = 0;
	while (!err && !may_admit(r))
		err = run_wait_change(r);
	if (!err && r->options->delay > 0 && r->started_last)
		err = hob_sleep(r->started_last + (hob_time)(r->options->delay * 1e9));
	r->started_last = hob_now();
	return err;
}

int admission_task(void *run)
{
	struct run *r = run;
	struct work w;
	int got;
	while ((got = run_next_work(r, &w)) > 0) {
		struct identity who = { 0 };
		if (run_is_finished(r, &w, &who)) {
			if (++r->counts.skipped % 256 == 0)
				hob_yield();
			continue;
		}
		if (wait_turn(r))
			return 0;
		while (run_lacks(got = admit(r, &w, &who)) && r->busy) {
			run_spare_descriptors(r);
			if (run_wait_change(r))
				return 0;
		}
		if (got) {
			output_say(&r->output, "cannot start a job: %s", strerror(-got));
			run_fail(r);
			return 0;
		}
		hob_yield(); /* lets it start, and what else is ready go on */
	}
	if (got < 0 && got != -ECANCELED)
		run_input_failed(r, got);
	return 0;
}
