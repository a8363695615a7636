#include "meter/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "meter/call.h"
#include "meter/line.h"
#include "meter/symbol.h"

#define TOP 12             /* sites that the text shows */
#define LEAST_HELD_S 0.010 /* of which a word is worth while */
#define LEAST_LONELY_S 0.050
#define LEAST_LANE_S 0.050

struct out {
	int fd, error;
	size_t n;
	char buf[2048];
};

/* A site, in seconds. */
struct line {
	char task[64], caller[64];
	char task_at[64], caller_at[64]; /* file:line, or nothing */
	double compute, ready, held, wait, lonely;
	long tasks;
	enum why main; /* reason to wait */
	const struct row *row;
};

struct page {
	double seconds, used;
	unsigned cores, n;
	struct line sum;
	struct line lines[SITES_MAX];
};

static void flush(struct out *o)
{
	size_t at = 0;

	while (!o->error && at < o->n) {
		ssize_t n = sys.write(o->fd, o->buf + at, o->n - at);

		if (n < 0 && n != -EINTR)
			o->error = (int)n;
		at += n > 0 ? (size_t)n : 0;
	}
	o->n = 0;
}

static __attribute__((format(printf, 2, 3))) void put(struct out *o, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0)
		return;
	n = n < (int)sizeof text ? n : (int)sizeof text - 1;
	if (o->n + (size_t)n > sizeof o->buf)
		flush(o);
	memcpy(o->buf + o->n, text, (size_t)n);
	o->n += (size_t)n;
}

/* What takes cores first, then what waits. */
static int by_weight(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	double d = (y->compute + y->held + y->ready) - (x->compute + x->held + x->ready);

	if (d == 0)
		d = y->wait - x->wait;
	return d < 0 ? -1 : d > 0;
}

static void fill(struct line *l, const struct row *r, double s)
{
	l->row = r;
	l->tasks = (long)r->tasks;
	l->compute = (double)r->compute * s;
	l->ready = (double)r->ready * s;
	l->held = (double)r->held * s;
	l->lonely = (double)r->lonely * s;
	l->wait = 0;
	for (int why = 0; why < WHYS; why++) {
		l->wait += (double)r->wait[why] * s;
		if (r->wait[why] > r->wait[l->main])
			l->main = (enum why)why;
	}
}

static void name(struct line *l, struct site *s, bool others, struct symbols *symbols)
{
	void *fn = (void *)(uintptr_t)at_load(&s->fn, RELAXED), *caller = at_load(&s->caller, RELAXED);

	snprintf(l->task, sizeof l->task, others ? "(others)" : "?");
	snprintf(l->caller, sizeof l->caller, "hob");
	if (fn) {
		symbol_name(fn, l->task, sizeof l->task);
		symbols_find(symbols, fn, l->task_at, sizeof l->task_at);
	}
	if (caller) { /* the call, not what follows it */
		symbol_name((char *)caller - 1, l->caller, sizeof l->caller);
		symbols_find(symbols, (char *)caller - 1, l->caller_at, sizeof l->caller_at);
	}
}

static void gather(struct page *p, struct report *r, struct symbols *symbols)
{
	double s = r->scale / 1e9;

	p->seconds = (double)r->ns / 1e9;
	p->cores = r->cores;
	for (unsigned i = 0; i < SITES_MAX; i++) {
		struct line *l = &p->lines[p->n];

		fill(l, &r->rows[i], s);
		if (l->tasks == 0 && l->compute == 0 && l->ready == 0)
			continue;
		name(l, &r->sites->at[i], i == SITE_OTHERS, symbols);
		p->sum.tasks += l->tasks;
		p->sum.compute += l->compute;
		p->sum.ready += l->ready;
		p->sum.held += l->held;
		p->sum.wait += l->wait;
		p->n++;
	}
	p->used = p->seconds > 0 ? p->sum.compute / p->seconds : 0;
	qsort(p->lines, p->n, sizeof *p->lines, by_weight);
}

struct gathering {
	struct page *page;
	struct report *report;
};

static void *gather_with_symbols(void *arg)
{
	struct gathering *g = arg;
	struct symbols *symbols = symbols_open();

	gather(g->page, g->report, symbols);
	symbols_close(symbols);
	return NULL;
}

/* On a thread of its own: who asks may be a task, and libdw wants more stack than tasks have. Without lines where no
 * thread is to be had. */
