/* What follows the end of a job: its output is passed on, its record written, and then it is announced, in this order.
 * So what was announced is in the log, and what is in the log has had its output. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "show/quote.h"
#include "run/run.h"

static bool succeeded(const struct outcome *o)
{
	return !o->error && !o->timed_out && !o->cut && !o->lost && WIFEXITED(o->status) && !WEXITSTATUS(o->status);
}

void run_output_failed(struct run *r, int err, const char *file)
{
	char shown[QUOTE_SHOWN], *words[] = { (char *)(uintptr_t)file, NULL };
	if (r->pipe_gone || r->status)
		return;
	if (err == -EPIPE) {
		r->pipe_gone = true;
		run_stop(r);
		run_kill(r);
		return;
	}
	run_fail(r); /* first, so that it is said once */
	output_say(&r->output, "cannot write to %s: %s", file ? quote_shown(shown, words) : "standard output",
		   strerror(-err));
}

/* 0, or why not all of it could be passed on, which has been said. */
static int deliver(struct job *j)
{
	struct run *r = j->run;
	const struct pieces *p = &j->output;
	const char *tag = r->options->tag ? j->tag.bytes : NULL;
	if (!p->bytes[0] && !p->bytes[1])
		return 0;
	if (r->options->json && r->events == STDOUT_FILENO) {
		event_output(j);
		return 0;
	}
	int error = output_job(&r->output, p, tag);
	if (error)
		run_output_failed(r, error, NULL);
	return error;
}

void run_cut(struct run *r)
{
	r->cut = true;
	run_fail(r);
	output_say(&r->output,
		   "no space left for the output of jobs%s%s; no more are started, and those whose output was "
		   "cut will run again with --resume",
		   r->options->results ? " in " : "", r->options->results ? r->options->results : "");
}

/* What could not be passed on counts as not done, too. */
static void say_lost(struct job *j)
{
	struct run *r = j->run;
	char command[QUOTE_SHOWN];
	r->counts.failed++;
	if (r->status || r->pipe_gone)
		return;
	run_fail(r); /* first, so that it is said once */
	output_say(&r->output,
		   "the output of a job cannot be read: %s: %s; no more are started, and it runs again with "
		   "--resume",
		   strerror(-j->outcome.lost), quote_shown(command, j->args.argv));
}

/* Its record; false where it cannot be written. */
static bool record(struct job *j)
{
	struct run *r = j->run;
	const struct outcome *o = &j->outcome;
	char *command = r->log.fd >= 0 ? quote_all(j->args.argv) : NULL;
	if (r->log.fd < 0)
		return true;
	double start = (double)j->start / 1e9;
	const struct record rec = {
		.key = j->who.key,
		.again = j->who.again,
		.number = j->number,
		.start = r->wall + start,
		.runtime = (double)o->end / 1e9 - start,
		.received = o->written[0],
		.exit = o->error               ? 127
			: o->timed_out         ? -1
			: WIFEXITED(o->status) ? WEXITSTATUS(o->status)
					       : 0,
		.signal = !o->error && WIFSIGNALED(o->status) ? WTERMSIG(o->status) : 0,
	};
	int err = command ? joblog_append(&r->log, &rec, command) : -ENOMEM;
	free(command);
	if (err && !r->status) {
		run_fail(r); /* first, so that it is said once */
		char shown[QUOTE_SHOWN], name[] = "", *words[] = { name, NULL };
		words[0] = (char *)(uintptr_t)r->options->joblog;
		output_say(&r->output,
			   "cannot write the job log %s: %s; no more jobs are started, and those it lacks will "
			   "run again with --resume",
			   quote_shown(shown, words), strerror(-err));
	}
	return !err;
}

static void name_failure(struct job *j)
{
	const struct outcome *o = &j->outcome;
	char how[160], command[QUOTE_SHOWN];
	const char *name = WIFSIGNALED(o->status) ? sigabbrev_np(WTERMSIG(o->status)) : NULL;
	if (o->error)
		snprintf(how, sizeof how, "%s: %s", o->lacks_file ? "no file for the output" : "cannot start",
			 strerror(-o->error));
	else if (o->timed_out)
		snprintf(how, sizeof how, "timed out after %.*f s", o->end - j->start < 10 * HOB_SECOND,
			 (double)(o->end - j->start) / 1e9);
	else if (WIFEXITED(o->status))
		snprintf(how, sizeof how, "exit %d", WEXITSTATUS(o->status));
	else if (name)
		snprintf(how, sizeof how, "killed by SIG%s", name);
	else
		snprintf(how, sizeof how, "killed by signal %d", WTERMSIG(o->status));
	output_say(&j->run->output, "%s: %s", how, quote_shown(command, j->args.argv));
}

static void announce(struct job *j)
{
	struct run *r = j->run;
	r->counts.done++;
	if (!succeeded(&j->outcome)) {
		r->counts.failed++;
		if (!r->options->quiet)
			name_failure(j);
	}
	halt_consider(r);
}

static void conclude(struct job *j)
{
	struct run *r = j->run;
	struct outcome *o = &j->outcome;
	if (o->error == -ECANCELED)
		return; /* it never ran */
	bool killed = (r->killing || r->pipe_gone) && !succeeded(o) && !o->error;
	int err = deliver(j);
	o->lost = o->lost ? o->lost : err;
	if (killed)
		r->counts.killed++; /* we did it: so it has not ended by itself, and runs again with --resume */
	else if (o->cut)
		r->counts.failed++; /* what there is of its output has been passed on, and it counts as not done */
	else if (o->lost)
		say_lost(j);
	else if (o->lacks_file || record(j)) /* a job without a file has not been run */
		announce(j);
	event_end(j, killed ? EVENT_KILLED : EVENT_END);
}

void job_conclude(struct job *j)
{
	struct run *r = j->run;
	if (!r->options->keep_order) {
		conclude(j);
		job_release(j);
		job_recycle(j);
		return;
	}
	if (j->order != r->order.turn) {
		int err = order_hold(&r->order, j);
		job_release(j);
		if (err && !r->status) {
			run_fail(r);
			output_say(&r->output, "cannot keep the output of a job for its turn: %s", strerror(-err));
		}
		return;
	}
	/* Only the job whose turn it is comes here, so there is one of us. */
	conclude(j);
	job_release(j);
	job_recycle(j);
	for (r->order.turn++; (j = order_next(&r->order)); r->order.turn++) {
		conclude(j);
		job_recycle(j);
	}
}
