/* From a command with replacement strings and a row of inputs to the arguments of a job. */
#include <errno.h>
#include <stdbool.h>

#include "run/template/template.h"
#include "test.h"

static struct arguments args;

static const struct marking plain = { 0 };

/* The arguments, each in brackets. */
static const char *filled_row(const struct template *t, char **columns, size_t count)
{
	static char text[4096];
	const struct row row = { columns, count, 7 };
	char *to = text;
	CHECK_EQ(template_fill(t, &row, 3, &args), 0);
	*to = '\0';
	for (char **w = args.argv; *w; w++)
		to += sprintf(to, "[%s]", *w);
	return text;
}

static const char *filled(const struct template *t, const char *input)
{
	static char copy[1000];
	strcpy(copy, input);
	return filled_row(t, (char *[]){ copy }, 1);
}

static void marks_are_replaced(void)
{
	static const struct {
		const char *words[5], *input, *wanted;
		bool named;
	} cases[] = {
		{ { "gzip", "-k" }, "a", "[gzip][-k][a]", true },
		{ { "cp", "{}", "{}.old" }, "a b", "[cp][a b][a b.old]", true },
		{ { "x", "{}{}", "{{}}", "{" }, "y", "[x][yy][{y}][{]", true },
		{ { "{}", "x" }, "y", "[y][x]", false },
		{ { "x", "{}" }, "", "[x][]", true },
		{ { "x", "{}" }, "{}", "[x][{}]", true }, /* replaced once */
		{ { "x" }, "", "[x][]", true },
		{ { "x", "{.}{/}" }, "a/b.c", "[x][a/bb.c]", true },
		{ { "x", "{//}", "{/.}" }, "a/b.c", "[x][a][b]", true },
		{ { "x", "{#}-{%}" }, "a", "[x][7-3]", true },
		{ { "x", "{a}", "{}}", "{-}" }, "y", "[x][{a}][y}][{-}]", true },
		{ { "x", "{2}", "{1}", "{-1}" }, "y", "[x][][y][y]", true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct template t;
		char *words[5];
		size_t n = 0;
		for (; cases[i].words[n]; n++)
			words[n] = strdup(cases[i].words[n]);
		CHECK_EQ(template_init(&t, words, n, &plain, true), 0);
		CHECK_EQ(t.named, cases[i].named);
		CHECK(!strcmp(filled(&t, cases[i].input), cases[i].wanted));
		template_finish(&t);
		while (n)
			free(words[--n]);
	}
}

static void columns_spread(void)
{
	static const struct {
		const char *words[4], *wanted, *in_context, *none;
	} cases[] = {
		{ { "x" }, "[x][a.b][c]", "[x][a.b][c]", "[x]" },
		{ { "x", "{}" }, "[x][a.b][c]", "[x][a.b][c]", "[x]" },
		{ { "x", "<{}>" }, "[x][<a.b][c>]", "[x][<a.b>][<c>]", "[x][<>]" },
		{ { "x", "{.}!" }, "[x][a][c!]", "[x][a!][c!]", "[x][!]" },
		{ { "x", "{2}{1.}{-1}{-3}" }, "[x][cac]", "[x][cac]", "[x][]" },
	};
	char one[] = "a.b", two[] = "c", *columns[] = { one, two };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct template t;
		char *words[4];
		size_t n = 0;
		for (; cases[i].words[n]; n++)
			words[n] = strdup(cases[i].words[n]);
		CHECK_EQ(template_init(&t, words, n, &plain, true), 0);
		CHECK(!strcmp(filled_row(&t, columns, 2), cases[i].wanted));
		CHECK(!strcmp(filled_row(&t, columns, 0), cases[i].none));
		t.context = true;
		CHECK(!strcmp(filled_row(&t, columns, 2), cases[i].in_context));
		template_finish(&t);
		while (n)
			free(words[--n]);
	}
}

static void scripts_take_the_input_as_data(void)
{
	static const char *const cases[][2] = {
		{ "gzip {}", "[sh][-c][gzip \"$1\"][sh][;x]" },
		{ "echo x", "[sh][-c][echo x][sh][;x]" },
		{ "a \"{}\" {}b", "[sh][-c][a \"${1}\" \"$1\"b][sh][;x]" },
		{ "a \\\"{}", "[sh][-c][a \\\"\"$1\"][sh][;x]" },
		{ "a \"\\\"{}\" {}", "[sh][-c][a \"\\\"${1}\" \"$1\"][sh][;x]" },
		{ "a 'b' {} '\\' {}", "[sh][-c][a 'b' \"$1\" '\\' \"$1\"][sh][;x]" },
		{ "a \"it's\" {}", "[sh][-c][a \"it's\" \"$1\"][sh][;x]" },
		{ "\\", "[sh][-c][\\][sh][;x]" },
		{ "a {.} {#}", "[sh][-c][_hob1=$1 _hob2=$2 ; shift 2; a \"${_hob1}\" \"${_hob2}\"][sh][;x][7][;x]" },
		{ "\"{/}{/}\" {}", "[sh][-c][_hob1=$1 ; shift 1; \"${_hob1}${_hob1}\" \"$1\"][sh][;x][;x]" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct template t;
		CHECK_EQ(template_init_shell(&t, cases[i][0], &plain, false, true), 0);
		CHECK(t.named);
		CHECK(!strcmp(filled(&t, ";x"), cases[i][1]));
		template_finish(&t);
	}
	struct template t;
	CHECK_EQ(template_init_shell(&t, "echo '{}'", &plain, false, true), -EINVAL);
	CHECK_EQ(template_init_shell(&t, "echo \"'\" '\\{}", &plain, false, true), -EINVAL);
}

/* The same arguments are used for one input after the other, of any length. */
static void arguments_grow_and_are_used_again(void)
{
	struct template t;
	char cat[] = "cat", mark[] = "<{}|{}>", *words[] = { cat, mark };
	CHECK_EQ(template_init(&t, words, 2, &plain, true), 0);
	static char input[5000], wanted[12000];
	for (int n = 0; n < 1000; n++) {
		size_t len = test_random() % sizeof input;
		memset(input, 'a' + n % 26, len);
		input[len] = '\0';
		sprintf(wanted, "<%s|%s>", input, input);
		CHECK_EQ(template_fill(&t, &(struct row){ (char *[]){ input }, 1, 1 }, 1, &args), 0);
		CHECK(!strcmp(args.argv[1], wanted) && !args.argv[2]);
	}
	template_finish(&t);
	arguments_finish(&args);
}

int main(void)
{
	test_start();
	TEST(marks_are_replaced);
	TEST(columns_spread);
	TEST(scripts_take_the_input_as_data);
	TEST(arguments_grow_and_are_used_again);
	return test_done();
}
