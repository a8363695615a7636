/* What an experiment found: filled in piece by piece. What does not fit any more is left out. */
#include <stdarg.h>
#include <string.h>

#include "lab/lab.h"

void finding_did(struct finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(f->did, sizeof f->did, format, args);
	va_end(args);
}

void finding_judge(struct finding *f, bool holds, const char *format, ...)
{
	va_list args;

	f->verdict = holds ? VERDICT_HOLDS : VERDICT_FAILS;
	va_start(args, format);
	vsnprintf(f->why, sizeof f->why, format, args);
	va_end(args);
}

void finding_said(struct finding *f, const char *format, ...)
{
	va_list args;

	if (f->nsaid == SAID)
		return;
	va_start(args, format);
	vsnprintf(f->said[f->nsaid++], sizeof *f->said, format, args);
	va_end(args);
}

void finding_skip(struct finding *f, const char *format, ...)
{
	va_list args;

	f->verdict = VERDICT_NONE;
	va_start(args, format);
	vsnprintf(f->why, sizeof f->why, format, args);
	va_end(args);
}

void finding_figure(struct finding *f, const struct sample *s, const char *unit, const char *format, ...)
{
	if (f->nfigures == FIGURES || s->n == 0)
		return;

	struct figure *figure = &f->figures[f->nfigures++];
	va_list args;

	va_start(args, format);
	vsnprintf(figure->name, sizeof figure->name, format, args);
	va_end(args);
	figure->unit = unit;
	figure->median = sample_median(s);
	figure->low = s->n > 1 ? sample_low(s) : 1;
	figure->high = s->n > 1 ? sample_high(s) : 0;
}

struct svg_series *finding_series(struct finding *f, const char *name, bool dashed)
{
	struct svg_series *s = &f->plot.series[f->plot.n < SVG_SERIES ? f->plot.n++ : SVG_SERIES - 1];

	*s = (struct svg_series){ .name = name, .dashed = dashed };
	return s;
}

void finding_point(struct svg_series *s, double x, const struct sample *y)
{
	if (s->n == SVG_POINTS || y->n == 0)
		return;
	s->x[s->n] = x;
	s->y[s->n] = sample_median(y);
	s->low[s->n] = sample_low(y);
	s->high[s->n++] = sample_high(y);
}

void finding_bar(struct finding *f, const struct sample *s, const char *format, ...)
{
	if (f->bars.n == SVG_BARS || s->n == 0)
		return;

	struct svg_bar *bar = &f->bars.bars[f->bars.n++];
	va_list args;

	va_start(args, format);
	vsnprintf(bar->name, sizeof bar->name, format, args);
	va_end(args);
	bar->value = sample_median(s);
	bar->low = sample_low(s);
	bar->high = sample_high(s);
}

unsigned finding_row(struct finding *f, const char *name)
{
	if (f->timeline.nrows == ROWS)
		return ROWS - 1;

	unsigned row = f->timeline.nrows++;

	snprintf(f->row_names[row], sizeof f->row_names[row], "%s", name);
	f->rows[row] = f->row_names[row];
	f->timeline.rows = f->rows;
	f->timeline.spans = f->spans;
	return row;
}

void finding_span(struct finding *f, unsigned row, double begin, double end, enum svg_state state)
{
	if (f->timeline.nspans == SPANS)
		return;
	f->spans[f->timeline.nspans++] = (struct svg_span){ row, begin, end, state };
	if (end > f->timeline.end)
		f->timeline.end = end;
}

const char *verdict_words(enum verdict v)
{
	return v == VERDICT_HOLDS ? "holds" : v == VERDICT_FAILS ? "does not hold here" : "cannot be seen here";
}