static void gather_aside(struct page *p, struct report *r)
{
	struct gathering g = { p, r };
	pthread_t thread;

	if (sys.thread_create(&thread, gather_with_symbols, &g) == 0)
		sys.thread_join(thread);
	else
		gather(p, r, NULL);
}

/* Wrong choices ---------------------------------------------------------------------------------------------------- */

enum { HELD, LONELY, LANE, CHOICES };

static const char *const choice_names[CHOICES] = { "held", "lonely", "lane" };

/* How long, or 0 where it was not so. */
static double choice(const struct page *p, const struct line *l, int kind, double scale)
{
	double lane = (double)l->row->wait[WHY_LANE] * scale / 1e9;

	switch (kind) {
	case HELD:
		return l->held >= LEAST_HELD_S ? l->held : 0;
	case LONELY:
		return l->lonely >= LEAST_LONELY_S && p->cores > 1 ? l->lonely : 0;
	case LANE:
		return lane >= LEAST_LANE_S && lane > l->wait / 2 && lane > l->compute ? lane : 0;
	}
	return 0;
}

static void explain_held(char *to, size_t size, unsigned call, double s)
{
	const char *name = call_name(call), *instead = call_instead(call);

	snprintf(to, size, "blocked %.3g s%s%s on a worker: use %s%shob_blocking around it", s, name ? " in " : "",
		 name ? name : "", instead ? instead : "", instead ? ", or " : "");
}

/* What happened, and what would do it right. */
static void explain(char *to, size_t size, const struct page *p, const struct line *l, int kind, double s)
{
	switch (kind) {
	case HELD:
		explain_held(to, size, (unsigned)l->row->call, s);
		break;
	case LONELY:
		snprintf(to, size, "computed %.3g s while a core was idle: hob_parallel_for or _reduce would use %u", s,
			 p->cores);
		break;
	case LANE:
		snprintf(to, size, "waited %.3g s for its lane, where one computes at a time: hob_pool_call uses %u", s,
			 p->cores);
		break;
	}
}

/* Text ------------------------------------------------------------------------------------------------------------- */

/* A lane in which somebody computed most of the time, while others waited for it. */
static bool is_narrow(const struct page *p, const struct lane_sums *l)
{
	double held = (double)l->held / 1e9, waited = (double)l->waited / 1e9;

	return p->cores > 1 && waited >= LEAST_LANE_S && waited >= held / 2 && 2 * held >= p->seconds;
}

static void explain_lane(char *to, size_t size, const struct page *p, const struct lane_sums *l)
{
	double held = (double)l->held / 1e9;

	snprintf(to, size,
		 "lane `%s`: its tasks computed %.1f cores of %u, and waited %.3g s for it: give each its own lane, "
		 "or a worker process (hob_pool_call)",
		 l->name, p->seconds > 0 ? held / p->seconds : 0, p->cores, (double)l->waited / 1e9);
}

static double percent(double part, double of)
{
	return of > 0 ? 100 * part / of : 0;
}

/* "boil at pot.c:12" */
static void put_place(struct out *o, const char *name, const char *at)
{
	put(o, "%s%s%s", name, *at ? " at " : "", at);
}

static void put_text(struct out *o, const struct page *p, const struct report *r)
{
	double scale = r->scale;
	const struct line *sum = &p->sum;
	double life = sum->compute + sum->wait + sum->ready + sum->held;
	char what[200];

	put(o, "hob: %.2f of %u cores used in %.3g s, by %ld tasks\n", p->used, p->cores, p->seconds, sum->tasks);
	put(o, "their lives: compute %.0f%%, wait %.0f%%, ready %.0f%%, held %.0f%%\n\n", percent(sum->compute, life),
	    percent(sum->wait, life), percent(sum->ready, life), percent(sum->held, life));
	put(o, "%10s %10s %10s %10s %9s  %-9s %s\n", "compute s", "wait s", "ready s", "held s", "tasks", "waits for",
	    "task, spawned by");
	for (unsigned i = 0; i < p->n && i < TOP; i++) {
		const struct line *l = &p->lines[i];

		put(o, "%10.3f %10.3f %10.3f %10.3f %9ld  %-9s ", l->compute, l->wait, l->ready, l->held, l->tasks,
		    l->wait > 0 ? why_name(l->main) : "-");
		put_place(o, l->task, l->task_at);
		put(o, ", ");
		put_place(o, l->caller, l->caller_at);
		put(o, "\n");
	}
	if (p->n > TOP)
		put(o, "and %u more\n", p->n - TOP);
	for (unsigned i = 0; i < p->n; i++)
		for (int kind = 0; kind < CHOICES; kind++) {
			const struct line *l = &p->lines[i];
			double s = choice(p, l, kind, scale);

			if (s == 0)
				continue;
			explain(what, sizeof what, p, l, kind, s);
			put_place(o, l->task, l->task_at);
			put(o, " (spawned by ");
			put_place(o, l->caller, l->caller_at);
			put(o, ") %s\n", what);
		}
	for (unsigned i = 0; i < r->nlanes; i++)
		if (is_narrow(p, &r->lanes[i])) {
			explain_lane(what, sizeof what, p, &r->lanes[i]);
			put(o, "%s\n", what);
		}
}

