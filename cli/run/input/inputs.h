/* The inputs of the jobs, one row after the other: every combination of the sources, cut into columns, so many to a
 * row. Whatever their number, only the row at hand is held. */
#ifndef CLI_RUN_INPUT_INPUTS_H
#define CLI_RUN_INPUT_INPUTS_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "run/input/source.h"

/* What a job is made for. */
struct row {
	char **columns;
	size_t count;
	size_t number; /* {#}, from 1 */
};

/* How the inputs are cut; all zero: each record of the only source is a row of one column. */
struct cut {
	const char *colsep; /* NULL: none; a regular expression, or with csv a character */
	bool csv;
	unsigned together; /* records a row; 0: one */
	bool bare;         /* rows have no columns: -n 0 */
	size_t pack;       /* as many as fit into so many bytes, and at most `together`; 0: no packing */
};

struct inputs {
	struct source *sources;
	size_t count;
	struct cut cut;
	regex_t colsep;
	char colsep_char; /* a plain one, which is faster; NUL: the expression */
	bool simple;      /* one source, a column a row: nothing is copied */
	bool started, ended;
	char **values; /* where each source stands */
	size_t *value_sizes;
	char **names; /* --header: of the columns */
	size_t name_count;

	struct row row;
	struct columns {
		char *bytes, **at; /* each with its NUL; `at` is set when the row is done */
		size_t *starts;
		size_t size, used, room, count;
	} columns;
	size_t carry; /* pack: columns at the end that did not fit, and open the next row */
	size_t taken;
	const struct source *failed; /* the one that the error of inputs_next is about */
};

/* Takes the sources, an array from malloc. 0, -ENOMEM, or -EINVAL for a colsep that is no regular expression. */
int inputs_init(struct inputs *in, struct source *sources, size_t count, const struct cut *cut);
void inputs_finish(struct inputs *in);

/* --header: reads the names of the columns, before the first row. 0 or as inputs_next. [parks] */
int inputs_read_header(struct inputs *in);

/* The next row, valid until the next call: 1, 0 at the end, or an error as of source_next, about `failed`. [parks] */
int inputs_next(struct inputs *in, const struct row **row);

/* How many rows there will be in all; 0 while that is not known. */
size_t inputs_total(const struct inputs *in);

/* The share of the rows that has been handed out; negative: not known. */
double inputs_share(const struct inputs *in);

/* The column of a name from the header, from 1; 0: there is none. */
int inputs_column(const struct inputs *in, const char *name, size_t len);

#endif
