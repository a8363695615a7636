/* What names a job: the command as it was given, its input and the directory. Not its number, which another list of
 * inputs would change, nor its slot. */
#ifndef CLI_RUN_LOG_KEY_H
#define CLI_RUN_LOG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run/input/inputs.h"
#include "run/log/sha256.h"

enum { KEY_BYTES = 16, KEY_DIGITS = 2 * KEY_BYTES };

struct key {
	uint8_t bytes[KEY_BYTES];
};

/* Begins the name of all jobs of a command in a directory; `kind` is how it is run. */
void key_begin(struct sha256 *s, const char *kind, char *const *words, size_t count, const char *directory);

/* Of the job for a row; `more`, of `len` bytes, is the rest of its input: what it is to read, or nothing. */
void key_of(const struct sha256 *begun, const struct row *row, const void *more, size_t len, struct key *out);

void key_print(const struct key *k, char digits[KEY_DIGITS + 1]);
bool key_read(struct key *k, const char *digits, size_t len);

#endif
