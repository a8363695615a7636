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
