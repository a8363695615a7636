/* Folded stacks, as flame graphs are drawn from: state;program;thread;cause;place and milliseconds. */
#include "show/quote.h"
#include "why/why.h"

/* A ';' would end a frame, a newline the line. */
static void frame(FILE *out, const char *text)
{
	char safe[256];
	size_t at = 0;
	for (; *text && at < sizeof safe - 1; text++)
		safe[at++] = *text == ';' ? ',' : *text;
	safe[at] = '\0';
	quote_put(out, safe);
}

static void line(const struct why *w, const struct look_thread *t, const struct look_slot *slot, FILE *out)
{
	const struct look_label *label = &w->sampler.labels.at[slot->label];
	fprintf(out, "%s;", look_state_name(label->state));
	frame(out, t->process->name);
	fputc(';', out);
	frame(out, t->name);
	if (*label->text) {
		fputc(';', out);
		frame(out, label->text);
	}
	if (slot->frame) {
		fputc(';', out);
		frame(out, w->sampler.frames.at[slot->frame].text);
	}
	fprintf(out, " %lld\n", (long long)(slot->ns / 1000000));
}

void why_flame(const struct why *w, FILE *out)
{
	for (unsigned i = 0; i < w->sampler.thread_count; i++) {
		const struct look_thread *t = w->sampler.threads[i];
		for (unsigned k = 0; k < t->slot_count; k++)
			if (t->slots[k].ns >= 1000000)
				line(w, t, &t->slots[k], out);
		if (t->books.ns[LOOK_READY] >= 1000000) {
			fputs("ready;", out);
			frame(out, t->process->name);
			fputc(';', out);
			frame(out, t->name);
			fprintf(out, " %lld\n", (long long)(t->books.ns[LOOK_READY] / 1000000));
		}
	}
}
