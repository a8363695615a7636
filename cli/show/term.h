/* The terminal that a stream goes to, if it is one. */
#ifndef CLI_SHOW_TERM_H
#define CLI_SHOW_TERM_H

#include <stdbool.h>
#include <stdio.h>

/* Colour only on a terminal, and never with NO_COLOR set (no-color.org) or a terminal that is dumb. */
bool term_colour(FILE *f);

/* Its columns; 80 where it is none. */
unsigned term_width(FILE *f);

#endif
