/* The inputs of the jobs: every combination of the sources, cut into columns, so many to a row.
 *
 * Sources that are linked form a group and go on together, until the shortest of them ends. The groups turn like the
 * wheels of a counter: the last one is the fastest, and all but the first start over. */
#include "run/input/inputs.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "run/input/columns.h"

int inputs_init(struct inputs *in, struct source *sources, size_t count, const struct cut *cut)
{
	*in = (struct inputs){ .sources = sources, .count = count, .cut = *cut };
	in->simple = count == 1 && !cut->colsep && !cut->csv && cut->together <= 1 && !cut->bare && !cut->pack;
	in->values = calloc(count, sizeof *in->values);
	in->value_sizes = calloc(count, sizeof *in->value_sizes);
	if (!in->values || !in->value_sizes)
		return -ENOMEM;
	if (cut->csv)
		in->colsep_char = cut->colsep ? (!strcmp(cut->colsep, "\\t") ? '\t' : *cut->colsep) : ',';
	else if (cut->colsep && cut->colsep[0] && !cut->colsep[1] && !strchr(".^$*+?()[{\\|", cut->colsep[0]))
		in->colsep_char = *cut->colsep;
	else if (cut->colsep && (!*cut->colsep || columns_compile(&in->colsep, cut->colsep)))
		return -EINVAL;
	return 0;
}

void inputs_finish(struct inputs *in)
{
	for (size_t i = 0; i < in->count; i++) {
		source_finish(&in->sources[i]);
		if (in->value_sizes && in->value_sizes[i])
			free(in->values[i]);
	}
	if (in->cut.colsep && !in->colsep_char)
		regfree(&in->colsep);
	for (size_t i = 0; i < in->name_count; i++)
		free(in->names[i]);
	free(in->names);
	columns_free(&in->columns);
	free(in->values);
	free(in->value_sizes);
	free(in->sources);
}

/* Where a source stands, kept while others go on. */
static int keep_value(struct inputs *in, size_t i, const char *text)
{
	size_t len = strlen(text) + 1;
	if (len > in->value_sizes[i]) {
		char *bytes = realloc(in->value_sizes[i] ? in->values[i] : NULL, 2 * len);
		if (!bytes)
			return -ENOMEM;
		in->values[i] = bytes;
		in->value_sizes[i] = 2 * len;
	}
	memcpy(in->values[i], text, len);
	return 0;
}

/* Moves one source on. */
static int step(struct inputs *in, size_t i)
{
	char *text;
	int got = source_next(&in->sources[i], &text);
	if (got < 0)
		in->failed = &in->sources[i];
	if (got <= 0)
		return got;
	if (in->count == 1) {
		in->values[i] = text;
		return 1;
	}
	int err = keep_value(in, i, text);
	return err ? err : 1;
}

/* Moves the group of sources [first, end) on. */
static int step_group(struct inputs *in, size_t first, size_t end)
{
	int got = 1;
	for (size_t i = first; i < end && got > 0; i++)
		got = step(in, i);
	return got;
}

static size_t group_of(const struct inputs *in, size_t end)
{
	size_t first = end - 1;
	while (first && in->sources[first].linked)
		first--;
	return first;
}

static int begin(struct inputs *in)
{
	in->started = true;
	for (size_t end = in->count, first; end; end = first) {
		first = group_of(in, end);
		for (size_t i = first; i < end && first; i++) {
			int err = source_keep(&in->sources[i]);
			if (err) {
				in->failed = &in->sources[i];
				return err;
			}
		}
	}
	return 0;
}

/* The next combination, in in->values: 1, or 0 at the end. */
static int next_combination(struct inputs *in, bool fresh)
{
	size_t end = in->count, first;
	for (; end; end = first) {
		first = group_of(in, end);
		int got = step_group(in, first, end);
		if (got < 0 || (got == 0 && (fresh || !first)))
			return got;
		if (got && !fresh)
			return 1;
		if (got)
			continue; /* at the very start every group moves */
		for (size_t i = first; i < end; i++)
			source_rewind(&in->sources[i]);
		got = step_group(in, first, end);
		if (got <= 0)
			return got;
	}
	return 1;
}

