/* Text from outside, as a terminal may be shown it. */
#include "why/clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "show/utf8.h"

static bool harmless(uint32_t c)
{
	bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
	bool reorders = (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
			c == 0x61c || c == 0xad || c == 0xfeff;
	return !control && !reorders;
}

/* One character; answers the bytes it took. */
static size_t put_one(FILE *out, const char *text, size_t len)
{
	uint32_t c;
	size_t bytes = utf8_decode(text, len, &c);
	if (bytes && harmless(c))
		fwrite(text, 1, bytes, out);
	else
		fputc('?', out);
	return bytes ? bytes : 1;
}

void clean_put(FILE *out, const char *text)
{
	for (size_t len = strlen(text); len;) {
		size_t took = put_one(out, text, len);
		text += took;
		len -= took;
	}
}

void clean_column(FILE *out, const char *text, unsigned width)
{
	size_t len = strlen(text);
	while (len && width) {
		size_t took = put_one(out, text, len);
		text += took;
		len -= took;
		width--;
	}
	fprintf(out, "%*s", (int)width, "");
}
