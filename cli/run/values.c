/* The values that options take, from text. */
#include "run/values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool value_number(const char *text, unsigned least, unsigned most, unsigned *out)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < least || n > most)
		return false;
	*out = (unsigned)n;
	return true;
}

/* The character behind a backslash; moves *p to its last byte. Negative: there is no such escape. */
static int escape(const char **p)
{
	static const char letters[] = "a\ab\be\033f\fn\nr\rt\tv\v\\\\'\'\"\"";
	char digits[4] = { 0 };
	if (**p == 'x' || (**p >= '0' && **p <= '7')) {
		int base = **p == 'x' ? 16 : 8, most = base == 16 ? 2 : 3, n = 0;
		const char *from = base == 16 ? *p + 1 : *p;
		while (n < most && strchr(base == 16 ? "0123456789abcdefABCDEF" : "01234567", from[n]) && from[n]) {
			digits[n] = from[n];
			n++;
		}
		*p = from + n - 1;
		long c = n ? strtol(digits, NULL, base) : -1;
		return c < 256 ? (int)c : -1;
	}
	for (size_t i = 0; i < sizeof letters - 1; i += 2)
		if (letters[i] == **p)
			return (unsigned char)letters[i + 1];
	return -1;
}

bool value_escaped(const char *text, char *out, size_t size, size_t *len)
{
	char bytes[64];
	size_t n = 0;
	for (const char *p = text; *p; p++) {
		int c = (unsigned char)*p;
		if (c == '\\') {
			p++;
			c = escape(&p);
		}
		if (c < 0 || n == size - 1 || n == sizeof bytes)
			return false;
		bytes[n++] = (char)c;
	}
	if (!n)
		return false;
	memcpy(out, bytes, n);
	*len = n;
	return true;
}

/* A plain decimal, as 90, 2.5 or .5: what else strtod takes (0x10, 1e3) is rather a slip. Moves *p behind it; negative:
 * there is none. */
static double decimal(const char **p)
{
	static const char digits[] = "0123456789";
	char text[32] = { 0 };
	size_t whole = strspn(*p, digits), point = (*p)[whole] == '.',
	       part = point ? strspn(*p + whole + 1, digits) : 0;
	size_t len = whole + point + part;
	if (!(whole + part) || len >= sizeof text)
		return -1;
	memcpy(text, *p, len);
	*p += len;
	return strtod(text, NULL);
}

bool value_bytes(const char *text, size_t *bytes)
{
	static const char units[] = "kmgKMG";
	const char *end = text;
	double n = decimal(&end);
	const char *unit = *end ? strchr(units, *end) : NULL;
	if (*end && (!unit || end[1]))
		return false;
	for (int i = unit ? (int)(unit - units) % 3 : -1; i >= 0; i--)
		n *= unit - units < 3 ? 1000 : 1024;
	if (!(n >= 1) || n > 1e15)
		return false;
	*bytes = (size_t)n;
	return true;
}

bool value_seconds(const char *text, double *seconds)
{
	double sum = 0;
	const char *p = text;
	while (*p) {
		static const char units[] = "smhd";
		static const double lengths[] = { 1, 60, 3600, 86400 };
		double n = decimal(&p);
		const char *unit = *p ? strchr(units, *p) : units;
		if (!unit || n < 0 || n >= 1e9)
			return false;
		sum += n * lengths[unit - units];
		p += *p != '\0';
	}
	if (p == text)
		return false;
	*seconds = sum;
	return true;
}

/* N or N%, at least 1, and of percents at most 100. */
static bool halt_count(const char *text, struct halt *h)
{
	char digits[16] = { 0 };
	size_t len = strlen(text);
	h->percent = len && text[len - 1] == '%';
	return len < sizeof digits &&
	       value_number(memcpy(digits, text, len - h->percent), 1, h->percent ? 100 : 1000000000, &h->count);
}

bool value_halt(const char *text, struct halt *out)
{
	static const char *const whens[] = { "soon,", "now," }, *const whys[] = { "fail=", "success=", "done=" };
	struct halt h = { .when = HALT_NEVER, .count = 1 };
	if (!strcmp(text, "never") || !strcmp(text, "0")) {
		*out = h;
		return true;
	}
	if (!strcmp(text, "1") || !strcmp(text, "2")) {
		h.when = *text == '1' ? HALT_SOON : HALT_NOW;
		*out = h;
		return true;
	}
	for (unsigned i = 0; i < 2; i++) {
		if (strncmp(text, whens[i], strlen(whens[i])))
			continue;
		h.when = i ? HALT_NOW : HALT_SOON;
		text += strlen(whens[i]);
		for (unsigned k = 0; k < 3; k++) {
			if (strncmp(text, whys[k], strlen(whys[k])))
				continue;
			h.why = (enum halt_why)k;
			*out = h;
			return halt_count(text + strlen(whys[k]), out);
		}
		return false;
	}
	h.when = HALT_SOON; /* the old way to say soon,fail=N% */
	*out = h;
	return strchr(text, '%') && halt_count(text, out);
}