static int split(struct inputs *in, const char *value)
{
	if (in->cut.csv)
		return columns_split_csv(&in->columns, value, in->colsep_char);
	if (in->cut.colsep)
		return columns_split(&in->columns, value, in->colsep_char, &in->colsep);
	return columns_add(&in->columns, value, strlen(value));
}

/* Adds one combination to the row: 1, 0 at the end, or an error. */
static int add_record(struct inputs *in)
{
	bool fresh = !in->started;
	int err = fresh ? begin(in) : 0;
	int got = err ? err : next_combination(in, fresh);
	for (size_t i = 0; i < in->count && got > 0 && !in->cut.bare; i++) {
		err = split(in, in->values[i]);
		got = err ? err : 1;
	}
	return got;
}

/* Fills the row; answers the records in it, or an error. */
static int fill_row(struct inputs *in)
{
	struct columns *c = &in->columns;
	size_t most = in->cut.together ? in->cut.together : in->cut.pack ? SIZE_MAX : 1, records = in->carry > 0;
	columns_shift(c, in->carry);
	in->carry = 0;
	while (records < most && !in->ended) {
		size_t before = c->count;
		int got = add_record(in);
		if (got < 0)
			return got;
		in->ended = got == 0;
		if (in->cut.pack && records && c->used > in->cut.pack) {
			in->carry = c->count - before;
			break;
		}
		records += got > 0;
	}
	int err = columns_finish(c);
	return err ? err : records > 0;
}

int inputs_next(struct inputs *in, const struct row **row)
{
	int got;
	if (in->simple) {
		in->started = true;
		got = step(in, 0);
		in->row.columns = in->values;
		in->row.count = 1;
	} else {
		got = fill_row(in);
		in->row.columns = in->columns.at;
		in->row.count = in->columns.count - in->carry;
	}
	if (got > 0)
		in->row.number = ++in->taken;
	*row = &in->row;
	return got;
}

int inputs_read_header(struct inputs *in)
{
	int err = begin(in), got = 1;
	in->started = false;
	for (size_t i = 0; i < in->count && !err && got > 0; i++) {
		got = step(in, i);
		if (got > 0)
			err = split(in, in->values[i]);
		source_begin_here(&in->sources[i]);
	}
	if (err || got < 0)
		return err ? err : got;
	in->names = calloc(in->columns.count + 1, sizeof *in->names);
	err = in->names ? columns_finish(&in->columns) : -ENOMEM;
	for (size_t i = 0; i < in->columns.count && !err; i++) {
		in->names[i] = strdup(in->columns.at[i]);
		in->name_count++;
		err = in->names[i] ? 0 : -ENOMEM;
	}
	columns_shift(&in->columns, 0);
	return err;
}

int inputs_column(const struct inputs *in, const char *name, size_t len)
{
	for (size_t i = 0; i < in->name_count; i++)
		if (strlen(in->names[i]) == len && !memcmp(in->names[i], name, len))
			return (int)i + 1;
	return 0;
}

size_t inputs_total(const struct inputs *in)
{
	size_t all = 1, shortest = SIZE_MAX;
	if (!in->count)
		return 0;
	if (in->cut.pack)
		return in->ended && !in->carry ? in->taken : 0;
	for (size_t i = in->count; i-- > 0;) {
		size_t n = source_total(&in->sources[i]);
		shortest = n < shortest ? n : shortest;
		if (i && in->sources[i].linked)
			continue;
		if (__builtin_mul_overflow(all, shortest, &all))
			return 0;
		shortest = SIZE_MAX;
	}
	size_t each = in->cut.together ? in->cut.together : 1;
	return all / each + (all % each > 0);
}

double inputs_share(const struct inputs *in)
{
	size_t total = inputs_total(in);
	if (total)
		return (double)in->taken / (double)total;
	return in->count ? source_share(&in->sources[0]) : -1;
}
