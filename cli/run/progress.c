/* The progress: one terminal line, drawn at most ten times a second, or now and then a line for a log. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"
#include "show/term.h"

enum { REDRAW_MS = 100, WIDTH_MAX = 300, LONGEST_S = 30 };

static size_t terminal_width(void)
{
	size_t width = term_width(stderr);
	return width < WIDTH_MAX ? width : WIDTH_MAX;
}

struct line {
	char text[WIDTH_MAX + 1];
	size_t at, width;
};

/* Appends a piece where all of it fits: the later ones matter less. */
__attribute__((format(printf, 2, 3))) static void piece(struct line *l, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int len = vsnprintf(l->text + l->at, sizeof l->text - l->at, format, args);
	va_end(args);
	if (len > 0 && l->at + (size_t)len < l->width)
		l->at += (size_t)len;
	else
		l->width = l->at; /* nothing behind a gap */
	l->text[l->at] = '\0';
}

static void eta(struct line *l, double s)
{
	if (s < 60)
		piece(l, ", %.0f s to go", ceil(s));
	else if (s < 3600)
		piece(l, ", %.0f min to go", ceil(s / 60));
	else
		piece(l, ", %.1f h to go", s / 3600);
}

/* How far the pile has got: the share of it that is done, and what the time so far says of the rest. */
static void how_far(struct line *l, const struct run *r)
{
	const struct counts *c = &r->counts;
	size_t total = inputs_total(&r->inputs), done = c->done + c->skipped;
	double share = total ? (double)done / (double)total : inputs_share(&r->inputs);
	if (total)
		piece(l, "%zu/%zu %zu%%", done, total, 100 * done / total);
	else if (share >= 0 && r->order.given)
		/* what has been handed out and is still running is not done */
		piece(l, "%zu done, %.0f%%", done, 100 * share * (double)done / (double)(r->order.given + c->skipped));
	else
		piece(l, "%zu done", done);
}

/* Seconds to go, by the rate so far; negative: not known. */
static double to_go(const struct run *r, double rate)
{
	const struct counts *c = &r->counts;
	size_t total = inputs_total(&r->inputs), admitted = r->order.given;
	double share = inputs_share(&r->inputs);
	if (rate <= 0)
		return -1;
	if (total)
		return (double)(total - c->done - c->skipped) / rate;
	if (share <= 0 || !admitted)
		return -1;
	return ((double)(admitted + c->skipped) / share - (double)(c->done + c->skipped)) / rate;
}

static void draw(struct run *r, struct line *l)
{
	const struct counts *c = &r->counts;
	double time = (double)(hob_now() - r->start) / 1e9, rate = time > 0 ? (double)c->done / time : 0;
	double left = to_go(r, rate);

	how_far(l, r);
	piece(l, ", %u running", r->alive);
	if (c->failed)
		piece(l, ", %zu failed", c->failed);
	if (c->looked && r->alive) {
		unsigned computing = c->computing < r->alive ? c->computing : r->alive;
		piece(l, " (%u compute, %u wait)", computing, r->alive - computing);
	}
	piece(l, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
	if (r->stopping)
		piece(l, ", stopping");
	else if (left >= 0)
		eta(l, left);
}

/* For a log: lines, ever less often. */
static int say_now_and_then(struct run *r)
{
	int64_t pause = HOB_SECOND;
	while (!hob_sleep(hob_after(pause))) {
		struct line l = { .width = WIDTH_MAX };
		draw(r, &l);
		output_say(&r->output, "%s", l.text);
		pause = 2 * pause < LONGEST_S * HOB_SECOND ? 2 * pause : LONGEST_S * HOB_SECOND;
	}
	return 0;
}

int progress_task(void *run)
{
	struct run *r = run;
	if (!r->output.terminal[STDERR_FILENO])
		return say_now_and_then(r);
	while (!hob_sleep(hob_after(REDRAW_MS * HOB_MS))) {
		struct line l = { .width = terminal_width() };
		draw(r, &l);
		output_progress(&r->output, l.text);
	}
	output_progress(&r->output, NULL);
	return 0;
}
