/* hob_read_line over every backend: lines of all lengths however they come, and nothing lost on an error. */
#include "wait/each.h"

static void expect(struct hob_reader *r, const char *text)
{
	char *line;
	ssize_t n = hob_read_line(r, &line, HOB_NEVER);

	CHECK_EQ(n, strlen(text));
	CHECK_EQ(memcmp(line, text, (size_t)n), 0);
}

static int lines(void *arg)
{
	static const char text[] = "one\n\nthree\r\n12345678\nlast";
	struct hob_reader r;
	char buf[9], *line;
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	hob_reader_init(&r, p[0], buf, sizeof buf);
	CHECK_EQ(write(p[1], text, strlen(text)), strlen(text));
	close(p[1]);
	expect(&r, "one\n");
	expect(&r, "\n");
	expect(&r, "three\r\n");
	expect(&r, "12345678\n"); /* as long as the buffer */
	expect(&r, "last");
	expect(&r, "");
	expect(&r, "");
	close(p[0]);
	CHECK_EQ(hob_read_line(&r, &line, HOB_NEVER), -EBADF);
	return 0;
}

static int too_long(void *arg)
{
	char buf[4], rest[8], *line;
	struct hob_reader r;
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	hob_reader_init(&r, p[0], buf, sizeof buf);
	CHECK_EQ(write(p[1], "abcdef\nx\nbody", 13), 13);
	CHECK_EQ(hob_read_line(&r, &line, HOB_NEVER), -E2BIG);
	CHECK_EQ(hob_read_line(&r, &line, HOB_NEVER), -E2BIG);
	CHECK_EQ(hob_reader_read(&r, rest, 2, HOB_NEVER), 2);
	CHECK_EQ(memcmp(rest, "ab", 2), 0);
	CHECK_EQ(hob_read_line(&r, &line, HOB_NEVER), -E2BIG);
	CHECK_EQ(hob_reader_read(&r, rest, 8, HOB_NEVER), 4);
	CHECK_EQ(memcmp(rest, "cdef", 4), 0);
	expect(&r, "\n");
	expect(&r, "x\n");
	CHECK_EQ(hob_reader_read(&r, rest, 8, HOB_NEVER), 1); /* what the buffer had behind the line */
	CHECK_EQ(hob_reader_read(&r, rest + 1, 8, HOB_NEVER), 3);
	CHECK_EQ(memcmp(rest, "body", 4), 0);
	CHECK_EQ(hob_reader_read(&r, rest, 8, 0), -ETIMEDOUT);
	pipe_close(p);
	return 0;
}

static int given_up(void *arg)
{
	char buf[16], *line;
	struct hob_reader r;
	int p[2];

	(void)arg;
	pipe_new(p, O_NONBLOCK);
	hob_reader_init(&r, p[0], buf, sizeof buf);
	CHECK_EQ(hob_read_line(&r, &line, 0), -ETIMEDOUT);
	CHECK_EQ(write(p[1], "ab", 2), 2);
	CHECK_EQ(hob_read_line(&r, &line, hob_after(50 * HOB_US)), -ETIMEDOUT);
	CHECK_EQ(write(p[1], "cd\ne", 4), 4);
	expect(&r, "abcd\n");
	CHECK_EQ(hob_read_line(&r, &line, 0), -ETIMEDOUT);
	CHECK_EQ(write(p[1], "\n", 1), 1);
	expect(&r, "e\n");
	pipe_close(p);
	return 0;
}

/* Random lines in random pieces, read through a buffer that just holds the longest. */

enum { LINES = SLOW_BUILD ? 500 : 3000, LONGEST = 40 };

static unsigned length_of(unsigned i)
{
	return (i * 2654435761u >> 7) % LONGEST;
}

static int write_pieces(void *arg)
{
	static char all[LINES * (LONGEST + 1)];
	struct dice dice = dice_of(5);
	size_t len = 0, at = 0;

	for (unsigned i = 0; i < LINES; i++) {
		memset(all + len, 'a' + (int)(i % 26), length_of(i));
		len += length_of(i);
		all[len++] = '\n';
	}
	while (at < len) {
		size_t n = roll(&dice, 60) + 1;

		n = n < len - at ? n : len - at;
		CHECK_EQ(hob_write_all(*(int *)arg, all + at, n, NULL, HOB_NEVER), 0);
		at += n;
		if (roll(&dice, 3) == 0)
			hob_yield();
	}
	close(*(int *)arg);
	return 0;
}

static int pieces(void *arg)
{
	struct hob_scope *s = scope_new();
	char buf[LONGEST], *line;
	struct hob_reader r;
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	spawn(s, write_pieces, &p[1]);
	hob_reader_init(&r, p[0], buf, sizeof buf);
	for (unsigned i = 0; i < LINES; i++) {
		CHECK_EQ(hob_read_line(&r, &line, HOB_NEVER), length_of(i) + 1);
		for (unsigned n = 0; n < length_of(i); n++)
			CHECK_EQ(line[n], 'a' + (int)(i % 26));
		CHECK_EQ(line[length_of(i)], '\n');
	}
	expect(&r, "");
	scope_join(s);
	close(p[0]);
	return 0;
}

int main(void)
{
	test_start();
	EACH(lines);
	EACH(too_long);
	EACH(given_up);
	EACH(pieces);
	return test_done();
}
