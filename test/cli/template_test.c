/* From a command with {} and an input to the arguments of a job. */
#include <errno.h>
#include <stdbool.h>

#include "run/template.h"
#include "test.h"

static struct arguments args;

/* The arguments, each in brackets. */
static const char *filled(const struct template *t, const char *input)
{
	static char text[4096];
	char *to = text;
	CHECK_EQ(template_fill(t, input, &args), 0);
	*to = '\0';
	for (char **w = args.argv; *w; w++)
		to += sprintf(to, "[%s]", *w);
	return text;
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
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct template t;
		char *words[5];
		size_t n = 0;
		for (; cases[i].words[n]; n++)
			words[n] = strdup(cases[i].words[n]);
		CHECK_EQ(template_init(&t, words, n), 0);
		CHECK_EQ(t.named, cases[i].named);
		CHECK(!strcmp(filled(&t, cases[i].input), cases[i].wanted));
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
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct template t;
		CHECK_EQ(template_init_shell(&t, cases[i][0]), 0);
		CHECK(t.named);
		CHECK(!strcmp(filled(&t, ";x"), cases[i][1]));
		template_finish(&t);
	}
	struct template t;
	CHECK_EQ(template_init_shell(&t, "echo '{}'"), -EINVAL);
	CHECK_EQ(template_init_shell(&t, "echo \"'\" '\\{}"), -EINVAL);
}

/* The same arguments are used for one input after the other, of any length. */
static void arguments_grow_and_are_used_again(void)
{
	struct template t;
	char cat[] = "cat", mark[] = "<{}|{}>", *words[] = { cat, mark };
	CHECK_EQ(template_init(&t, words, 2), 0);
	static char input[5000], wanted[12000];
	for (int n = 0; n < 1000; n++) {
		size_t len = test_random() % sizeof input;
		memset(input, 'a' + n % 26, len);
		input[len] = '\0';
		sprintf(wanted, "<%s|%s>", input, input);
		CHECK_EQ(template_fill(&t, input, &args), 0);
		CHECK(!strcmp(args.argv[1], wanted) && !args.argv[2]);
	}
	template_finish(&t);
	arguments_finish(&args);
}

int main(void)
{
	test_start();
	TEST(marks_are_replaced);
	TEST(scripts_take_the_input_as_data);
	TEST(arguments_grow_and_are_used_again);
	return test_done();
}
