#include "show/svg.h"

#include <math.h>
#include <string.h>

#include "show/utf8.h"

void svg_style(FILE *out)
{
	fputs(":root{--ink:#1b1f24;--soft:#667080;--line:#d5dae1;--paper:#fff;--c0:#1565c0;--c1:#d1552c;--c2:#2e8b57;"
	      "--c3:#8e44ad;--c4:#b8860b;--c5:#5a6675;--compute:#1b4f9c;--wait:#bcd3f2;--ready:#e0a030;--held:#c0392b}"
	      "\n"
	      "@media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa4b2;--line:#3a424d;--paper:#15181d;"
	      "--c0:#64a9f5;--c1:#f08a5d;--c2:#6fcf97;--c3:#c792ea;--c4:#e3b341;--c5:#9aa4b2;--compute:#5b9bf0;"
	      "--wait:#2c4566;--ready:#d9a441;--held:#e86a5c}}\n"
	      "svg.hob{max-width:100%;height:auto;font:12px system-ui,sans-serif}svg.hob text{fill:var(--ink)}"
	      "svg.hob .title{font-size:14px;font-weight:600}svg.hob .soft{fill:var(--soft)}"
	      "svg.hob .grid{stroke:var(--line);stroke-width:1}svg.hob .curve{fill:none;stroke-width:2}\n",
	      out);
}

void svg_text(FILE *out, const char *text)
{
	size_t len = strlen(text);

	while (len) {
		uint32_t c;
		size_t n = utf8_decode(text, len, &c);

		if (n == 0 || c < ' ' || (c >= 127 && c < 160))
			putc('?', out);
		else if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
			fprintf(out, "&#%u;", (unsigned)c);
		else
			fwrite(text, 1, n, out);
		n += n == 0;
		text += n;
		len -= n;
	}
}

static void label(FILE *out, double x, double y, const char *how, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, how);
	svg_text(out, text);
	fputs("</text>\n", out);
}

static void begin(FILE *out, double width, double height, const char *title)
{
	fprintf(out,
		"<svg class=\"hob\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\">\n",
		width, height, width);
	label(out, 0, 16, "class=\"title\"", title);
}

/* Axes ------------------------------------------------------------------------------------------------------------ */

struct axis {
	double low, high, from, to; /* of the data; of the picture */
	bool log;
};

static double at(const struct axis *a, double v)
{
	double part = a->log ? log(v / a->low) / log(a->high / a->low) : (v - a->low) / (a->high - a->low);

	return a->from + (a->to - a->from) * (part < 0 ? 0 : part > 1 ? 1 : part);
}

/* A number as people write it: 3 significant digits, thousands and small parts by letters. */
static const char *number(char *text, size_t size, double v)
{
	static const struct {
		double least;
		const char *letter;
	} steps[] = { { 1e9, "G" },  { 1e6, "M" },         { 1e3, "k" }, { 1, "" },
		      { 1e-3, "m" }, { 1e-6, "\xc2\xb5" }, { 0, "n" } };
	unsigned i = 0;
	double unit;

	if (v == 0)
		return "0";
	if (fabs(v) >= 0.01 && fabs(v) < 999.5) {
		snprintf(text, size, "%.3g", v);
		return text;
	}
	while (fabs(v) < steps[i].least * 0.9995)
		i++;
	unit = steps[i].least > 0 ? steps[i].least : 1e-9;
	snprintf(text, size, "%.3g%s", v / unit, steps[i].letter);
	return text;
}

/* The step between ticks of a linear axis: 1, 2 or 5 times a power of ten, about five of them. */
static double tick_step(double range)
{
	double power = pow(10, floor(log10(range / 5))), of = range / 5 / power;

	return power * (of < 1.5 ? 1 : of < 3.5 ? 2 : of < 7.5 ? 5 : 10);
}

static void tick(FILE *out, const struct axis *a, double v, bool vertical, double across, double to)
{
	char text[32];
	double p = at(a, v);

	if (vertical) {
		fprintf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", across, to, p,
			p);
		label(out, across - 6, p + 4, "class=\"soft\" text-anchor=\"end\"", number(text, sizeof text, v));
	} else {
		fprintf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n", p, p, across,
			across + 4);
		label(out, p, across + 18, "class=\"soft\" text-anchor=\"middle\"", number(text, sizeof text, v));
	}
}

