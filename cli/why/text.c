/* The report on one screen. */
#include <math.h>
#include <string.h>
#include <sys/wait.h>

#include "show/term.h"
#include "show/quote.h"
#include "why/why.h"

enum { ROWS = 16 };

static void heading(const struct why *w, FILE *out)
{
	const struct look_facts *f = &w->facts;
	fprintf(out, "hob why: ");
	quote_put(out, w->command);
	fprintf(out, ": %s%.2f s", w->ended ? "" : "watched for ", f->wall);
	if (w->reaped && WIFEXITED(w->wait_status) && WEXITSTATUS(w->wait_status))
		fprintf(out, ", exit status %d", WEXITSTATUS(w->wait_status));
	if (w->reaped && WIFSIGNALED(w->wait_status))
		fprintf(out, ", ended by signal %d", WTERMSIG(w->wait_status));
	fprintf(out, "\n\n");
}

static void bar(FILE *out, double share)
{
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	int eighths = (int)(share * 24 * 8 + 0.5), whole = eighths / 8;
	for (int i = 0; i < whole; i++)
		fputs("█", out);
	fputs(parts[eighths % 8], out);
	fprintf(out, "%*s", 25 - whole - (eighths % 8 != 0), "");
}

/* The largest cause of a state, said behind its bar. */
static void cause_of(const struct look_facts *f, enum look_state state, FILE *out)
{
	unsigned n = 0;
	for (unsigned i = 0; i < f->cause_count && n < 2; i++) {
		const struct look_cause *c = &f->causes[i];
		if (c->state != state || (!*c->text && !*c->where))
			continue;
		fputs(n++ ? "; " : "", out);
		quote_put(out, c->text);
		fprintf(out, "%s%s", *c->text && *c->where ? " " : "", *c->where ? "in " : "");
		quote_put(out, c->where);
	}
}

static void shares(const struct why *w, FILE *out)
{
	const struct look_facts *f = &w->facts;
	double life = f->life + f->unseen;
	if (!(life > 0))
		return;
	for (enum look_state s = 0; s < LOOK_STATES; s++) {
		double seconds = s == LOOK_COMPUTE ? f->compute : s == LOOK_READY ? f->ready : f->waits[s];
		if (seconds < 0.001 * life)
			continue;
		fprintf(out, "  %-9s %5.1f%% ", look_state_name(s), 100 * seconds / life);
		bar(out, seconds / life);
		if (s == LOOK_COMPUTE) {
			fprintf(out, "user %.0f%%, kernel %.0f%%", 100 * f->user / seconds, 100 * f->kernel / seconds);
			fputs(*f->computes_in ? "; in " : "", out);
			quote_put(out, f->computes_in);
		}
		cause_of(f, s, out);
		fputc('\n', out);
	}
	fputc('\n', out);
}

static int longer(const struct look_thread *a, const struct look_thread *b)
{
	int64_t busy_a = a->books.ns[LOOK_COMPUTE] + a->books.ns[LOOK_READY];
	int64_t busy_b = b->books.ns[LOOK_COMPUTE] + b->books.ns[LOOK_READY];
	return busy_a > busy_b;
}

/* The busiest threads, in the order in which they came. */
static unsigned pick(const struct look_sampler *s, const struct look_thread *picked[ROWS])
{
	unsigned n = 0;
	for (unsigned i = 0; i < s->thread_count; i++) {
		const struct look_thread *t = s->threads[i];
		if (n < ROWS) {
			picked[n++] = t;
			continue;
		}
		unsigned least = 0;
		for (unsigned k = 1; k < ROWS; k++)
			if (longer(picked[least], picked[k]))
				least = k;
		if (longer(t, picked[least])) {
			memmove(&picked[least], &picked[least + 1], (ROWS - 1 - least) * sizeof *picked);
			picked[ROWS - 1] = t;
		}
	}
	return n;
}

