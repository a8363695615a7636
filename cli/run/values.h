/* The values that options take, from text. Each answers false where the text is no such value, *out left alone. */
#ifndef CLI_RUN_VALUES_H
#define CLI_RUN_VALUES_H

#include <stdbool.h>
#include <stddef.h>

/* A decimal number from `least` to `most`, and nothing else. */
bool value_number(const char *text, unsigned least, unsigned most, unsigned *out);

/* Text with C's escapes (\t \n \0 \\ \x1f \037 ...), at least a byte and no more than `size`. */
bool value_escaped(const char *text, char *out, size_t size, size_t *len);

#endif
