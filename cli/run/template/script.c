/* A script for sh: no input ever becomes part of its text. {} turns into "$1" (or "$@" where there may be several
 * columns), {2} into "$2", and inside of double quotes into ${1}. What a mark makes of a column, as {.} does, comes as
 * an argument of its own before the columns, which the script takes into a variable first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/template/template.h"

enum { MARK_ROOM = 24 }; /* the most that stands for a mark, and its share of what comes first: "${_hob99999}" */

struct script {
	char *text, *to;
	char **derived;
	size_t count;
	bool several;
};

/* The variable that holds what a mark makes: the same for the same mark. 0: no memory. */
static size_t variable(struct script *s, const char *mark, size_t len)
{
	for (size_t i = 0; i < s->count; i++)
		if (strlen(s->derived[i]) == len && !memcmp(s->derived[i], mark, len))
			return i + 1;
	s->derived[s->count] = strndup(mark, len);
	return s->derived[s->count] ? ++s->count : 0;
}

static int put_mark(struct script *s, const struct mark *m, const char *text, char quote)
{
	const char *around = quote ? "" : "\"";
	if (quote == '\'')
		return -EINVAL;
	if (m->shape == WHOLE && m->column >= 0) {
		if (!m->column && s->several)
			s->to = stpcpy(s->to, quote ? "${*}" : "\"$@\"");
		else if (!quote && m->column < 10)
			s->to += sprintf(s->to, "\"$%d\"", m->column ? m->column : 1);
		else
			s->to += sprintf(s->to, "%s${%d}%s", around, m->column ? m->column : 1, around);
		return 0;
	}
	size_t n = variable(s, text, m->len);
	s->to += sprintf(s->to, "%s${_hob%zu}%s", around, n, around);
	return n ? 0 : -ENOMEM;
}

static int put_all(struct script *s, const char *text, const struct marking *how)
{
	char quote = 0;
	for (const char *p = text; *p;) {
		struct mark m = mark_at(p, how);
		if (m.len) {
			int err = put_mark(s, &m, p, quote);
			if (err)
				return err;
			p += m.len;
			continue;
		}
		if (*p == '\\' && quote != '\'' && p[1])
			*s->to++ = *p++;
		else if (quote ? *p == quote : *p == '\'' || *p == '"')
			quote = quote ? 0 : *p;
		*s->to++ = *p++;
	}
	*s->to = '\0';
	return 0;
}

static size_t marks_in(const char *text, const struct marking *how)
{
	size_t n = 0;
	for (struct mark m; *text; text += m.len ? m.len : 1) {
		m = mark_at(text, how);
		n += m.len > 0;
	}
	return n;
}

int script_make(const char *text, const struct marking *how, bool several, char **script, char ***derived)
{
	size_t marks = marks_in(text, how), first = marks * MARK_ROOM + sizeof "shift 99999;", size;
	size = first + strlen(text) + marks * MARK_ROOM + 1;
	struct script s = { .text = malloc(size), .derived = calloc(marks + 1, sizeof *s.derived), .several = several };
	int err = s.text && s.derived ? 0 : -ENOMEM;
	s.to = s.text ? s.text + first : NULL;
	if (!err)
		err = put_all(&s, text, how);
	if (err) {
		for (size_t i = 0; i < s.count; i++)
			free(s.derived[i]);
		free(s.derived);
		free(s.text);
		return err;
	}
	char *to = s.text;
	for (size_t i = 1; i <= s.count; i++)
		to += sprintf(to, i < 10 ? "_hob%zu=$%zu " : "_hob%zu=${%zu} ", i, i);
	if (s.count)
		to += sprintf(to, "; shift %zu; ", s.count);
	memmove(to, s.text + first, strlen(s.text + first) + 1);
	*script = s.text;
	*derived = s.derived;
	return 0;
}