static void ticks(FILE *out, const struct axis *a, bool vertical, double across, double to)
{
	if (a->log) {
		double decades = log10(a->high / a->low), step = decades > 6 ? 100 : 10;

		for (double v = pow(10, ceil(log10(a->low) - 1e-9)); v <= a->high * 1.0001; v *= step)
			tick(out, a, v, vertical, across, to);
		if (decades < 2)
			for (double v = pow(10, floor(log10(a->low))); v <= a->high; v *= 10)
				for (int m = 2; m <= 5; m += 3)
					if (v * m >= a->low && v * m <= a->high)
						tick(out, a, v * m, vertical, across, to);
		return;
	}
	double step = tick_step(a->high - a->low);

	/* By number: where the range is tiny beside the values, adding the step would change nothing. */
	for (int i = 0; i <= 10; i++) {
		double v = (ceil(a->low / step) + i) * step;

		if (v <= a->high + step / 1000)
			tick(out, a, v, vertical, across, to);
	}
}

/* Plots ----------------------------------------------------------------------------------------------------------- */

enum { WIDTH = 640, HEIGHT = 300, LEFT = 64, RIGHT = 16, TOP = 34, BOTTOM = 46 };

static void bounds(const struct svg_plot *p, struct axis *x, struct axis *y)
{
	bool first = true;

	for (unsigned s = 0; s < p->n; s++)
		for (unsigned i = 0; i < p->series[s].n; i++) {
			const struct svg_series *l = &p->series[s];
			bool spread = l->low[i] <= l->high[i];
			double low = spread ? l->low[i] : l->y[i], high = spread ? l->high[i] : l->y[i];

			x->low = first || l->x[i] < x->low ? l->x[i] : x->low;
			x->high = first || l->x[i] > x->high ? l->x[i] : x->high;
			y->low = first || low < y->low ? low : y->low;
			y->high = first || high > y->high ? high : y->high;
			first = false;
		}
	if (!p->y_log)
		y->low = 0;
	if (first)
		x->low = y->low = 1;
	if (x->high <= x->low)
		x->high = x->low * 2 + 1;
	if (y->high <= y->low)
		y->high = y->low * 2 + 1;
	y->high *= p->y_log ? 1.2 : 1.08;
}

static void curve(FILE *out, const struct svg_series *l, unsigned s, const struct axis *x, const struct axis *y)
{
	fprintf(out, "<polyline class=\"curve\" stroke=\"var(--c%u)\"%s points=\"", s,
		l->dashed ? " stroke-dasharray=\"6 4\"" : "");
	for (unsigned i = 0; i < l->n; i++)
		fprintf(out, "%.1f,%.1f ", at(x, l->x[i]), at(y, l->y[i]));
	fputs("\"/>\n", out);
	for (unsigned i = 0; i < l->n && !l->dashed; i++) {
		char a[32], b[32];

		if (l->low[i] < l->high[i])
			fprintf(out, "<line stroke=\"var(--c%u)\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
				s, at(x, l->x[i]), at(x, l->x[i]), at(y, l->low[i]), at(y, l->high[i]));
		fprintf(out, "<circle fill=\"var(--c%u)\" r=\"3\" cx=\"%.1f\" cy=\"%.1f\"><title>", s, at(x, l->x[i]),
			at(y, l->y[i]));
		svg_text(out, l->name);
		fprintf(out, ": %s at %s</title></circle>\n", number(a, sizeof a, l->y[i]),
			number(b, sizeof b, l->x[i]));
	}
}

static void legend(FILE *out, const struct svg_plot *p)
{
	double x = LEFT;

	for (unsigned s = 0; s < p->n; s++) {
		fprintf(out,
			"<line class=\"curve\" stroke=\"var(--c%u)\"%s x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n",
			s, p->series[s].dashed ? " stroke-dasharray=\"6 4\"" : "", x, x + 18, TOP - 8, TOP - 8);
		label(out, x + 23, TOP - 4, "", p->series[s].name);
		x += 40 + 6.6 * (double)strlen(p->series[s].name);
	}
}

