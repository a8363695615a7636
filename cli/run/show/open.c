/* What we write besides the outputs of jobs: events, the timeline, the job log. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "show/quote.h"
#include "run/run.h"

/* The files that we write ourselves: 0 or an exit status, once it has said why not. */
int run_open_outputs(struct run *r)
{
	const struct options *o = r->options;
	char shown[QUOTE_SHOWN];
	int err = o->timeline ? timeline_init(&r->timeline) : 0;
	if (err) {
		fprintf(stderr, "hob run: no temporary file for --timeline: %s\n", strerror(-err));
		return EXIT_BROKEN;
	}
	r->events = o->json && !strcmp(o->json, "-") ? STDOUT_FILENO : -1;
	if (o->json && r->events < 0)
		r->events = open(o->json, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (o->json && r->events < 0) {
		err = -errno;
		quote_shown(shown, (char *[]){ (char *)(uintptr_t)o->json, NULL });
		fprintf(stderr, "hob run: cannot write %s: %s\n", shown, strerror(-err));
		return EXIT_USAGE;
	}
	return run_open_log(r);
}

void run_draw_timeline(struct run *r)
{
	char shown[QUOTE_SHOWN];
	int err = r->options->timeline ? timeline_draw(r, r->options->timeline) : 0;
	if (!err)
		return;
	quote_shown(shown, (char *[]){ (char *)(uintptr_t)r->options->timeline, NULL });
	output_say(&r->output, "cannot draw %s: %s", shown, strerror(-err));
	r->status = r->status ? r->status : EXIT_BROKEN;
}
