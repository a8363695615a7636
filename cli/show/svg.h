/* Pictures as SVG: lines over an axis, bars, and who did what when. They stand alone or within a page, open offline,
 * and follow the reader's light or dark. */
#ifndef CLI_SHOW_SVG_H
#define CLI_SHOW_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The colours and fonts of all pictures, as the contents of a style element: once a page, or within a single SVG. */
void svg_style(FILE *out);

/* Text within XML: escaped, and what is no text left out. */
void svg_text(FILE *out, const char *text);

enum { SVG_SERIES = 6, SVG_POINTS = 32 };

struct svg_series {
	const char *name;
	bool dashed; /* predicted, not measured */
	unsigned n;
	double x[SVG_POINTS], y[SVG_POINTS];
	double low[SVG_POINTS], high[SVG_POINTS]; /* the spread; low > high: none */
};

struct svg_plot {
	const char *title, *x_label, *y_label;
	bool x_log, y_log; /* a linear axis of y begins at 0 */
	unsigned n;
	struct svg_series series[SVG_SERIES];
};

void svg_plot(FILE *out, const struct svg_plot *p);

enum { SVG_BARS = 20 };

struct svg_bar {
	char name[64];
	double value, low, high;
};

struct svg_bars {
	const char *title, *unit;
	bool log;
	unsigned n;
	struct svg_bar bars[SVG_BARS];
};

void svg_bars(FILE *out, const struct svg_bars *b);

/* The four states, as everywhere in hob. */
enum svg_state { SVG_COMPUTE, SVG_WAIT, SVG_READY, SVG_HELD };

struct svg_span {
	unsigned row;
	double begin, end; /* seconds */
	enum svg_state state;
};

struct svg_timeline {
	const char *title;
	unsigned nrows, nspans;
	const char *const *rows; /* their names */
	const struct svg_span *spans;
	double end;
};

void svg_timeline(FILE *out, const struct svg_timeline *t);

#endif
