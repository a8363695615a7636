/* COMMAND [ARG...] with {} in it, and the arguments that an input makes of it. */
#include "run/template.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t marks_in(const char *word)
{
	size_t n = 0;
	while ((word = strstr(word, "{}"))) {
		n++;
		word += 2;
	}
	return n;
}

int template_init(struct template *t, char **words, size_t count)
{
	*t = (struct template){ .words = words, .count = count };
	for (size_t i = 0; i < count; i++) {
		t->bytes += strlen(words[i]) + 1;
		t->marks += marks_in(words[i]);
	}
	t->named = !marks_in(words[0]);
	t->append = !t->marks;
	return 0;
}

/* The input never becomes part of the script's text: {} turns into "$1", or, inside of double quotes, into ${1}. */
static int script_of(const char *text, char **out)
{
	char *script = malloc(strlen(text) + marks_in(text) * strlen("\"$1\"") + 1), *to = script;
	char quote = 0;
	if (!script)
		return -ENOMEM;
	for (const char *p = text; *p;) {
		if (p[0] == '{' && p[1] == '}') {
			if (quote == '\'') {
				free(script);
				return -EINVAL;
			}
			to = stpcpy(to, quote ? "${1}" : "\"$1\"");
			p += 2;
			continue;
		}
		if (*p == '\\' && quote != '\'' && p[1])
			*to++ = *p++;
		else if (quote ? *p == quote : *p == '\'' || *p == '"')
			quote = quote ? 0 : *p;
		*to++ = *p++;
	}
	*to = '\0';
	*out = script;
	return 0;
}

int template_init_shell(struct template *t, const char *script)
{
	static char sh[] = "sh", c[] = "-c";
	char *text, **words = calloc(5, sizeof *words);
	int err = words ? script_of(script, &text) : -ENOMEM;
	if (err) {
		free(words);
		return err;
	}
	memcpy(words, (char *[]){ sh, c, text, sh, NULL }, 5 * sizeof *words);
	*t = (struct template){
		.words = words, .count = 4, .script = text, .shell = true, .named = true, .append = true
	};
	for (size_t i = 0; i < t->count; i++)
		t->bytes += strlen(words[i]) + 1;
	return 0;
}

void template_finish(struct template *t)
{
	if (t->shell)
		free(t->words);
	free(t->script);
}

/* The array grown to `wanted` items, NULL where there is no memory. */
static void *reserve(void *array, size_t *size, size_t wanted, size_t each)
{
	if (wanted <= *size)
		return array;
	void *grown = wanted <= SIZE_MAX / 2 / each ? realloc(array, wanted * each) : NULL;
	if (grown)
		*size = wanted;
	return grown;
}

static char *replace(char *to, const char *word, const char *input, size_t input_len, bool marks)
{
	for (const char *mark; marks && (mark = strstr(word, "{}")); word = mark + 2) {
		to = mempcpy(to, word, (size_t)(mark - word));
		to = mempcpy(to, input, input_len);
	}
	return stpcpy(to, word) + 1;
}

int template_fill(const struct template *t, const char *input, struct arguments *a)
{
	size_t len = strlen(input), n = 0;
	if (t->marks && len > (SIZE_MAX / 2 - t->bytes) / t->marks)
		return -ENOMEM;
	size_t bytes = t->bytes + t->marks * len + (t->append ? len + 1 : 0);
	char *to = reserve(a->bytes, &a->bytes_size, bytes, 1);
	if (!to)
		return -ENOMEM;
	a->bytes = to;
	char **argv = reserve(a->argv, &a->argv_size, t->count + 2, sizeof *argv);
	if (!argv)
		return -ENOMEM;
	a->argv = argv;
	for (; n < t->count; n++) {
		argv[n] = to;
		to = replace(to, t->words[n], input, len, t->marks);
	}
	if (t->append) {
		argv[n++] = to;
		memcpy(to, input, len + 1);
	}
	argv[n] = NULL;
	return 0;
}

void arguments_finish(struct arguments *a)
{
	free(a->argv);
	free(a->bytes);
	*a = (struct arguments){ 0 };
}
