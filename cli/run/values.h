/* The values that options take, from text. Each answers false where the text is no such value, *out left alone. */
#ifndef CLI_RUN_VALUES_H
#define CLI_RUN_VALUES_H

#include <stdbool.h>
#include <stddef.h>

/* A decimal number from `least` to `most`, and nothing else. */
bool value_number(const char *text, unsigned least, unsigned most, unsigned *out);

/* Text with C's escapes (\t \n \0 \\ \x1f \037 ...), at least a byte and no more than `size`. */
bool value_escaped(const char *text, char *out, size_t size, size_t *len);

/* A number of bytes, at least 1, in GNU parallel's units: k m g are powers of 1000, K M G of 1024. */
bool value_bytes(const char *text, size_t *bytes);

/* A time: seconds, or numbers with the units d, h, m and s behind each: 90, 2.5m, 1h30m. */
bool value_seconds(const char *text, double *seconds);

/* When to end before the inputs do, in GNU parallel's words: never, WHEN,WHY=N or WHEN,WHY=N%, and the old 0, 1, 2 and
 * N%. */
struct halt {
	enum halt_when { HALT_NEVER, HALT_SOON, HALT_NOW } when;
	enum halt_why { HALT_FAIL, HALT_SUCCESS, HALT_DONE } why;
	unsigned count;
	bool percent;
};

bool value_halt(const char *text, struct halt *out);

#endif
