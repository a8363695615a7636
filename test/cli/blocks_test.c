/* --pipe: a stream cut at random into reads gives the same blocks, and they are those that the whole would give. */
#include <fcntl.h>
#include <hob.h>
#include <unistd.h>

#include "run/input/blocks.h"
#include "test.h"

enum { LENGTH = 3000 };

static char text[LENGTH];
static size_t written;
static int to;

/* Is there a boundary behind the first `at` bytes? */
static bool ends_at(const struct records *r, size_t at)
{
	bool ended = at >= r->end_len && !memcmp(text + at - r->end_len, r->end, r->end_len);
	bool starts = at + r->start_len <= LENGTH && !memcmp(text + at, r->start, r->start_len);
	return ended && starts;
}

/* The block that begins at `from`, by trying every place. */
static size_t expected(const struct records *r, size_t from)
{
	size_t best = 0, records = 0;
	if (!r->together && LENGTH - from <= r->block)
		return LENGTH - from;
	for (size_t at = from + 1; at <= LENGTH; at++) {
		if (at - from < r->end_len || !ends_at(r, at))
			continue;
		records++;
		if (r->together) {
			if (records == r->together)
				return at - from;
			continue;
		}
		if (at - from > r->block)
			return best ? best : at - from;
		best = at - from;
	}
	return r->together || !best ? LENGTH - from : best;
}

static int feed(void *arg)
{
	(void)arg;
	while (written < LENGTH) {
		size_t len = 1 + test_random() % 200;
		len = len < LENGTH - written ? len : LENGTH - written;
		CHECK_EQ(write(to, text + written, len), (ssize_t)len);
		written += len;
		hob_yield();
	}
	close(to);
	return 0;
}

static void one_stream(const struct records *r)
{
	struct blocks b;
	struct hob_scope *s;
	const char *bytes;
	size_t len, at = 0;
	int fds[2], got;
	for (size_t i = 0; i < LENGTH; i++)
		text[i] = "aab\n"[test_random() % 4];
	CHECK_EQ(pipe(fds), 0);
	to = fds[1];
	written = 0;
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, feed, NULL), 0);
	blocks_init(&b, fds[0], r);
	while ((got = blocks_next(&b, &bytes, &len)) > 0) {
		CHECK_EQ(len, expected(r, at));
		CHECK(!memcmp(bytes, text + at, len));
		at += len;
	}
	CHECK_EQ(got, 0);
	CHECK_EQ(at, LENGTH);
	blocks_finish(&b);
	hob_scope_destroy(s);
}

static int all(void *arg)
{
	static const struct records kinds[] = {
		{ .start = "", .end = "\n", .end_len = 1, .block = 20 },
		{ .start = "", .end = "\n", .end_len = 1, .block = 1 },
		{ .start = "", .end = "ab", .end_len = 2, .block = 100 },
		{ .start = "b", .start_len = 1, .end = "", .block = 10 },
		{ .start = "b\n", .start_len = 2, .end = "", .block = 64 },
		{ .start = "b", .start_len = 1, .end = "\n", .end_len = 1, .block = 30 },
		{ .start = "", .end = "\n", .end_len = 1, .block = 1, .together = 3 },
		{ .start = "b", .start_len = 1, .end = "", .block = 1, .together = 1 },
		{ .start = "", .end = "never", .end_len = 5, .block = 100 },
	};
	(void)arg;
	for (int round = 0; round < 50; round++)
		for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
			one_stream(&kinds[i]);
	return 0;
}

static void blocks_are_those_of_the_whole(void)
{
	const struct hob_options one = { .workers = 1 };
	CHECK_EQ(hob_run(&one, all, NULL), 0);
}

int main(void)
{
	test_start();
	TEST(blocks_are_those_of_the_whole);
	return test_done();
}