static void threads(const struct why *w, FILE *out)
{
	const struct look_thread *picked[ROWS];
	unsigned n = pick(&w->sampler, picked), width = term_width(out);
	bool colour = term_colour(out);
	width = width > 160 ? 160 : width < 60 ? 60 : width;
	for (unsigned i = 0; i < n; i++) {
		char name[48];
		const struct look_thread *t = picked[i];
		if (t->threads > 1)
			snprintf(name, sizeof name, "%u brief ones", t->threads);
		else
			snprintf(name, sizeof name, "%d %s", t->tid, t->name);
		fputs("  ", out);
		quote_column(out, name, 22);
		fputc(' ', out);
		why_strip(w, t, out, width - 27, colour);
		fputc('\n', out);
	}
	if (w->sampler.thread_count > n)
		fprintf(out, "  and %u more threads\n", w->sampler.thread_count - n);
	fprintf(out, "  %22s 0%*.*f s\n", "", (int)width - 30, 2, w->facts.wall);
	why_strip_legend(w, out, colour);
	fputc('\n', out);
}

static void models(const struct why *w, FILE *out)
{
	const struct look_verdict *v = &w->verdict;
	if (v->idle)
		return;
	fprintf(out, "  %-16s %7s %10s %9s   %s\n", "model", "at once", "expected", "at most", "since");
	for (enum look_model m = LOOK_CONCURRENCY; m < LOOK_MODELS; m++) {
		struct look_estimate e = v->models[m];
		if (m == LOOK_FREE_THREADED && !w->facts.python)
			continue;
		if (w->options->workers)
			e = look_predict(&w->facts, m, w->options->workers);
		fprintf(out, "%s %-16s %7u %9.*fx %8.*fx   %s\n", m == v->best.model ? " *" : "  ", look_model_name(m),
			e.workers, e.speedup < 9.95 ? 1 : 0, e.speedup, e.at_most < 9.95 ? 1 : 0, e.at_most,
			look_bound_words(e.bound));
	}
	fputc('\n', out);
}

static void python(const struct why *w, FILE *out)
{
	const struct look_facts *f = &w->facts;
	if (!f->python)
		return;
	fprintf(out, "  Python %u.%u%s", f->python_major, f->python_minor,
		!f->free_threaded ? ""
		: f->gil_enabled  ? ", free-threaded, but its GIL was turned on again"
				  : ", free-threaded, without a GIL");
	if (f->gil_enabled) {
		fprintf(out, ": its GIL was held %.0f%% of the time", 100 * f->gil_held);
		if (f->gil_blocked > 0.05)
			fprintf(out, " (%.0f%% by a thread that did not compute)", 100 * f->gil_blocked);
		fprintf(out, " and passed on %.0f times a second", f->gil_switches);
		if (f->gil_free > 0.1)
			fprintf(out, "; %.0f%% of its computing does without it", 100 * f->gil_free);
	}
	fputc('\n', out);
	if (w->options->free_threading && w->modules_asked) {
		fprintf(out, "  %s a free-threaded Python's GIL on:", f->free_threaded ? "turned" : "would turn");
		for (unsigned i = 0; i < w->module_count; i++) {
			fputs(i ? ", " : " ", out);
			quote_put(out, w->modules[i]);
		}
		fprintf(out, "%s\n",
			w->module_count   ? ""
			: w->module_error ? " not known"
					  : " no extension that is loaded");
	}
}

static void source(const struct why *w, FILE *out)
{
	char clauses[WHY_UNSEEN][200];
	unsigned n = why_unseen(w, clauses);
	const struct look_sampler *s = &w->sampler;
	double wall = w->facts.wall > 0 ? w->facts.wall : 1;
	fprintf(out,
		"  seen through /proc%s %.0f times a second, at %.1f%% of a core; %.1f%% of its CPU time accounted "
		"for\n",
		s->on_core ? " and perf" : "", (double)s->ticks / wall, 100 * w->own_cpu / wall, 100 * why_coverage(w));
	for (unsigned i = 0; i < n; i++) {
		fputs("  not seen: ", out);
		quote_put(out, clauses[i]);
		fputc('\n', out);
	}
}

void why_text(const struct why *w, FILE *out)
{
	bool colour = term_colour(out);
	const char *strong = colour ? "\033[1m" : "", *plain = colour ? "\033[0m" : "";
	heading(w, out);
	fprintf(out, "  %s", strong);
	quote_put(out, w->words.verdict);
	fprintf(out, "%s\n  %s", plain, strong);
	quote_put(out, w->words.model);
	fprintf(out, "%s\n  cannot be known from outside: ", plain);
	quote_put(out, w->words.unknown);
	fprintf(out, "\n\n");
	shares(w, out);
	threads(w, out);
	models(w, out);
	python(w, out);
	source(w, out);
}
