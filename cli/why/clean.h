/* Text from outside, as a terminal may be shown it: control characters, broken UTF-8 and what reorders become '?'. */
#ifndef CLI_WHY_CLEAN_H
#define CLI_WHY_CLEAN_H

#include <stddef.h>
#include <stdio.h>

void clean_put(FILE *out, const char *text);

/* The same, at most `width` characters, and blanks up to there. */
void clean_column(FILE *out, const char *text, unsigned width);

#endif
