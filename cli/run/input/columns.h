/* The columns of a row: appended one after the other, their bytes in one piece of memory. */
#ifndef CLI_RUN_INPUT_COLUMNS_H
#define CLI_RUN_INPUT_COLUMNS_H

#include <regex.h>

#include "run/input/inputs.h"

/* Appends one. 0 or -ENOMEM. */
int columns_add(struct columns *c, const char *bytes, size_t len);

/* Appends those that a separator finds, without the blanks around them. */
int columns_split(struct columns *c, const char *text, char separator, const regex_t *expression);

/* Appends the fields of a record of CSV (RFC 4180): "" within quotes is a quote. */
int columns_split_csv(struct columns *c, const char *text, char separator);

/* Sets the addresses, once no more are to be added. 0 or -ENOMEM. */
int columns_finish(struct columns *c);

/* Drops all but the last `keep`. */
void columns_shift(struct columns *c, size_t keep);
void columns_free(struct columns *c);

/* A separator as --colsep takes it, an expression with Perl's \t \n \s \d \w: what regcomp answers. */
int columns_compile(regex_t *expression, const char *text);

#endif
