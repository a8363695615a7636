#include "show/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool term_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");

	return isatty(fileno(f)) && !(no && *no) && kind && strcmp(kind, "dumb") != 0;
}

unsigned term_width(FILE *f)
{
	struct winsize w;

	return ioctl(fileno(f), TIOCGWINSZ, &w) || w.ws_col == 0 ? 80 : w.ws_col;
}
