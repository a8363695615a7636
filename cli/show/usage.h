/* What the commands say of their options, and of mistakes in their command lines. */
#ifndef CLI_SHOW_USAGE_H
#define CLI_SHOW_USAGE_H

#include <stdbool.h>

/* One option in a --help: `key` is its letter, or 256 and more where it has none; `arg` is what it takes, or NULL. */
void usage_option(int key, const char *name, const char *arg, const char *does);

/* Says on standard error what is wrong, and with which word (or NULL), in one line. *status is what to exit with;
 * answers false. */
bool usage_bad(const char *command, int *status, const char *what, const char *which);

/* A plain number from `least` to `most`. */
bool usage_number(const char *text, double least, double most, double *out);

#endif
