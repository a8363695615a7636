/* A job log that somebody has cut, joined or made up, as --resume reads it: what is taken for a job that is done is a
 * whole record, which stands there byte for byte; and a record of ours behind anything is found. */
#include "fuzz.h"
#include "run/log/finished.h"
#include "run/log/record.h"

struct seen {
	struct finished finished;
	size_t records;
	struct key last;
};

static void found(void *arg, const struct record *r)
{
	struct seen *s = arg;

	finished_add(&s->finished, r);
	s->last = r->key;
	s->records++;
}

static size_t scan(const char *text, size_t len, struct seen *s)
{
	*s = (struct seen){ 0 };
	return records_scan(text, len, found, s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct record ours = { .key.bytes = "somebody else's", .number = 7, .exit = 0 };
	struct seen s;
	char *line = NULL, *text;
	size_t len = record_format(&ours, "echo 7", &line), records;

	text = malloc(size + 1 + len);
	if (!text || !len) {
		free(line);
		free(text);
		return 0;
	}
	memcpy(text, data, size);
	scan(text, size, &s);
	records = s.records;
	FUZZ_CHECK(records <= size / 60); /* the shortest record is longer than that */
	finished_free(&s.finished);
	text[size] = '\n';
	memcpy(text + size + 1, line, len);
	scan(text, size + 1 + len, &s);
	FUZZ_CHECK(s.records == records + 1);
	FUZZ_CHECK(s.finished.lacks_memory || finished_take(&s.finished, &ours.key) == SUCCEEDED);
	finished_free(&s.finished);
	free(line);
	free(text);
	return 0;
}
