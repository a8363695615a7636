/* What the commands say of their options, and of mistakes in their command lines. */
#include "show/usage.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "show/quote.h"

void usage_option(int key, const char *name, const char *arg, const char *does)
{
	char text[40];
	snprintf(text, sizeof text, "%s%s--%s%s%s", key < 256 ? (char[]){ '-', (char)key, 0 } : "   ",
		 key < 256 ? ", " : " ", name, arg ? "=" : "", arg ? arg : "");
	printf("  %-24s %s\n", text, does);
}

bool usage_bad(const char *command, int *status, const char *what, const char *which)
{
	fprintf(stderr, "hob %s: %s", command, what);
	if (which) {
		fputc(' ', stderr);
		quote_put(stderr, which);
	}
	fprintf(stderr, "; try 'hob %s --help'\n", command);
	*status = EXIT_USAGE;
	return false;
}

bool usage_number(const char *text, double least, double most, double *out)
{
	char *end;
	errno = 0;
	*out = strtod(text, &end);
	return *text >= '0' && *text <= '9' && !*end && !errno && isfinite(*out) && *out >= least && *out <= most;
}
