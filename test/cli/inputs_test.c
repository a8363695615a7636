/* Rows from sources: products, links, columns, CSV, so many together. */
#include <errno.h>
#include <fcntl.h>
#include <hob.h>
#include <unistd.h>

#include "run/input/inputs.h"
#include "test.h"

/* A pipe that holds the text. */
static int pipe_with(const char *text)
{
	int fds[2];
	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	close(fds[1]);
	return fds[0];
}

struct case_of {
	const char *texts[4]; /* of the sources; "+..." is linked to the one before, "<..." comes through a pipe */
	struct cut cut;
	const char *wanted; /* rows, each column in brackets */
	size_t total;
};

static const struct case_of cases[] = {
	{ { "a b c" }, { 0 }, "1[a] 2[b] 3[c] ", 3 },
	{ { "a b", "c d" }, { 0 }, "1[a][c] 2[a][d] 3[b][c] 4[b][d] ", 4 },
	{ { "<a b", "<c d" }, { 0 }, "1[a][c] 2[a][d] 3[b][c] 4[b][d] ", 0 },
	{ { "a b", "<c d", "e f" },
	  { 0 },
	  "1[a][c][e] 2[a][c][f] 3[a][d][e] 4[a][d][f] 5[b][c][e] 6[b][c][f] 7[b][d][e] 8[b][d][f] ",
	  0 },
	{ { "a b c", "+1 2" }, { 0 }, "1[a][1] 2[b][2] ", 2 },
	{ { "a b", "+1 2", "x y" }, { 0 }, "1[a][1][x] 2[a][1][y] 3[b][2][x] 4[b][2][y] ", 4 },
	{ { "x y", "a b", "+<1 2 3" }, { 0 }, "1[x][a][1] 2[x][b][2] 3[y][a][1] 4[y][b][2] ", 0 },
	{ { "a b", "" }, { 0 }, "", 0 },
	{ { "", "a b" }, { 0 }, "", 0 },
	{ { "a b c" }, { .together = 2 }, "1[a][b] 2[c] ", 2 },
	{ { "a b c" }, { .together = 1, .bare = true }, "1 2 3 ", 3 },
	{ { "a,b c,d" }, { .colsep = "," }, "1[a][b] 2[c][d] ", 2 },
	{ { "a12b34c d" }, { .colsep = "\\d+" }, "1[a][b][c] 2[d] ", 2 },
	{ { "a|b" }, { .colsep = "\\|" }, "1[a][b] ", 1 },
	{ { "a,b", "c,d" }, { .colsep = "," }, "1[a][b][c][d] ", 1 },
	{ { "a,\"b,\"\"c\" \"\",," }, { .csv = true }, "1[a][b,\"c] 2[][][] ", 2 },
	{ { "<\"a b\",c d" }, { .csv = true }, "1[a b][c] 2[d] ", 0 },
	{ { "aa bb cc dd" }, { .pack = 6 }, "1[aa][bb] 2[cc][dd] ", 0 },
	{ { "aaaaaaaaaa b c" }, { .pack = 4 }, "1[aaaaaaaaaa] 2[b][c] ", 0 },
	{ { "a b c d" }, { .pack = 100, .together = 3 }, "1[a][b][c] 2[d] ", 0 },
	{ { "a b" }, { .pack = 100 }, "1[a][b] ", 0 },
};

static size_t words_of(const char *text, char ***words)
{
	static char copies[4][200];
	static char *lists[4][20];
	static int next;
	char *copy = copies[next % 4], **list = lists[next++ % 4];
	size_t n = 0;
	strcpy(copy, text);
	for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
		list[n++] = w;
	*words = list;
	return n;
}

static struct source source_of(const char *text, const struct cut *cut)
{
	struct source s;
	char **words;
	bool linked = *text == '+';
	text += linked;
	if (*text == '<') {
		source_init_fd(&s, pipe_with(text + 1), "a pipe", " ", 1);
		s.csv = cut->csv;
	} else {
		size_t n = words_of(text, &words);
		source_init_words(&s, words, n);
	}
	s.linked = linked;
	return s;
}

