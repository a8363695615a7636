/* The picture of --timeline: rows of bars over time.
 *
 * What is narrower than a pixel is drawn together with its neighbours, so that a million jobs make no larger picture
 * than a thousand: each row keeps the bars that are still to be joined. */
#include "run/show/picture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "show/svg.h"

enum { WIDTH = 1120, LEFT = 64, RIGHT = 24, TOP = 84, ROWS = 640, TEXT_MAX = 1024 };

static const double narrow = 0.8; /* of a pixel */

/* Bars of one row that are to be drawn as one. */
struct joined {
	double begin, end, computed;
	uint64_t jobs, failed, parts;
};

struct sheet {
	FILE *out;
	const struct picture *picture;
	double row, scale; /* height; pixels a second */
	struct joined *rows;
};

static double x_of(const struct sheet *s, double time)
{
	return LEFT + time * s->scale;
}

static double y_of(const struct sheet *s, unsigned slot)
{
	return TOP + s->row * (slot - 1);
}

static void rect(const struct sheet *s, unsigned slot, double begin, double end, const char *how)
{
	double gap = s->row > 6 ? s->row * 0.14 : 0, width = (end - begin) * s->scale;
	fprintf(s->out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" %s", x_of(s, begin),
		y_of(s, slot) + gap, width > 0.3 ? width : 0.3, s->row - 2 * gap, how);
}

static void bar(const struct sheet *s, unsigned slot, double begin, double end, double share)
{
	char how[64];
	rect(s, slot, begin, end, "class=\"w\"/>\n");
	if (share < 0.005)
		return;
	snprintf(how, sizeof how, share > 0.995 ? "class=\"c\"/>\n" : "class=\"c\" opacity=\"%.2f\"/>\n", share);
	rect(s, slot, begin, end, how);
}

static void draw_joined(const struct sheet *s, unsigned slot)
{
	struct joined *j = &s->rows[slot - 1];
	double length = j->end - j->begin;
	if (j->parts)
		bar(s, slot, j->begin, j->end, length > 0 ? j->computed / length : 0);
	if (j->jobs) {
		rect(s, slot, j->begin, j->end, j->failed ? "class=\"f\">" : "class=\"h\">");
		fprintf(s->out, "<title>%ju jobs, %ju of them failed</title></rect>\n", (uintmax_t)j->jobs,
			(uintmax_t)j->failed);
	}
	*j = (struct joined){ 0 };
}

static void join(const struct sheet *s, const struct span *p)
{
	struct joined *j = &s->rows[p->slot - 1];
	if (!j->parts && !j->jobs)
		j->begin = p->begin;
	if (p->end > j->end)
		j->end = p->end;
	if (p->mark == SPAN_PART) {
		j->parts++;
		j->computed += (p->end - p->begin) * (double)p->share;
	} else {
		j->jobs++;
		j->failed += p->mark == SPAN_FAILED;
		if ((j->end - j->begin) * s->scale >= narrow)
			draw_joined(s, p->slot);
	}
}

/* The whole of a job: nothing to see where it went well, but something to point at. */
static void job(const struct sheet *s, const struct span *p, const char *text)
{
	static const char *const words[] = { "", "", ", failed", ", ended by hob" };
	rect(s, p->slot, p->begin, p->end,
	     p->mark == SPAN_FAILED   ? "class=\"f\">"
	     : p->mark == SPAN_KILLED ? "class=\"k\">"
				      : "class=\"h\">");
	fprintf(s->out, "<title>job %ju: ", (uintmax_t)p->number);
	svg_text(s->out, text);
	fprintf(s->out, "\n%.3f s, %.0f%% computing%s</title></rect>\n", p->end - p->begin, 100 * (double)p->share,
		words[p->mark]);
}

static void draw_span(const struct sheet *s, const struct span *p, const char *text)
{
	if ((p->end - p->begin) * s->scale < narrow) {
		join(s, p);
		return;
	}
	draw_joined(s, p->slot);
	if (p->mark == SPAN_PART)
		bar(s, p->slot, p->begin, p->end, (double)p->share);
	else
		job(s, p, text);
}

static void label(FILE *out, double x, double y, const char *how, const char *text)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, how);
	svg_text(out, text);
	fputs("</text>\n", out);
}

static void legend(FILE *out)
{
	static const struct {
		const char *name, *class;
	} marks[] = { { "computes", "c" }, { "waits", "w" }, { "failed", "f" } };
	double x = LEFT;
	for (int i = 0; i < 3; i++) {
		fprintf(out, "<rect class=\"w\" x=\"%.0f\" y=\"56\" width=\"14\" height=\"12\"/>", x);
		fprintf(out, "<rect class=\"%s\" x=\"%.0f\" y=\"56\" width=\"14\" height=\"12\"/>\n", marks[i].class,
			x);
		label(out, x + 20, 66, "class=\"soft\"", marks[i].name);
		x += 100;
	}
}