void svg_plot(FILE *out, const struct svg_plot *p)
{
	struct axis x = { .from = LEFT, .to = WIDTH - RIGHT, .log = p->x_log };
	struct axis y = { .from = HEIGHT - BOTTOM, .to = TOP + 6, .log = p->y_log };

	bounds(p, &x, &y);
	begin(out, WIDTH, HEIGHT, p->title);
	label(out, WIDTH - RIGHT, 16, "class=\"soft\" text-anchor=\"end\"", p->y_label);
	label(out, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8, "class=\"soft\" text-anchor=\"middle\"", p->x_label);
	ticks(out, &y, true, LEFT, WIDTH - RIGHT);
	ticks(out, &x, false, HEIGHT - BOTTOM, 0);
	legend(out, p);
	for (unsigned s = 0; s < p->n; s++)
		curve(out, &p->series[s], s, &x, &y);
	fputs("</svg>\n", out);
}

/* Bars ------------------------------------------------------------------------------------------------------------ */

void svg_bars(FILE *out, const struct svg_bars *b)
{
	enum { ROW = 24, NAMES = 250 };
	struct axis x = { .from = NAMES, .to = WIDTH - 80, .log = b->log, .low = b->log ? HUGE_VAL : 0 };
	char text[32];

	for (unsigned i = 0; i < b->n; i++) {
		double high = b->bars[i].high > b->bars[i].value ? b->bars[i].high : b->bars[i].value;

		x.high = high > x.high ? high : x.high;
		if (b->log && b->bars[i].value > 0 && b->bars[i].value < x.low)
			x.low = b->bars[i].value;
	}
	if (b->log)
		x.low /= 2;
	if (x.low > x.high)
		x.low = 1;
	if (!(x.high > x.low))
		x.high = x.low + 1;
	begin(out, WIDTH, 30 + ROW * b->n, b->title);
	label(out, WIDTH, 16, "class=\"soft\" text-anchor=\"end\"", b->unit);
	for (unsigned i = 0; i < b->n; i++) {
		const struct svg_bar *bar = &b->bars[i];
		double y = 28 + ROW * i, to = bar->value > 0 ? at(&x, bar->value) : NAMES;

		label(out, NAMES - 8, y + 14, "text-anchor=\"end\"", bar->name);
		fprintf(out, "<rect fill=\"var(--c0)\" x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n",
			NAMES, y + 3, to - NAMES, ROW - 8);
		if (bar->low < bar->high)
			fprintf(out, "<line stroke=\"var(--ink)\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
				bar->low > 0 ? at(&x, bar->low) : NAMES, at(&x, bar->high), y + 11, y + 11);
		double end = bar->high > bar->value ? at(&x, bar->high) : to;
		label(out, end + 6, y + 15, "", number(text, sizeof text, bar->value));
	}
	fputs("</svg>\n", out);
}

/* Timelines ------------------------------------------------------------------------------------------------------- */

static const char *const state_names[] = { "compute", "wait", "ready", "held" };

void svg_timeline(FILE *out, const struct svg_timeline *t)
{
	enum { ROW = 22, NAMES = 120 };
	struct axis x = { .from = NAMES, .to = WIDTH - RIGHT, .high = t->end > 0 ? t->end : 1 };
	double bottom = 44 + ROW * t->nrows;
	bool used[4] = { false };
	double at_x = NAMES;

	begin(out, WIDTH, bottom + 26, t->title);
	for (unsigned i = 0; i < t->nrows; i++)
		label(out, NAMES - 8, 44 + ROW * i + 15, "text-anchor=\"end\"", t->rows[i]);
	for (unsigned i = 0; i < t->nspans; i++) {
		const struct svg_span *s = &t->spans[i];

		used[s->state] = true;
		fprintf(out,
			"<rect fill=\"var(--%s)\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%d\"><title>%s %.1f ms"
			"</title></rect>\n",
			state_names[s->state], at(&x, s->begin), 44.0 + ROW * s->row + 3,
			at(&x, s->end) - at(&x, s->begin), ROW - 6, state_names[s->state], (s->end - s->begin) * 1e3);
	}
	for (unsigned i = 0; i < 4; i++) {
		if (!used[i])
			continue;
		fprintf(out, "<rect fill=\"var(--%s)\" x=\"%.1f\" y=\"25\" width=\"12\" height=\"12\"/>\n",
			state_names[i], at_x);
		label(out, at_x + 17, 35, "class=\"soft\"", state_names[i]);
		at_x += 80;
	}
	ticks(out, &x, false, bottom, 0);
	label(out, WIDTH - RIGHT, 35, "class=\"soft\" text-anchor=\"end\"", "seconds");
	fputs("</svg>\n", out);
}
