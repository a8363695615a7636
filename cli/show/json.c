#include "show/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "show/utf8.h"

static void quoted(FILE *out, const char *text, size_t len)
{
	putc('"', out);
	while (len) {
		uint32_t c;
		size_t n = utf8_decode(text, len, &c);

		if (n == 0)
			fputs("\\ufffd", out);
		else if (n > 1)
			fwrite(text, 1, n, out);
		else if (c == '"' || c == '\\')
			fprintf(out, "\\%c", (int)c);
		else if (c < ' ' || c == 127)
			fprintf(out, "\\u%04x", c);
		else
			putc((int)c, out);
		n += n == 0;
		text += n;
		len -= n;
	}
	putc('"', out);
}

/* What stands before a value. */
static void lead(struct json *j, const char *key)
{
	if (j->depth == 0)
		return;
	if (j->any[j->depth - 1])
		putc(',', j->out);
	j->any[j->depth - 1] = true;
	if (key) {
		quoted(j->out, key, strlen(key));
		putc(':', j->out);
	}
}

/* And after one. */
static void trail(struct json *j)
{
	if (j->depth == 0)
		putc('\n', j->out);
}

static void begin(struct json *j, const char *key, char open, char close)
{
	lead(j, key);
	assert(j->depth < JSON_DEPTH);
	putc(open, j->out);
	j->close[j->depth] = close;
	j->any[j->depth++] = false;
}

void json_init(struct json *j, FILE *out)
{
	*j = (struct json){ .out = out };
}

void json_object(struct json *j, const char *key)
{
	begin(j, key, '{', '}');
}

void json_array(struct json *j, const char *key)
{
	begin(j, key, '[', ']');
}

void json_end(struct json *j)
{
	assert(j->depth > 0);
	putc(j->close[--j->depth], j->out);
	trail(j);
}

void json_bytes(struct json *j, const char *key, const char *text, size_t len)
{
	lead(j, key);
	quoted(j->out, text, len);
	trail(j);
}

void json_string(struct json *j, const char *key, const char *text)
{
	if (text)
		json_bytes(j, key, text, strlen(text));
	else
		json_null(j, key);
}

void json_int(struct json *j, const char *key, int64_t value)
{
	lead(j, key);
	fprintf(j->out, "%" PRId64, value);
	trail(j);
}

void json_double(struct json *j, const char *key, double value)
{
	if (!isfinite(value)) {
		json_null(j, key);
		return;
	}
	lead(j, key);
	fprintf(j->out, "%.9g", value);
	trail(j);
}

void json_bool(struct json *j, const char *key, bool value)
{
	lead(j, key);
	fputs(value ? "true" : "false", j->out);
	trail(j);
}

void json_null(struct json *j, const char *key)
{
	lead(j, key);
	fputs("null", j->out);
	trail(j);
}
