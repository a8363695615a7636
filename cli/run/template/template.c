/* COMMAND [ARG...] with replacement strings in it, and the arguments that a row of inputs makes of it. */
#include "run/template/template.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_piece(struct template_word *w, const char *text, size_t len, struct mark mark)
{
	if (!len)
		return 0;
	struct piece *grown = realloc(w->pieces, (w->count + 1) * sizeof *grown);
	if (!grown)
		return -ENOMEM;
	w->pieces = grown;
	w->pieces[w->count++] = (struct piece){ .text = text, .len = len, .mark = mark };
	w->spreads |= mark.len && !mark.column && mark.shape != NUMBER && mark.shape != SLOT;
	return 0;
}

static int parse_word(struct template *t, struct template_word *w, const char *word, const struct marking *how)
{
	const char *from = word, *p = word;
	int err = 0;
	while (*p && !err) {
		struct mark m = mark_at(p, how);
		if (m.len) {
			err = add_piece(w, from, (size_t)(p - from), (struct mark){ 0 });
			if (!err)
				err = add_piece(w, p, m.len, m);
			from = p + m.len;
			t->append = false;
			t->by_slot |= m.shape == SLOT;
		}
		p += m.len ? m.len : 1;
	}
	return err ? err : add_piece(w, from, (size_t)(p - from), (struct mark){ 0 });
}

int template_init(struct template *t, char **words, size_t count, const struct marking *how, bool add)
{
	*t = (struct template){ .words = words, .count = count, .append = true, .named = true };
	t->parsed = calloc(count, sizeof *t->parsed);
	int err = t->parsed ? 0 : -ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		err = parse_word(t, &t->parsed[i], words[i], how);
		if (!i)
			t->named = t->append;
	}
	t->append &= add;
	return err;
}

int template_init_shell(struct template *t, const char *script, const struct marking *how, bool several, bool add)
{
	static char sh[] = "sh", c[] = "-c";
	char *text, **derived;
	size_t count = 0;
	int err = script_make(script, how, several, &text, &derived);
	if (err)
		return err;
	while (derived[count])
		count++;
	char **words = calloc(count + 5, sizeof *words);
	if (words) {
		memcpy(words, (char *[]){ sh, c, text, sh }, 4 * sizeof *words);
		memcpy(words + 4, derived, count * sizeof *words);
	}
	free(derived);
	*t = (struct template){ .words = words, .count = count + 4, .script = text, .shell = true, .named = true };
	t->parsed = calloc(t->count, sizeof *t->parsed);
	err = words && t->parsed ? 0 : -ENOMEM;
	for (size_t i = 0; i < t->count && !err; i++)
		err = i < 4 ? add_piece(&t->parsed[i], words[i], strlen(words[i]), (struct mark){ 0 })
			    : parse_word(t, &t->parsed[i], words[i], how);
	t->append = add;
	return err;
}

void template_finish(struct template *t)
{
	for (size_t i = 0; t->parsed && i < t->count; i++)
		free(t->parsed[i].pieces);
	free(t->parsed);
	if (t->shell && t->words) {
		for (size_t i = 4; i < t->count; i++)
			free(t->words[i]);
		free(t->words);
	}
	free(t->script);
}

/* The arguments of a job ------------------------------------------------------------------------------------------- */

/* The array with room for `wanted` items, at least doubled; NULL where there is no memory. */
static void *reserve(void *array, size_t *size, size_t wanted, size_t each)
{
	if (wanted <= *size)
		return array;
	void *grown = wanted <= SIZE_MAX / 4 / each ? realloc(array, 2 * wanted * each) : NULL;
	if (grown)
		*size = 2 * wanted;
	return grown;
}

static int append(struct arguments *a, const char *bytes, size_t len)
{
	char *grown = reserve(a->bytes, &a->bytes_size, a->used + len, 1);
	if (!grown)
		return -ENOMEM;
	a->bytes = grown;
	memcpy(a->bytes + a->used, bytes, len);
	a->used += len;
	return 0;
}

