/* The replacement strings. */
#include "run/template/mark.h"

#include <stdlib.h>
#include <string.h>

#include "run/input/inputs.h"

static const struct {
	const char *text;
	enum shape shape;
} shapes[] = { { "", WHOLE }, { ".", NO_EXTENSION }, { "/", BASE }, { "//", DIRECTORY }, { "/.", BASE_NO_EXTENSION } };

/* The column that the start of a text names: a number, or a name of the header. *len is how much of the text. */
static int column_at(const char *text, size_t room, const struct inputs *inputs, size_t *len)
{
	char *end;
	size_t sign = *text == '-';
	long n = text[sign] >= '1' && text[sign] <= '9' ? strtol(text, &end, 10) : 0;
	if (n > -100000 && n < 100000 && n) {
		*len = (size_t)(end - text);
		return (int)n;
	}
	for (*len = inputs ? room : 0; *len; --*len) { /* the longest name there is */
		int column = inputs_column(inputs, text, *len);
		if (column)
			return column;
	}
	return 0;
}

struct mark mark_at(const char *text, const struct marking *how)
{
	const struct mark none = { 0 };
	struct mark m = { 0 };
	size_t instead = how->instead ? strlen(how->instead) : 0;
	if (instead && !strncmp(text, how->instead, instead))
		return (struct mark){ .len = instead };
	if (*text != '{')
		return none;
	const char *end = strchr(text, '}'), *inside = text + 1;
	if (!end || end - inside > 1000 || (end == inside && how->instead))
		return none;
	m.len = (size_t)(end - text) + 1;
	size_t room = (size_t)(end - inside), named;
	if (room == 1 && (*inside == '#' || *inside == '%')) {
		m.shape = *inside == '#' ? NUMBER : SLOT;
		return m;
	}
	m.column = column_at(inside, room, how->inputs, &named);
	inside += named;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		if (strlen(shapes[i].text) != (size_t)(end - inside) ||
		    memcmp(shapes[i].text, inside, (size_t)(end - inside)))
			continue;
		m.shape = shapes[i].shape;
		return m;
	}
	return none;
}

/* Without the last dot of the last part of a path and what follows it. */
static size_t without_extension(const char *from, size_t len)
{
	for (size_t i = len; i-- > 0 && from[i] != '/';)
		if (from[i] == '.')
			return i;
	return len;
}

static size_t directory(const char **from)
{
	static const char here[] = ".";
	size_t len = strlen(*from);
	while (len > 1 && (*from)[len - 1] == '/')
		len--;
	while (len && (*from)[len - 1] != '/')
		len--;
	while (len > 1 && (*from)[len - 1] == '/')
		len--;
	if (!len)
		*from = here;
	return len ? len : 1;
}

size_t mark_shape(enum shape shape, const char **from)
{
	const char *slash = strrchr(*from, '/');
	switch (shape) {
	case DIRECTORY:
		return directory(from);
	case BASE:
	case BASE_NO_EXTENSION:
		*from = slash ? slash + 1 : *from;
		return shape == BASE ? strlen(*from) : without_extension(*from, strlen(*from));
	case NO_EXTENSION:
		return without_extension(*from, strlen(*from));
	default:
		return strlen(*from);
	}
}
