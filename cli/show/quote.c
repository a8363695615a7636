/* Words as a person may see them: quoted for the shell, with nothing in them that a terminal would obey.
 *
 * Plain words stay as they are, others stand in '...', and those with bytes that are not printable in $'...' with
 * escapes (POSIX.1-2024; bash, zsh, ksh). */
#include "show/quote.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "show/utf8.h"

/* The length of the printable character at p: 1 for ASCII, more for well-formed UTF-8 that shows something; 0 for a
 * control character, a broken sequence and those characters that reorder or hide text. */
static size_t printable(const unsigned char *p)
{
	uint32_t c;
	size_t len = utf8_decode((const char *)p, strnlen((const char *)p, 4), &c);
	if (len < 2)
		return len && c >= 0x20 && c != 0x7f;
	bool control = c < 0xa0; /* C1: a terminal may take U+009B for ESC [ */
	bool reorders = (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
			c == 0x61c || c == 0xad || c == 0xfeff;
	return control || reorders ? 0 : len;
}

static bool plain(const char *word)
{
	static const char also[] = "%+,-./:=@_^";
	for (const char *p = word; *p; p++) {
		bool alnum = (*p >= '0' && *p <= '9') || ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z');
		if (!alnum && !strchr(also, *p))
			return false;
	}
	return *word;
}

struct text {
	char *to;
	size_t size, at;
};

static void put(struct text *t, const char *bytes, size_t len)
{
	if (len > t->size - 1 - t->at) { /* a piece is shown as a whole or not at all, and then nothing after it */
		t->size = t->at + 1;
		return;
	}
	memcpy(t->to + t->at, bytes, len);
	t->at += len;
}

static void put_escaped(struct text *t, unsigned char c)
{
	static const char letters[] = "\aa\bb\tt\nn\vv\ff\rr\033e\\\\''";
	char text[8];
	const char *known = NULL;
	for (size_t i = 0; i < sizeof letters - 1 && !known; i += 2)
		known = (unsigned char)letters[i] == c ? &letters[i + 1] : NULL;
	int len = known ? snprintf(text, sizeof text, "\\%c", *known) : snprintf(text, sizeof text, "\\%03o", c);
	put(t, text, (size_t)len);
}

size_t quote_word(char *to, size_t size, size_t at, const char *word)
{
	struct text t = { to, size, at };
	const unsigned char *p = (const unsigned char *)word;
	bool odd = false, apostrophe = strchr(word, '\'');
	for (const unsigned char *q = p; *q && !odd; q += printable(q))
		odd = !printable(q);

	if (plain(word)) {
		put(&t, word, strlen(word) < size - 1 - at ? strlen(word) : size - 1 - at);
	} else if (!odd && !apostrophe) {
		put(&t, "'", 1);
		for (size_t len; *p; p += len) {
			len = printable(p);
			put(&t, (const char *)p, len);
		}
		put(&t, "'", 1);
	} else {
		put(&t, "$'", 2);
		while (*p) {
			size_t len = *p == '\\' || *p == '\'' ? 0 : printable(p);
			if (len)
				put(&t, (const char *)p, len);
			else
				put_escaped(&t, *p);
			p += len ? len : 1;
		}
		put(&t, "'", 1);
	}
	to[t.at] = '\0';
	return t.at;
}

char *quote_shown(char *to, char *const *words)
{
	const size_t room = QUOTE_SHOWN - 4; /* for " ..." */
	size_t at = 0;
	for (char *const *w = words; *w; w++) {
		if (w != words && at < room - 1)
			to[at++] = ' ';
		size_t before = at;
		at = quote_word(to, room, at, *w);
		if (at >= room - 8 || (at == before && w != words)) {
			strcpy(to + at, "...");
			break;
		}
	}
	return to;
}

char *quote_all(char *const *words)
{
	size_t size = 1, at = 0;
	for (char *const *w = words; *w; w++)
		size += QUOTE_BOUND(strlen(*w)) + 1;
	char *text = malloc(size);
	for (char *const *w = words; text && *w; w++) {
		if (w != words)
			text[at++] = ' ';
		at = quote_word(text, size, at, *w);
	}
	return text;
}

void quote_join(char *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (!bytes[i])
			bytes[i] = ' ';
	for (size_t i = 0, step; len && i < len - 1; i += step) {
		step = printable((const unsigned char *)bytes + i);
		if (!step && bytes[i] != '\t')
			bytes[i] = '?';
		step = step ? step : 1;
	}
}

/* One character; answers the bytes it took. */
static size_t put_one(FILE *out, const char *text)
{
	uint32_t c;
	size_t bytes = utf8_decode(text, strnlen(text, 4), &c);
	if (printable((const unsigned char *)text))
		fwrite(text, 1, bytes, out);
	else
		fputc('?', out);
	return bytes ? bytes : 1;
}

void quote_put(FILE *out, const char *text)
{
	while (*text)
		text += put_one(out, text);
}

void quote_column(FILE *out, const char *text, unsigned width)
{
	for (; *text && width; width--)
		text += put_one(out, text);
	fprintf(out, "%*s", (int)width, "");
}
