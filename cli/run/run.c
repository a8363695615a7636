/* `hob run`: what is made ready before, the tasks that do the work, and what remains after. */
#include "run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "show/quote.h"
#include "run/steer.h"

int run_wait_change(struct run *r)
{
	int err = hob_mutex_lock(&r->mutex, HOB_NEVER);
	if (err)
		return err;
	err = hob_cond_wait(&r->changed, &r->mutex, HOB_NEVER);
	hob_mutex_unlock(&r->mutex);
	return err;
}

void run_changed(struct run *r)
{
	hob_cond_broadcast(&r->changed);
}

void run_stop(struct run *r)
{
	r->stopping = true;
	if (r->admission)
		hob_scope_cancel(r->admission);
	run_changed(r);
}

void run_fail(struct run *r)
{
	r->status = EXIT_BROKEN;
	run_stop(r);
}

/* Ending jobs ------------------------------------------------------------------------------------------------------ */

void run_signal_jobs(struct run *r, int sig)
{
	for (struct link *l = r->running.next; l != &r->running; l = l->next)
		kill(-container_of(l, struct job, link)->pid, sig);
}

static const struct tree_of everybody = { 0 };

static int kill_task(void *run)
{
	struct run *r = run;
	if (!hob_sleep(r->kill_at))
		tree_kill(&everybody);
	return 0;
}

void run_kill(struct run *r)
{
	if (r->killing)
		return;
	r->killing = true;
	r->kill_at = hob_after(HOB_SECOND);
	tree_signal(&everybody, SIGTERM);
	tree_signal(&everybody, SIGCONT); /* a stopped one would not hear it */
	if (hob_spawn(r->helpers, kill_task, r))
		tree_kill(&everybody);
}

/* What our jobs have left behind, too, is gone before we are. */
static void kill_rest(struct run *r)
{
	while (hob_now() < r->kill_at && tree_signal(&everybody, 0))
		hob_sleep(hob_after(5 * HOB_MS));
	tree_kill(&everybody);
}

static bool is_job(void *run, pid_t pid)
{
	struct run *r = run;
	for (struct link *l = r->running.next; l != &r->running; l = l->next)
		if (container_of(l, struct job, link)->pid == pid)
			return true;
	return false;
}

static int reap_task(void *run)
{
	while (!hob_sleep(hob_after(HOB_SECOND)))
		tree_reap(is_job, run);
	return 0;
}

/* The whole -------------------------------------------------------------------------------------------------------- */

static bool wanted(enum when when, const struct run *r, bool dumb_too)
{
	const char *term = getenv("TERM");
	if (r->options->quiet || when != AUTO)
		return !r->options->quiet && when == ALWAYS;
	return r->output.terminal[STDERR_FILENO] && (dumb_too || !term || strcmp(term, "dumb"));
}

static int start_helpers(struct run *r)
{
	bool progress = wanted(r->options->progress, r, false);
	int err = hob_spawn(r->helpers, signals_task, r);
	if (!err)
		err = hob_spawn(r->helpers, reap_task, r);
	if (!err) /* even with --jobs: --set may take that back */
		err = hob_spawn(r->helpers, sampler_task, r);
	if (!err)
		err = hob_spawn(r->helpers, steer_task, r);
	if (!err && progress)
		err = hob_spawn(r->helpers, progress_task, r);
	if (!err && r->log.fd >= 0 && r->log.sync == SYNC_BATCH)
		err = hob_spawn(r->helpers, log_sync_task, r);
	return err;
}

static int exit_status(const struct run *r)
{
	if (r->interrupted)
		return EXIT_SIGNAL + r->interrupted;
	if (r->status)
		return r->status;
	if (r->halted_well)
		return 0;
	return r->counts.failed || r->counts.killed ? EXIT_JOBS : 0;
}

static int broken(const char *what, int err, int status)
{
	fprintf(stderr, "hob run: %s: %s\n", what, strerror(-err));
	return status;
}

/* A row may have other than one column. */
static bool several_columns(const struct options *o)
{
	return o->source_count > 1 || o->cut.colsep || o->cut.csv || o->cut.together > 1 || o->cut.bare || o->cut.pack;
}

