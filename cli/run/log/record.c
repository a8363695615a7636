/* A record of the job log. */
#include "run/log/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/log/sha256.h"

const char record_header[] = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\t"
			     "Key\tLength\tCheck\n";

enum { CHECK_DIGITS = 16, NUMBERS = 200, COLUMNS = 12 };

static void check_of(const char *bytes, size_t len, char digits[CHECK_DIGITS + 1])
{
	struct sha256 s;
	uint8_t digest[32];
	sha256_init(&s);
	sha256_add(&s, bytes, len);
	sha256_end(&s, digest);
	for (int i = 0; i < CHECK_DIGITS / 2; i++)
		sprintf(digits + 2 * i, "%02x", digest[i]);
}

size_t record_format(const struct record *r, const char *command, char **line)
{
	char key[KEY_DIGITS + 1];
	size_t size = strlen(command) + NUMBERS + KEY_DIGITS + CHECK_DIGITS;
	char *text = malloc(size);
	if (!text)
		return 0;
	key_print(&r->key, key);
	int len = snprintf(text, size, "%zu\t:\t%.3f\t%10.3f\t0\t%jd\t%d\t%d\t%s\t%s%s", r->number, r->start,
			   r->runtime, (intmax_t)r->received, r->exit, r->signal, command, key, r->again ? "+" : "");
	len += snprintf(text + len, size - (size_t)len, "\t%d\t", len);
	check_of(text, (size_t)len, text + len);
	strcpy(text + len + CHECK_DIGITS, "\n");
	*line = text;
	return (size_t)len + CHECK_DIGITS + 1;
}

static const char *last_tab(const char *from, const char *end)
{
	return end > from ? memrchr(from, '\t', (size_t)(end - from)) : NULL;
}

/* The number between two places; -1: it is none. */
static long number_between(const char *from, const char *end)
{
	char digits[20], *stop;
	size_t len = (size_t)(end - from);
	if (!len || len >= sizeof digits)
		return -1;
	memcpy(digits, from, len);
	digits[len] = '\0';
	long n = strtol(digits, &stop, 10);
	return *digits == '-' || *stop || *digits == ' ' ? -1 : n;
}

/* The columns of a record whose check holds. */
static bool parse(const char *from, const char *end, struct record *r)
{
	const char *at[COLUMNS], *p = from;
	for (int i = 0; i < COLUMNS; i++) {
		at[i] = p;
		const char *tab = memchr(p, '\t', (size_t)(end - p));
		if (!tab && i < COLUMNS - 1)
			return false;
		p = tab ? tab + 1 : end;
	}
	r->exit = *at[6] == '-' ? -1 : (int)number_between(at[6], at[7] - 1); /* -1: timed out */
	if (*at[6] != '-' && r->exit < 0)
		return false;
	r->signal = (int)number_between(at[7], at[8] - 1);
	const char *key_end = at[10] - 1;
	r->again = key_end > at[9] && key_end[-1] == '+';
	return r->exit >= -1 && r->signal >= 0 && key_read(&r->key, at[9], (size_t)(key_end - at[9]) - r->again);
}

/* The whole record that ends at `end`, and where it begins; NULL: there is none. */
static const char *record_before(const char *from, const char *end, struct record *r)
{
	char check[CHECK_DIGITS + 1];
	const char *check_tab = last_tab(from, end);
	const char *length_tab = check_tab ? last_tab(from, check_tab) : NULL;
	if (!length_tab || end - check_tab != CHECK_DIGITS + 1)
		return NULL;
	long length = number_between(length_tab + 1, check_tab);
	if (length < 0 || length > length_tab - from)
		return NULL;
	const char *begin = length_tab - length;
	check_of(begin, (size_t)(check_tab + 1 - begin), check);
	return !memcmp(check, check_tab + 1, CHECK_DIGITS) && parse(begin, end, r) ? begin : NULL;
}

/* What a line holds, from its end to its beginning: where a newline was damaged several records stand in it. */
static bool scan_line(const char *from, const char *end, void (*found)(void *, const struct record *), void *arg)
{
	bool clean = true;
	while (end > from) {
		struct record r = { 0 };
		const char *begin = record_before(from, end, &r);
		if (!begin && clean) { /* the last newline of all, damaged */
			clean = false;
			begin = record_before(from, end - 1, &r);
		}
		if (!begin)
			return false;
		found(arg, &r);
		clean &= begin == from;
		end = begin > from ? begin - 1 : from; /* what the newline has become */
	}
	return clean;
}

size_t records_scan(const char *text, size_t len, void (*found)(void *arg, const struct record *r), void *arg)
{
	const char *end = text + len;
	size_t damaged = 0, header = sizeof record_header - 1;
	if (len >= header && !memcmp(text, record_header, header))
		text += header;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline ? newline : end;
		damaged += !scan_line(text, stop, found, arg);
		text = newline ? newline + 1 : end;
	}
	return damaged;
}