/* JSON: names have nothing in them that needs an escape, see symbol.h ---------------------------------------------- */

static void put_states(struct out *o, const struct line *l)
{
	put(o, "\"tasks\":%ld,\"compute_s\":%.9f,\"wait_s\":%.9f,\"ready_s\":%.9f,\"held_s\":%.9f", l->tasks,
	    l->compute, l->wait, l->ready, l->held);
}

static void put_site(struct out *o, const struct line *l, double scale)
{
	const char *comma = "";

	put(o, "{\"task\":\"%s\",\"spawned_by\":\"%s\",", l->task, l->caller);
	put_states(o, l);
	if (*l->task_at)
		put(o, ",\"task_at\":\"%s\"", l->task_at);
	if (*l->caller_at)
		put(o, ",\"spawned_at\":\"%s\"", l->caller_at);
	put(o, ",\"laned_s\":%.9f,\"waits\":{", (double)l->row->laned / 1e9);
	for (int why = 0; why < WHYS; why++) {
		if (l->row->waits[why] == 0)
			continue;
		put(o, "%s\"%s\":{\"n\":%ld,\"s\":%.9f}", comma, why_name((enum why)why), (long)l->row->waits[why],
		    (double)l->row->wait[why] * scale / 1e9);
		comma = ",";
	}
	put(o, "}}");
}

static void put_json(struct out *o, const struct page *p, const struct report *r)
{
	double scale = r->scale;
	const char *comma = "";
	char what[200];

	put(o, "{\"seconds\":%.9f,\"cores\":%u,\"cores_used\":%.4f,", p->seconds, p->cores, p->used);
	put_states(o, &p->sum);
	put(o, ",\"sites\":[");
	for (unsigned i = 0; i < p->n; i++) {
		put(o, "%s", i ? "," : "");
		put_site(o, &p->lines[i], scale);
	}
	put(o, "],\"choices\":[");
	for (unsigned i = 0; i < p->n; i++)
		for (int kind = 0; kind < CHOICES; kind++) {
			double s = choice(p, &p->lines[i], kind, scale);

			if (s == 0)
				continue;
			explain(what, sizeof what, p, &p->lines[i], kind, s);
			put(o, "%s{\"task\":\"%s\",\"spawned_by\":\"%s\",\"kind\":\"%s\",\"s\":%.9f,\"what\":\"%s\"}",
			    comma, p->lines[i].task, p->lines[i].caller, choice_names[kind], s, what);
			comma = ",";
		}
	put(o, "],\"lanes\":[");
	for (unsigned i = 0; i < r->nlanes; i++) {
		const struct lane_sums *l = &r->lanes[i];

		explain_lane(what, sizeof what, p, l);
		put(o, "%s{\"lane\":\"%s\",\"held_s\":%.9f,\"waited_s\":%.9f", i ? "," : "", l->name,
		    (double)l->held / 1e9, (double)l->waited / 1e9);
		if (is_narrow(p, l))
			put(o, ",\"what\":\"%s\"", what);
		put(o, "}");
	}
	put(o, "]}\n");
}

int report_write(struct report *r, int fd, enum hob_report_form form)
{
	struct page *p = sys.alloc(sizeof *p);
	struct out *o = sys.alloc(sizeof *o);
	int error = -ENOMEM;

	if (p && o) {
		o->fd = fd;
		gather_aside(p, r);
		if (form == HOB_REPORT_JSON)
			put_json(o, p, r);
		else
			put_text(o, p, r);
		flush(o);
		error = o->error;
	}
	sys.free(o);
	sys.free(p);
	return error;
}