/* The command, and where it is. 0, or an exit status once it has said why not. */
static int prepare_command(struct run *r, char path[PATH_MAX])
{
	const struct options *o = r->options;
	const struct marking how = { .instead = o->replace, .inputs = o->header ? &r->inputs : NULL };
	char shown[QUOTE_SHOWN];
	int err = o->shell ? template_init_shell(&r->template, o->command[0], &how, several_columns(o), !o->pipe)
			   : template_init(&r->template, o->command, (size_t)o->words, &how, !o->pipe);
	if (err == -EINVAL) {
		fprintf(stderr,
			"hob run: --shell: a {} in single quotes stays as it is; write \"$1\" outside of them\n");
		return EXIT_USAGE;
	}
	if (err)
		return broken("cannot start", err, EXIT_BROKEN);
	r->template.context = o->context;
	static char input[] = "{}", *tag[] = { input, NULL };
	if (o->tag && *o->tag)
		tag[0] = (char *)(uintptr_t)o->tag;
	if (template_init(&r->columns, tag, 0, &how, true) || (o->tag && template_init(&r->tag, tag, 1, &how, false)))
		return broken("cannot start", -ENOMEM, EXIT_BROKEN);
	int status = r->template.named ? spawn_find(r->template.words[0], path) : 0;
	if (status) {
		const char *word = r->template.words[0];
		quote_shown(shown, (char *[]){ (char *)(uintptr_t)word, NULL });
		fprintf(stderr, "hob run: %s: %s%s\n", shown,
			status == EXIT_CANNOT ? "not executable" : "command not found",
			strpbrk(word, " |&;<>$") ? "; for a script, use --shell" : "");
	}
	return status;
}

/* --header: the columns have names before the command is read. */
static int read_header(struct run *r)
{
	char path[PATH_MAX];
	int err = inputs_read_header(&r->inputs);
	if (!err)
		return prepare_command(r, path);
	run_input_failed(r, err);
	return r->status;
}

static int pile(void *run)
{
	struct run *r = run;
	int status = r->options->header ? read_header(r) : 0;
	if (status)
		return status;
	if (r->options->dry_run)
		return run_dry(r);
	struct timespec now;
	r->start = hob_now();
	clock_gettime(CLOCK_REALTIME, &now);
	r->wall = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)r->start / 1e9;
	at_once_init(r);

	int err = hob_scope_create(&r->jobs);
	if (!err)
		err = hob_scope_create(&r->admission);
	if (!err)
		err = hob_scope_create(&r->helpers);
	if (!err)
		err = start_helpers(r);
	if (!err)
		event_begin(r);
	if (!err && !r->stopping)
		err = hob_spawn(r->admission, admission_task, r);
	if (!err) {
		hob_scope_wait(r->admission, HOB_NEVER);
		hob_scope_wait(r->jobs, HOB_NEVER);
		if (r->killing)
			kill_rest(r);
	}
	hob_scope_destroy(r->helpers);
	hob_scope_destroy(r->admission);
	hob_scope_destroy(r->jobs);
	if (err)
		return err;
	err = joblog_sync(&r->log);
	if (err && !r->status) {
		run_fail(r);
		output_say(&r->output, "cannot sync the job log: %s", strerror(-err));
	}
	at_once_finish(r);
	run_draw_timeline(r);
	event_done(r, exit_status(r));
	if (wanted(r->options->summary, r, true) && !r->pipe_gone)
		summary_say(r);
	return exit_status(r);
}

static void finish(struct run *r)
{
	jobs_free(r);
	inputs_finish(&r->inputs);
	if (r->options->pipe)
		blocks_finish(&r->blocks);
	output_finish(&r->output);
	template_finish(&r->template);
	template_finish(&r->tag);
	template_finish(&r->columns);
	if (r->timeline.seen)
		fclose(r->timeline.seen);
	if (r->events > STDERR_FILENO)
		close(r->events);
	order_finish(&r->order);
	slots_free(&r->slots);
	joblog_close(&r->log);
}

int run_main(int argc, char **argv)
{
	static struct run run; /* zero */
	static struct options options;
	char path[PATH_MAX];
	int status;
	struct run *r = &run;
	bool closed_stdout = output_claim_standard();

	if (!options_parse(&options, argc, argv, &status))
		return status;
	if (options.steer)
		return steer_tell(options.steer, options.words ? options.command[0] : NULL);
	r->options = &options;
	list_init(&r->running);
	list_init(&r->idle_slots);
	order_init(&r->order);
	r->log = JOBLOG_NONE;
	status = options.header ? 0 : prepare_command(r, path);
	if (!status)
		status = run_open_inputs(r);
	if (!status && !options.dry_run)
		status = run_open_outputs(r);
	if (status)
		return status;
	int err = signals_init(&r->signals);
	if (!err)
		err = output_init(&r->output, closed_stdout);
	if (!err)
		err = spawner_init(&r->spawner, r->template.named && !options.header ? path : NULL, &r->signals.mask,
				   &r->signals.defaults);
	if (err)
		return broken("cannot start", err, EXIT_BROKEN);

	tree_adopt();
	errno = 0;
	if (options.nice && nice((int)options.nice) < 0 && errno) /* jobs inherit it */
		return broken("cannot set the niceness", -errno, EXIT_BROKEN);
	const struct hob_options options_of_tasks = { .one_thread = true };
	status = hob_run(&options_of_tasks, pile, r);
	spawner_finish(&r->spawner);
	bool like_sigpipe = r->pipe_gone && !r->interrupted;
	finish(r);
	if (status < 0)
		return broken("cannot start", status, EXIT_BROKEN);
	if (like_sigpipe) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	return status;
}
