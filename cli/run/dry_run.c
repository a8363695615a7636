/* --dry-run: the commands, quoted for a shell, one a line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "run/quote.h"
#include "run/run.h"

static int print_command(char *const *argv)
{
	for (char *const *w = argv; *w; w++) {
		size_t size = QUOTE_BOUND(strlen(*w)) + 1;
		char *text = malloc(size);
		if (!text)
			return -ENOMEM;
		quote_word(text, size, 0, *w);
		int printed = printf("%s%s", w == argv ? "" : " ", text);
		free(text);
		if (printed < 0)
			return -EIO;
	}
	return putchar('\n') < 0 ? -EIO : 0;
}

int run_dry(struct run *r)
{
	struct arguments args = { 0 };
	const struct row *row;
	int got, err = 0;
	while (!err && (got = inputs_next(&r->inputs, &row)) > 0) {
		err = template_fill(&r->template, row, 1, &args);
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