/* What was appended since the last argument is one. */
static int end_word(struct arguments *a)
{
	int err = append(a, "", 1);
	if (err)
		return err;
	a->count++;
	if (a->count + 1 < a->argv_size)
		return 0;
	size_t room = 2 * a->argv_size + 8, *starts = realloc(a->starts, room * sizeof *starts);
	if (starts)
		a->starts = starts;
	char **argv = starts ? realloc(a->argv, room * sizeof *argv) : NULL;
	if (!argv)
		return -ENOMEM;
	a->argv = argv;
	a->argv_size = room;
	return 0;
}

static int start_word(struct arguments *a)
{
	if (!a->argv_size) { /* the first of all */
		a->starts = malloc(8 * sizeof *a->starts);
		a->argv = malloc(8 * sizeof *a->argv);
		if (!a->starts || !a->argv)
			return -ENOMEM;
		a->argv_size = 8;
	}
	a->starts[a->count] = a->used;
	return 0;
}

static int append_shaped(struct arguments *a, enum shape shape, const char *value)
{
	size_t len = mark_shape(shape, &value);
	return append(a, value, len);
}

struct filling {
	const struct row *row;
	unsigned slot;
	struct arguments *a;
};

/* A mark for all columns: each but the first begins a new argument. */
static int put_columns(const struct filling *f, enum shape shape)
{
	int err = 0;
	for (size_t i = 0; i < f->row->count && !err; i++) {
		if (i) {
			err = end_word(f->a);
			if (!err)
				err = start_word(f->a);
		}
		if (!err)
			err = append_shaped(f->a, shape, f->row->columns[i]);
	}
	return err;
}

static int put_mark(const struct filling *f, const struct mark *m, const char *only)
{
	char number[24];
	const struct row *row = f->row;
	if (m->shape == NUMBER || m->shape == SLOT) {
		int len = snprintf(number, sizeof number, "%zu", m->shape == SLOT ? (size_t)f->slot : row->number);
		return append(f->a, number, (size_t)len);
	}
	if (!m->column)
		return only ? append_shaped(f->a, m->shape, only) : put_columns(f, m->shape);
	size_t column = m->column > 0 ? (size_t)m->column - 1 : row->count - (size_t)-m->column;
	return column < row->count ? append_shaped(f->a, m->shape, row->columns[column]) : 0;
}

/* One argument, or with {} several. `only`: this column alone is {}. */
static int put_word(const struct filling *f, const struct template_word *w, const char *only)
{
	int err = start_word(f->a);
	if (w->spreads && w->count == 1 && !f->row->count)
		return err; /* {} alone, and nothing for it: no argument */
	for (size_t i = 0; i < w->count && !err; i++) {
		const struct piece *p = &w->pieces[i];
		err = p->mark.len ? put_mark(f, &p->mark, only) : append(f->a, p->text, p->len);
	}
	return err ? err : end_word(f->a);
}

static int put_words(const struct template *t, const struct filling *f)
{
	const struct row *row = f->row;
	int err = 0;
	for (size_t n = 0; n < t->count && !err; n++) {
		const struct template_word *w = &t->parsed[n];
		if (!w->spreads || !t->context)
			err = put_word(f, w, NULL);
		for (size_t i = 0; w->spreads && t->context && i < row->count && !err; i++)
			err = put_word(f, w, row->columns[i]);
	}
	for (size_t i = 0; t->append && i < row->count && !err; i++) {
		err = start_word(f->a);
		if (!err)
			err = append(f->a, row->columns[i], strlen(row->columns[i]));
		if (!err)
			err = end_word(f->a);
	}
	return err;
}

int template_fill(const struct template *t, const struct row *row, unsigned slot, struct arguments *a)
{
	a->used = a->count = 0;
	int err = put_words(t, &(struct filling){ row, slot, a });
	if (err)
		return err;
	for (size_t i = 0; i < a->count; i++)
		a->argv[i] = a->bytes + a->starts[i];
	a->argv[a->count] = NULL;
	return 0;
}

void arguments_finish(struct arguments *a)
{
	free(a->argv);
	free(a->starts);
	free(a->bytes);
	*a = (struct arguments){ 0 };
}
