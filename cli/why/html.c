/* The report as one page: page.html with the figures in it. */
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "show/json.h"
#include "why/why.h"

enum { LANES = 300 };

static void lane(struct json *j, const struct why *w, const struct look_thread *t)
{
	const struct look_timeline *line = &t->timeline;
	char name[80];
	if (t->threads > 1)
		snprintf(name, sizeof name, "%s: %u brief ones", t->process->name, t->threads);
	else
		snprintf(name, sizeof name, "%d %s", t->tid, t->name);
	json_object(j, NULL);
	json_string(j, "name", name);
	json_double(j, "width", (double)line->width / 1e9);
	json_int(j, "first", line->first);
	json_double(j, "end", (double)(t->books.open - w->sampler.start) / 1e9);
	json_array(j, "pieces");
	for (unsigned i = line->first; i < line->used; i++) {
		json_int(j, NULL, line->at[i].compute);
		json_int(j, NULL, line->at[i].ready);
		json_int(j, NULL, line->at[i].wait);
		json_int(j, NULL, line->at[i].cause);
	}
	json_end(j);
	json_end(j);
}

static void data(const struct why *w, FILE *out)
{
	struct json j;
	unsigned lanes = 0;
	json_init(&j, out);
	json_object(&j, NULL);
	json_array(&j, "lanes");
	for (unsigned i = 0; i < w->sampler.thread_count && lanes < LANES; i++) {
		const struct look_thread *t = w->sampler.threads[i];
		if (t->timeline.at && t->timeline.used) {
			lane(&j, w, t);
			lanes++;
		}
	}
	json_end(&j);
	why_json_at(w, &j, "report");
	json_end(&j);
}

/* Within a script, a '<' of a name could end it: JSON has another way to write one. */
static void put_safe(const char *text, FILE *out)
{
	for (; *text; text++)
		if (*text == '<')
			fputs("\\u003c", out);
		else
			fputc(*text, out);
}

void why_html(const struct why *w, FILE *out)
{
	static const char mark[] = "/*DATA*/";
	const char *at = strstr(page, mark);
	char *text = NULL;
	size_t len;
	FILE *memory = open_memstream(&text, &len);
	if (memory)
		data(w, memory);
	if (!memory || fclose(memory)) {
		free(text);
		fputs("no memory for the figures\n", out);
		return;
	}
	fwrite(page, 1, (size_t)(at - page), out);
	put_safe(text, out);
	fputs(at + sizeof mark - 1, out);
	free(text);
}
