/* COMMAND [ARG...] with replacement strings in it, and the arguments that a row of inputs makes of it. */
#ifndef CLI_RUN_TEMPLATE_TEMPLATE_H
#define CLI_RUN_TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "run/input/inputs.h"
#include "run/template/mark.h"

/* A piece of a word: text, or a mark. */
struct piece {
	const char *text;
	size_t len;
	struct mark mark; /* of length 0: none */
};

struct template_word {
	struct piece *pieces;
	size_t count;
	bool spreads; /* has a mark that stands for all columns */
};

struct template
{
	char **words; /* NULL-terminated; the caller's, or our own where `script` is set */
	size_t count;
	struct template_word *parsed;
	bool append;  /* the columns are arguments at the end */
	bool context; /* -X: a word with {} is repeated for each column, not only the {} */
	bool by_slot; /* a {%} is in it, so that the command is not the same each time */
	bool shell;   /* words are sh -c SCRIPT sh, and the columns are data for it */
	bool named;   /* the command itself has no mark: it is known before any input is */
	char *script;
};

/* Arguments made for one row; kept by the caller and used again and again. All zero at first. */
struct arguments {
	char **argv; /* NULL-terminated */
	size_t count;
	char *bytes;
	size_t *starts;
	size_t argv_size, bytes_size, used;
};

/* `add`: whether the columns are appended where the words have no mark. 0 or -ENOMEM. */
int template_init(struct template *t, char **words, size_t count, const struct marking *how, bool add);

/* A script for sh. `several`: a row may have other than one column. 0, -ENOMEM, or -EINVAL where a mark of the script
 * stands in single quotes: the shell would not replace it. */
int template_init_shell(struct template *t, const char *script, const struct marking *how, bool several, bool add);
void template_finish(struct template *t);

/* Fills `a` for a row; 0, or -ENOMEM. */
int template_fill(const struct template *t, const struct row *row, unsigned slot, struct arguments *a);
void arguments_finish(struct arguments *a);

/* The script for sh in which each mark is a parameter, and the words that those which are not columns come from: they
 * stand before the columns. Both are the caller's to free. 0, -ENOMEM or -EINVAL, as above. */
int script_make(const char *text, const struct marking *how, bool several, char **script, char ***derived);

#endif
