/* Findings for people at a terminal, and as JSON. */
#include <math.h>
#include <string.h>

#include "lab/lab.h"
#include "show/json.h"
#include "show/term.h"

static bool colour;

static const char *style(const char *code)
{
	return colour ? code : "";
}

/* Prints text by words, not beyond the terminal; further lines begin with `indent` blanks, and so does the first. */
static void wrapped(const char *text, unsigned indent)
{
	unsigned width = term_width(stdout), column = indent;

	if (width > 100)
		width = 100;
	printf("%*s", (int)indent, "");
	while (*text) {
		size_t n = strcspn(text, " ");

		if (column > indent && column + 1 + n > width) {
			printf("\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			putchar(' ');
			column++;
		}
		printf("%.*s", (int)n, text);
		column += (unsigned)n;
		text += n + (text[n] == ' ');
	}
	putchar('\n');
}

static void number(char *text, size_t size, double v)
{
	int digits = v == 0 || fabs(v) >= 100 ? 0 : fabs(v) >= 10 ? 1 : fabs(v) >= 1 ? 2 : 3;

	if (v != 0 && fabs(v) < 0.01)
		digits = 5;
	snprintf(text, size, "%.*f", digits, v);
}

static void figure(const struct figure *f)
{
	char value[32], low[32], high[32];

	number(value, sizeof value, f->median);
	printf("  %12s %-4s %s", value, f->unit, f->name);
	if (f->low <= f->high) {
		number(low, sizeof low, f->low);
		number(high, sizeof high, f->high);
		printf("%s  (%s .. %s)%s", style("\033[2m"), low, high, style("\033[0m"));
	}
	putchar('\n');
}

/* A row a task: # computes, . waits, - is ready, ! is held. */
static void timeline(const struct svg_timeline *t)
{
	static const char marks[] = "#.-!";
	unsigned width = term_width(stdout), names = 14;
	char row[256];

	width = width > 100 ? 100 - names : width > names + 20 ? width - names : 20;
	printf("\n  %s\n", t->title);
	for (unsigned i = 0; i < t->nrows; i++) {
		memset(row, ' ', width);
		row[width] = '\0';
		for (unsigned s = 0; s < t->nspans; s++) {
			const struct svg_span *span = &t->spans[s];
			double scale = (width - 1) / t->end;

			for (unsigned c = (unsigned)(span->begin * scale);
			     span->row == i && c < (unsigned)(span->end * scale); c++)
				row[c] = marks[span->state];
		}
		printf("  %-*.*s%s\n", (int)names - 2, (int)names - 3, t->rows[i], row);
	}
	printf("  %*s# computes  . waits  - is ready  ! is held; %.2f s in all\n", (int)names - 2, "", t->end);
}

void show_text(const struct experiment *e, const struct finding *f)
{
	static const char *const colours[] = { "\033[32m", "\033[31m", "\033[33m" };

	colour = term_colour(stdout);
	printf("%s%s%s\n", style("\033[1m"), e->name, style("\033[0m"));
	wrapped(e->claim, 2);
	putchar('\n');
	wrapped(f->did, 2);
	putchar('\n');
	for (unsigned i = 0; i < f->nfigures; i++)
		figure(&f->figures[i]);
	if (f->timeline.title)
		timeline(&f->timeline);
	printf("\n  %s%s%s:", style(colours[f->verdict]), verdict_words(f->verdict), style("\033[0m"));
	putchar('\n');
	wrapped(f->why, 4);
	if (f->nsaid)
		printf("\n  what hob says and does about it:\n");
	for (unsigned i = 0; i < f->nsaid; i++)
		wrapped(f->said[i], 4);
	putchar('\n');
}

void show_json(FILE *out, const struct experiment *e, const struct finding *f, double took)
{
	static const char *const verdicts[] = { "holds", "fails", "unseen" };
	struct json j;

	json_init(&j, out);
	json_object(&j, NULL);
	json_string(&j, "experiment", e->name);
	json_string(&j, "claim", e->claim);
	json_string(&j, "did", f->did);
	json_string(&j, "verdict", verdicts[f->verdict]);
	json_string(&j, "why", f->why);
	json_double(&j, "seconds", took);
	json_array(&j, "said");
	for (unsigned i = 0; i < f->nsaid; i++)
		json_string(&j, NULL, f->said[i]);
	json_end(&j);
	json_array(&j, "figures");
	for (unsigned i = 0; i < f->nfigures; i++) {
		const struct figure *g = &f->figures[i];

		json_object(&j, NULL);
		json_string(&j, "name", g->name);
		json_string(&j, "unit", g->unit);
		json_double(&j, "median", g->median);
		if (g->low <= g->high) {
			json_double(&j, "low", g->low);
			json_double(&j, "high", g->high);
		}
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
}