/* The step between marks of an axis: 1, 2 or 5 times a power of ten, or as clocks have it; about eight of them. */
static double step_of(double range)
{
	static const double clock[] = { 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400 };
	double wanted = range / 8, power = pow(10, floor(log10(wanted))), of = wanted / power;
	if (wanted < 10)
		return power * (of < 1.5 ? 1 : of < 3.5 ? 2 : of < 7.5 ? 5 : 10);
	for (size_t i = 0; i < sizeof clock / sizeof *clock; i++)
		if (wanted <= clock[i])
			return clock[i];
	return 86400 * ceil(wanted / 86400);
}

static void axes(const struct sheet *s)
{
	FILE *out = s->out;
	const struct picture *p = s->picture;
	double bottom = TOP + s->row * p->slots, step = step_of(p->end);
	char text[32];
	for (double t = 0; t <= p->end * 1.0001; t += step) {
		fprintf(out, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%.1f\"/>\n", x_of(s, t),
			x_of(s, t), TOP, bottom + 4);
		if (step >= 60)
			snprintf(text, sizeof text, "%.0f:%02.0f", floor(t / 60), fmod(t, 60));
		else
			snprintf(text, sizeof text, "%.*f", step < 1 ? (int)ceil(-log10(step)) : 0, t);
		label(out, x_of(s, t), bottom + 20, "class=\"soft\" text-anchor=\"middle\"", text);
	}
	label(out, WIDTH - RIGHT, bottom + 38, "class=\"soft\" text-anchor=\"end\"",
	      step >= 60 ? "minutes : seconds" : "seconds");
	unsigned each = 1;
	while (each * s->row < 14)
		each *= each % 3 == 2 ? 5 : 2; /* 1, 2, 10, 20, 100, ... */
	for (unsigned slot = each == 2 ? 2 : 1; slot <= p->slots; slot += slot == 1 && each > 1 ? each - 1 : each) {
		snprintf(text, sizeof text, "%u", slot);
		label(out, LEFT - 8, y_of(s, slot) + s->row / 2 + 4, "class=\"soft\" text-anchor=\"end\"", text);
	}
	label(out, LEFT - 8, TOP - 8, "class=\"soft\" text-anchor=\"end\"", "slot");
}

static void open_picture(const struct sheet *s)
{
	double height = TOP + s->row * s->picture->slots + 48;
	fprintf(s->out,
		"<svg class=\"hob\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %.0f\" width=\"%d\" "
		"height=\"%.0f\">\n<style>",
		WIDTH, height, WIDTH, height);
	svg_style(s->out);
	fputs(".w{fill:var(--wait)}.c{fill:var(--compute)}.h{fill:transparent}"
	      ".f{fill:var(--held);fill-opacity:.35;stroke:var(--held);stroke-width:1.5}"
	      ".k{fill:var(--paper);fill-opacity:.4;stroke:var(--soft);stroke-dasharray:3}"
	      ".h:hover{stroke:var(--ink);stroke-width:1}\n</style>\n",
	      s->out);
	if (s->row > 6)
		fputs("<style>.h{stroke:var(--paper);stroke-width:.7}</style>\n", s->out);
	fprintf(s->out, "<rect width=\"%d\" height=\"%.0f\" style=\"fill:var(--paper)\"/>\n", WIDTH, height);
	label(s->out, LEFT, 24, "class=\"title\"", s->picture->title);
	label(s->out, LEFT, 43, "class=\"soft\"", s->picture->subtitle);
	legend(s->out);
	axes(s);
}

int picture_draw(FILE *out, const struct picture *p, FILE *spans)
{
	char text[TEXT_MAX];
	struct span span;
	struct sheet s = { .out = out, .picture = p };
	s.row = fmin(20, (double)ROWS / p->slots);
	s.scale = (WIDTH - LEFT - RIGHT) / (p->end > 0 ? p->end : 1);
	s.rows = calloc(p->slots, sizeof *s.rows);
	if (!s.rows)
		return -ENOMEM;
	open_picture(&s);
	while (fread(&span, sizeof span, 1, spans) == 1) {
		size_t len = fread(text, 1, span.text < TEXT_MAX ? span.text : TEXT_MAX - 1, spans);
		text[len] = '\0';
		if (span.slot && span.slot <= p->slots)
			draw_span(&s, &span, text);
	}
	for (unsigned slot = 1; slot <= p->slots; slot++)
		draw_joined(&s, slot);
	fputs("</svg>\n", out);
	free(s.rows);
	return ferror(out) || ferror(spans) ? -EIO : 0;
}
