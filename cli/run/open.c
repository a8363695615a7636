/* The sources of the inputs, opened as the command line has them. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "show/quote.h"
#include "run/run.h"

static const char *shown_name(char shown[QUOTE_SHOWN], const char *name)
{
	if (!name)
		return "standard input";
	return quote_shown(shown, (char *[]){ (char *)(uintptr_t)name, NULL });
}

void run_input_failed(struct run *r, int err)
{
	const struct source *s = r->inputs.failed;
	char shown[QUOTE_SHOWN];
	const char *name = shown_name(shown, s ? s->name : r->options->source_count ? r->options->sources->file : NULL);
	size_t at = s ? s->taken + 1 : 0;
	if (s && err == -EILSEQ)
		output_say(&r->output, "%s: input %zu has a NUL byte, which no argument can hold%s", name, at,
			   *s->separator ? "; did you mean --null?" : "");
	else if (s && err == -EMSGSIZE)
		output_say(&r->output, "%s: input %zu is longer than %d bytes, the most an argument can hold", name, at,
			   INPUT_MAX);
	else
		output_say(&r->output, "cannot read %s: %s", name, strerror(-err));
	run_fail(r);
	if (!r->busy && !r->counts.done)
		r->status = EXIT_USAGE;
}

static int open_file(const struct options *o, const char *file, struct source *s)
{
	bool standard = !strcmp(file, "-");
	int fd = standard ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		char shown[QUOTE_SHOWN];
		fprintf(stderr, "hob run: cannot read %s: %s\n", shown_name(shown, file), strerror(errno));
		return EXIT_USAGE;
	}
	source_init_fd(s, fd, standard ? NULL : file, o->separator, o->separator_len);
	s->csv = o->cut.csv;
	if (standard && isatty(fd) && !o->quiet)
		fprintf(stderr, "hob run: reading inputs from the terminal, one a line; Ctrl-D ends them\n");
	return 0;
}

static int open_pipe(struct run *r)
{
	struct source s = { 0 };
	int status = open_file(r->options, r->options->source_count ? r->options->sources->file : "-", &s);
	if (!status)
		blocks_init(&r->blocks, s.fd, &r->options->records);
	return status;
}

int run_open_inputs(struct run *r)
{
	if (r->options->pipe)
		return open_pipe(r);
	static const struct source_text standard_input = { .file = "-" };
	const struct options *o = r->options;
	size_t count = o->source_count ? o->source_count : 1;
	struct source *sources = calloc(count, sizeof *sources);
	int status = sources ? 0 : EXIT_BROKEN;
	r->inputs.sources = sources; /* ours to the end, whatever fails */
	for (size_t i = 0; i < count && !status; i++) {
		const struct source_text *t = o->source_count ? &o->sources[i] : &standard_input;
		if (t->words)
			source_init_words(&sources[i], t->words, t->count);
		else
			status = open_file(o, t->file, &sources[i]);
		sources[i].linked = t->linked;
	}
	int err = status ? 0 : inputs_init(&r->inputs, sources, count, &o->cut);
	if (err == -EINVAL) {
		char shown[QUOTE_SHOWN];
		fprintf(stderr, "hob run: --colsep takes a regular expression, not %s; try 'hob run --help'\n",
			shown_name(shown, o->cut.colsep));
		return EXIT_USAGE;
	}
	if (err || !sources) {
		fprintf(stderr, "hob run: cannot start: %s\n", strerror(ENOMEM));
		return EXIT_BROKEN;
	}
	return status;
}

int run_next_work(struct run *r, struct work *w)
{
	struct row *row = &r->inputs.row;
	*w = (struct work){ .row = row };
	if (!r->options->pipe)
		return inputs_next(&r->inputs, &w->row);
	int got = blocks_next(&r->blocks, &w->block, &w->len);
	row->number += got > 0;
	return got;
}
