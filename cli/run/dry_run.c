/* --dry-run: the commands, quoted for a shell, one a line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "show/quote.h"
#include "run/run.h"

static int print_command(char *const *argv)
{
	char *text = quote_all(argv);
	if (!text)
		return -ENOMEM;
	int printed = printf("%s\n", text);
	free(text);
	return printed < 0 ? -EIO : 0;
}

int run_dry(struct run *r)
{
	struct arguments args = { 0 };
	struct work w;
	int got, err = 0;
	while (!err && (got = run_next_work(r, &w)) > 0) {
		err = template_fill(&r->template, w.row, 1, &args);
		if (!err)
			err = print_command(args.argv);
	}
	arguments_finish(&args);
	if (fflush(stdout) && !err)
		err = -EIO;
	if (err) {
		fprintf(stderr, "hob run: cannot print: %s\n", strerror(-err));
		return EXIT_BROKEN;
	}
	if (got < 0) {
		run_input_failed(r, got);
		return EXIT_USAGE;
	}
	return 0;
}
