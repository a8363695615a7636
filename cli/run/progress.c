/* The progress line: one terminal line, drawn at most ten times a second. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "run/run.h"

enum { REDRAW_MS = 100, WIDTH_MAX = 300 };

static size_t terminal_width(void)
{
	struct winsize w;
	size_t width = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || !w.ws_col ? 80 : w.ws_col;
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

static void draw(struct run *r)
{
	const struct counts *c = &r->counts;
	struct line l = { .width = terminal_width() };
	size_t total = inputs_total(&r->inputs);
	double time = (double)(hob_now() - r->start) / 1e9, rate = time > 0 ? (double)c->done / time : 0;

	if (total)
		piece(&l, "%zu/%zu %zu%%", c->done, total, 100 * c->done / total);
	else
		piece(&l, "%zu done", c->done);
	piece(&l, ", %u running", r->alive);
	if (c->failed)
		piece(&l, ", %zu failed", c->failed);
	if (c->looked && r->alive) {
		unsigned computing = c->computing < r->alive ? c->computing : r->alive;
		piece(&l, " (%u compute, %u wait)", computing, r->alive - computing);
	}
	piece(&l, rate < 10 ? ", %.1f/s" : ", %.0f/s", rate);
	if (r->stopping)
		piece(&l, ", stopping");
	else if (total && c->done)
		eta(&l, (double)(total - c->done) / rate);
	output_progress(&r->output, l.text);
}

int progress_task(void *run)
{
	while (!hob_sleep(hob_after(REDRAW_MS * HOB_MS)))
		draw(run);
	output_progress(&((struct run *)run)->output, NULL);
	return 0;
}
