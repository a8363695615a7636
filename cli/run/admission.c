/* Takes inputs and starts a job for each, as many at once as the limit says: a task. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "run/quote.h"
#include "run/run.h"

static bool may_start(struct run *r)
{
	if (r->admitted >= r->limit.jobs)
		r->held_back = true;
	/* Where nobody reads our output fast enough, ended jobs pile up with theirs: no more than run. */
	return r->admitted < r->limit.jobs && r->busy < 2 * r->limit.jobs;
}

void run_input_failed(struct run *r, int err)
{
	const char *name = r->options->arg_file ? r->options->arg_file : "standard input";
	char shown[QUOTE_SHOWN];
	quote_shown(shown, (char *[]){ (char *)(uintptr_t)name, NULL });
	if (!r->options->arg_file)
		snprintf(shown, sizeof shown, "%s", name);
	size_t at = r->input.taken + 1;
	if (err == -EILSEQ)
		output_say(&r->output, "%s: input %zu has a NUL byte, which no argument can hold%s", shown, at,
			   r->input.separator ? "; did you mean --null?" : "");
	else if (err == -EMSGSIZE)
		output_say(&r->output, "%s: input %zu is longer than %d bytes, the most an argument can hold", shown,
			   at, INPUT_MAX);
	else
		output_say(&r->output, "cannot read %s: %s", shown, strerror(-err));
	run_fail(r);
	if (!r->busy && !r->counts.done)
		r->status = EXIT_USAGE;
}

static int admit(struct run *r, const char *input)
{
	struct job *j = job_take(r);
	int err = j ? template_fill(&r->template, input, &j->args) : -ENOMEM;
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
	char *text;
	int got;
	while ((got = input_next(&r->input, &text)) > 0) {
		while (!may_start(r))
			if (run_wait_change(r))
				return 0; /* told to stop */
		while ((got = admit(r, text)) == -ENOMEM && r->busy)
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
