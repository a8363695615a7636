/* What names a job. */
#include "run/log/key.h"

#include <stdio.h>
#include <string.h>

/* A text with its length before it, so that no two lists of texts look the same. */
static void add(struct sha256 *s, const void *bytes, size_t len)
{
	uint64_t size = len;
	sha256_add(s, &size, sizeof size);
	sha256_add(s, bytes, len);
}

void key_begin(struct sha256 *s, const char *kind, char *const *words, size_t count, const char *directory)
{
	sha256_init(s);
	add(s, kind, strlen(kind));
	add(s, directory, strlen(directory));
	add(s, &count, sizeof count);
	for (size_t i = 0; i < count; i++)
		add(s, words[i], strlen(words[i]));
}

void key_of(const struct sha256 *begun, const struct row *row, const void *more, size_t len, struct key *out)
{
	struct sha256 s = *begun;
	uint8_t digest[32];
	for (size_t i = 0; i < row->count; i++)
		add(&s, row->columns[i], strlen(row->columns[i]));
	if (more)
		add(&s, more, len);
	sha256_end(&s, digest);
	memcpy(out->bytes, digest, KEY_BYTES);
}

void key_print(const struct key *k, char digits[KEY_DIGITS + 1])
{
	for (int i = 0; i < KEY_BYTES; i++)
		sprintf(digits + 2 * i, "%02x", k->bytes[i]);
}

bool key_read(struct key *k, const char *digits, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	if (len != KEY_DIGITS)
		return false;
	for (int i = 0; i < KEY_BYTES; i++) {
		const char *high = memchr(hex, digits[2 * i], 16), *low = memchr(hex, digits[2 * i + 1], 16);
		if (!high || !low)
			return false;
		k->bytes[i] = (uint8_t)((high - hex) << 4 | (low - hex));
	}
	return true;
}
