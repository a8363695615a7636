/* The columns of a row. */
#include "run/input/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int reserve_bytes(struct columns *c, size_t more)
{
	if (c->used + more <= c->size)
		return 0;
	size_t size = 2 * (c->used + more);
	char *bytes = realloc(c->bytes, size);
	if (!bytes)
		return -ENOMEM;
	c->bytes = bytes;
	c->size = size;
	return 0;
}

static int reserve_one(struct columns *c)
{
	if (c->count < c->room)
		return 0;
	size_t room = c->room ? 2 * c->room : 8;
	size_t *starts = realloc(c->starts, room * sizeof *starts);
	if (!starts)
		return -ENOMEM;
	c->starts = starts;
	char **at = realloc(c->at, (room + 1) * sizeof *at);
	if (!at)
		return -ENOMEM;
	c->at = at;
	c->room = room;
	return 0;
}

int columns_add(struct columns *c, const char *bytes, size_t len)
{
	int err = reserve_one(c);
	if (!err)
		err = reserve_bytes(c, len + 1);
	if (err)
		return err;
	c->starts[c->count++] = c->used;
	char *end = mempcpy(c->bytes + c->used, bytes, len);
	*end = '\0';
	c->used += len + 1;
	return 0;
}

static int add_trimmed(struct columns *c, const char *from, size_t len)
{
	static const char blanks[] = " \t\r\n";
	while (len && strchr(blanks, *from)) {
		from++;
		len--;
	}
	while (len && strchr(blanks, from[len - 1]))
		len--;
	return columns_add(c, from, len);
}

int columns_split(struct columns *c, const char *text, char separator, const regex_t *expression)
{
	for (;;) {
		regmatch_t match = { .rm_so = -1 };
		const char *at = separator ? strchr(text, separator) : NULL;
		if (at)
			match = (regmatch_t){ .rm_so = (regoff_t)(at - text), .rm_eo = (regoff_t)(at - text + 1) };
		else if (!separator && regexec(expression, text, 1, &match, 0))
			match.rm_so = -1;
		if (match.rm_so < 0 || !match.rm_eo) /* none, or one that takes nothing away */
			return add_trimmed(c, text, strlen(text));
		int err = add_trimmed(c, text, (size_t)match.rm_so);
		if (err)
			return err;
		text += match.rm_eo;
	}
}

/* One field, unquoted onto the end of the columns; moves *text behind it. */
static int add_field(struct columns *c, const char **text, char separator)
{
	const char *p = *text;
	bool quoted = false;
	int err = columns_add(c, p, 0);
	if (!err)
		err = reserve_bytes(c, strlen(p) + 1);
	if (err)
		return err;
	char *to = c->bytes + c->starts[c->count - 1];
	for (; *p && (quoted || *p != separator); p++) {
		if (*p != '"')
			*to++ = *p;
		else if (quoted && p[1] == '"')
			*to++ = *p++;
		else
			quoted = !quoted;
	}
	*to++ = '\0';
	c->used = (size_t)(to - c->bytes);
	*text = p;
	return 0;
}

int columns_split_csv(struct columns *c, const char *text, char separator)
{
	for (;; text++) {
		int err = add_field(c, &text, separator);
		if (err)
			return err;
		if (!*text)
			break;
	}
	char *last = c->bytes + c->starts[c->count - 1];
	size_t len = strlen(last);
	if (len && last[len - 1] == '\r') { /* records may end in CR LF */
		last[len - 1] = '\0';
		c->used--;
	}
	return 0;
}

int columns_finish(struct columns *c)
{
	int err = reserve_one(c); /* for the NULL at the end, and the first array of all */
	if (err)
		return err;
	for (size_t i = 0; i < c->count; i++)
		c->at[i] = c->bytes + c->starts[i];
	c->at[c->count] = NULL;
	return 0;
}

void columns_shift(struct columns *c, size_t keep)
{
	size_t from = keep ? c->starts[c->count - keep] : c->used;
	for (size_t i = 0; i < keep; i++)
		c->starts[i] = c->starts[c->count - keep + i] - from;
	if (keep)
		memmove(c->bytes, c->bytes + from, c->used - from);
	c->used -= from;
	c->count = keep;
}

void columns_free(struct columns *c)
{
	free(c->bytes);
	free(c->starts);
	free(c->at);
	*c = (struct columns){ 0 };
}

int columns_compile(regex_t *expression, const char *text)
{
	static const char *const perl[][2] = { { "t", "\t" },          { "n", "\n" },    { "r", "\r" },
					       { "s", "[[:space:]]" }, { "d", "[0-9]" }, { "w", "[[:alnum:]_]" } };
	char *posix = malloc(16 * strlen(text) + 1), *to = posix;
	if (!posix)
		return REG_ESPACE;
	for (const char *p = text; *p; p++) {
		const char *known = NULL;
		for (size_t i = 0; *p == '\\' && i < sizeof perl / sizeof *perl && !known; i++)
			known = p[1] == perl[i][0][0] ? perl[i][1] : NULL;
		if (known || (*p == '\\' && p[1])) {
			if (known)
				to = stpcpy(to, known);
			else
				to = mempcpy(to, p, 2);
			p++;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
	int err = regcomp(expression, posix, REG_EXTENDED);
	free(posix);
	return err;
}