static void check(const struct case_of *c)
{
	struct inputs in;
	const struct row *row;
	struct source *sources = calloc(4, sizeof *sources);
	size_t count = 0;
	char text[1000], *to = text;
	int got;
	for (; count < 4 && c->texts[count]; count++)
		sources[count] = source_of(c->texts[count], &c->cut);
	CHECK_EQ(inputs_init(&in, sources, count, &c->cut), 0);
	CHECK_EQ(inputs_total(&in), c->total);
	*to = '\0';
	while ((got = inputs_next(&in, &row)) > 0) {
		to += sprintf(to, "%zu", row->number);
		for (size_t i = 0; i < row->count; i++)
			to += sprintf(to, "[%s]", row->columns[i]);
		to += sprintf(to, " ");
	}
	CHECK_EQ(got, 0);
	if (strcmp(text, c->wanted))
		test_fail(__FILE__, __LINE__, text);
	inputs_finish(&in);
}

static int check_all(void *arg)
{
	(void)arg;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i]);
	return 0;
}

static void rows_come_as_they_should(void)
{
	CHECK_EQ(hob_run(NULL, check_all, NULL), 0);
}

/* A separator of several bytes may come in pieces: every size of a record, and so every cut of the buffer. */
static int pieces(void *arg)
{
	int fds[2];
	char record[3000], *got;
	struct source s;
	(void)arg;
	memset(record, '-', sizeof record);
	CHECK_EQ(pipe(fds), 0);
	CHECK(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20) > 0);
	for (int n = 0; n < 300; n++) {
		size_t len = test_random() % 2000;
		memcpy(record + len, "-->", 3);
		CHECK_EQ(write(fds[1], record, len + 3), (ssize_t)len + 3);
		memset(record + len, '-', 3);
	}
	close(fds[1]);
	source_init_fd(&s, fds[0], "a pipe", "-->", 3);
	size_t n = 0;
	while (source_next(&s, &got) > 0) {
		CHECK_EQ(strspn(got, "-"), strlen(got));
		n++;
	}
	CHECK_EQ(n, 300);
	source_finish(&s);
	return 0;
}

static void long_separators_may_come_in_pieces(void)
{
	CHECK_EQ(hob_run(NULL, pieces, NULL), 0);
}

static int name_columns(void *arg)
{
	struct inputs in;
	const struct row *row;
	struct source *sources = calloc(2, sizeof *sources);
	const struct cut cut = { .csv = true };
	(void)arg;
	sources[0] = source_of("<x,y 1,2 3,4", &cut);
	sources[1] = source_of("z 5 6", &cut);
	CHECK_EQ(inputs_init(&in, sources, 2, &cut), 0);
	CHECK_EQ(inputs_read_header(&in), 0);
	CHECK_EQ(inputs_column(&in, "x", 1), 1);
	CHECK_EQ(inputs_column(&in, "y", 1), 2);
	CHECK_EQ(inputs_column(&in, "z.", 1), 3);
	CHECK_EQ(inputs_column(&in, "z.", 2), 0);
	size_t n = 0;
	while (inputs_next(&in, &row) > 0) {
		CHECK_EQ(row->count, 3);
		CHECK_EQ(*row->columns[0], n < 2 ? '1' : '3');
		CHECK_EQ(*row->columns[2], n % 2 ? '6' : '5');
		n++;
	}
	CHECK_EQ(n, 4);
	inputs_finish(&in);
	return 0;
}

static void headers_name_columns(void)
{
	CHECK_EQ(hob_run(NULL, name_columns, NULL), 0);
}

int main(void)
{
	test_start();
	TEST(rows_come_as_they_should);
	TEST(long_separators_may_come_in_pieces);
	TEST(headers_name_columns);
	return test_done();
}
