/* `hob why`: does it wait or compute, on what, and which model would help? */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "command.h"
#include "show/quote.h"
#include "why/why.h"

static int cannot_write(const char *path)
{
	fprintf(stderr, "hob why: cannot write ");
	quote_put(stderr, path);
	fprintf(stderr, ": %s\n", strerror(errno));
	return EXIT_BROKEN;
}

typedef void report_fn(const struct why *w, FILE *out);

/* 0 or an exit status. */
static int write_to(const char *path, report_fn *report, const struct why *w)
{
	FILE *out = path ? fopen(path, "we") : stderr;
	if (!out)
		return cannot_write(path);
	report(w, out);
	int failed = fflush(out) || ferror(out);
	if (path && fclose(out))
		failed = 1;
	return failed ? cannot_write(path ? path : "the report") : 0;
}

static void name_command(struct why *w)
{
	size_t at = 0;
	if (!w->options->command) {
		snprintf(w->command, sizeof w->command, "process %d", w->options->pid);
		return;
	}
	for (char **word = w->options->command; *word && at < sizeof w->command; word++)
		at += (size_t)snprintf(w->command + at, sizeof w->command - at, "%s%s", at ? " " : "", *word);
}

static int exit_status(struct why *w)
{
	if (w->options->command && !w->reaped) /* the time was up before the command */
		w->reaped = waitpid(w->pid, &w->wait_status, 0) == w->pid;
	if (w->reaped && WIFSIGNALED(w->wait_status))
		return EXIT_SIGNAL + WTERMSIG(w->wait_status);
	if (w->reaped && WEXITSTATUS(w->wait_status))
		return WEXITSTATUS(w->wait_status);
	if (!w->options->expect || !strcmp(w->options->expect, look_kind_name(w->verdict.kind)))
		return 0;
	fprintf(stderr, "hob why: expected %s, but it %s\n", w->options->expect,
		w->verdict.kind == LOOK_KIND_COMPUTE ? "computes"
		: w->verdict.kind == LOOK_KIND_WAIT  ? "waits"
						     : "fights for the GIL");
	return EXIT_JOBS;
}

int why_main(int argc, char **argv)
{
	static struct why w; /* zero, and too large for a stack */
	struct why_options options;
	int status;
	if (!why_options_parse(&options, argc, argv, &status))
		return status;
	w.options = &options;
	if (options.compare[0])
		return why_compare(&options, stdout);
	name_command(&w);
	status = why_watch(&w);
	if (!status)
		status = write_to(options.output, options.json ? why_json : why_text, &w);
	if (!status && options.html)
		status = write_to(options.html, why_html, &w);
	if (!status && options.flame)
		status = write_to(options.flame, why_flame, &w);
	if (!status)
		status = exit_status(&w);
	look_sampler_finish(&w.sampler);
	return status;
}
