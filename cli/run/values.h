/* The values that options take, from text. Each answers false where the text is no such value, *out left alone. */
#ifndef CLI_RUN_VALUES_H
#define CLI_RUN_VALUES_H

#include <stdbool.h>
#include <stddef.h>

/* A decimal number from `least` to `most`, and nothing else. */
bool value_number(const char *text, unsigned least, unsigned most, unsigned *out);

#endif
