/* Findings as one page that opens offline. */
#include <sys/utsname.h>
#include <time.h>

#include "lab/lab.h"

void page_begin(FILE *out, const struct lab *lab)
{
	struct utsname u;
	time_t now = time(NULL);
	char day[32] = "";

	fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	      "<meta name=\"viewport\" content=\"width=device-width\"><title>hob lab</title>\n<style>\n",
	      out);
	svg_style(out);
	fputs("body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:46rem;"
	      "margin:2rem auto;padding:0 1rem}h1{margin-bottom:0}h2{margin:3rem 0 .3rem;font-size:1.15rem}"
	      "table{border-collapse:collapse;font-variant-numeric:tabular-nums}td{padding:.1rem .8rem .1rem 0;"
	      "border-bottom:1px solid var(--line)}td.n{text-align:right}.soft{color:var(--soft)}"
	      ".verdict{font-weight:600}.v0{color:#2e8b57}.v1{color:#d1552c}.v2{color:#b8860b}"
	      "svg.hob{margin-top:1rem}\n</style></head><body>\n<h1>hob lab</h1>\n<p class=\"soft\">",
	      out);
	strftime(day, sizeof day, "%Y-%m-%d", localtime(&now));
	if (uname(&u) == 0) {
		fprintf(out, "%s, %u cores, %s ", day, lab->cores, u.sysname);
		svg_text(out, u.release);
		fprintf(out, ", %s. ", u.machine);
	}
	fputs("Claims about concurrency and parallelism, each measured on this machine. Figures are medians; the "
	      "spread "
	      "over the rounds stands in brackets.</p>\n",
	      out);
}

static void figures(FILE *out, const struct finding *f)
{
	fputs("<table>\n", out);
	for (unsigned i = 0; i < f->nfigures; i++) {
		const struct figure *g = &f->figures[i];

		fputs("<tr><td>", out);
		svg_text(out, g->name);
		fprintf(out, "</td><td class=\"n\">%.4g %s</td><td class=\"soft\">", g->median, g->unit);
		if (g->low <= g->high)
			fprintf(out, "(%.4g .. %.4g)", g->low, g->high);
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

void page_finding(FILE *out, const struct experiment *e, const struct finding *f)
{
	fputs("<section><h2>", out);
	svg_text(out, e->claim);
	fprintf(out, "</h2>\n<p><span class=\"verdict v%d\">%s</span>: ", (int)f->verdict, verdict_words(f->verdict));
	svg_text(out, f->why);
	fputs("</p>\n<p class=\"soft\">", out);
	svg_text(out, f->did);
	fputs("</p>\n", out);
	if (f->timeline.title)
		svg_timeline(out, &f->timeline);
	if (f->plot.title)
		svg_plot(out, &f->plot);
	if (f->bars.title)
		svg_bars(out, &f->bars);
	figures(out, f);
	if (f->nsaid)
		fputs("<p>What hob says and does about it:</p>\n<ul>\n", out);
	for (unsigned i = 0; i < f->nsaid; i++) {
		fputs("<li>", out);
		svg_text(out, f->said[i]);
		fputs("</li>\n", out);
	}
	if (f->nsaid)
		fputs("</ul>\n", out);
	fputs("</section>\n", out);
}

void page_end(FILE *out)
{
	fputs("</body></html>\n", out);
}
