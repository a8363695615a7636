/* Words made fit for a terminal: what is shown, and that nothing else is. */
#include <stdbool.h>

#include "show/quote.h"
#include "test.h"

static const char *quoted(const char *word)
{
	static char text[4096];
	size_t at = quote_word(text, sizeof text, 0, word);
	CHECK_EQ(at, strlen(text));
	CHECK(at <= QUOTE_BOUND(strlen(word)));
	return text;
}

static void words_are_quoted_as_little_as_possible(void)
{
	static const struct {
		const char *word, *shown;
	} cases[] = {
		{ "plain", "plain" },
		{ "-o./a_b%c+d,e=f:g@h^1", "-o./a_b%c+d,e=f:g@h^1" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "$x`y`;*?[]{}~#!&|<>()\"\\", "'$x`y`;*?[]{}~#!&|<>()\"\\'" },
		{ "it's", "$'it\\'s'" },
		{ "\\ '", "$'\\\\ \\''" },
		{ "a\nb\tc\rd\a\b\v\f\033\177\001", "$'a\\nb\\tc\\rd\\a\\b\\v\\f\\e\\177\\001'" },
		{ "\303\244\342\202\254\360\237\230\200", "'\303\244\342\202\254\360\237\230\200'" },
		{ "\377\303", "$'\\377\\303'" },
		{ "\303\244\377", "$'\303\244\\377'" },
		{ "\302\233"
		  "31m",
		  "$'\\302\\23331m'" },                               /* C1 control */
		{ "\342\200\256x", "$'\\342\\200\\256x'" },           /* right to left */
		{ "\300\200\340\200\200\355\240\200\364\220\200\200", /* overlong, surrogate, too large */
		  "$'\\300\\200\\340\\200\\200\\355\\240\\200\\364\\220\\200\\200'" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK(!strcmp(quoted(cases[i].word), cases[i].shown));
}

/* No byte that a terminal obeys, whatever the word. */
static void nothing_but_printable_bytes_comes_out(void)
{
	for (int n = 0; n < 100000; n++) {
		char word[32];
		size_t len = test_random() % sizeof word;
		for (size_t i = 0; i < len; i++)
			word[i] = (char)(test_random() % 255 + 1);
		word[len < sizeof word ? len : len - 1] = '\0';
		for (const unsigned char *p = (const unsigned char *)quoted(word); *p; p++) {
			CHECK(*p >= 0x20 && *p != 0x7f);
			CHECK(!(p[0] == 0xc2 && p[1] < 0xa0));
		}
	}
}

static void a_small_buffer_is_never_passed(void)
{
	static const char *const words[] = { "plain", "a b c d", "it's\n\n\n", "\303\244\303\244\303\244", "" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		for (size_t size = 1; size < 24; size++) {
			char text[32];
			memset(text, '#', sizeof text);
			size_t at = quote_word(text, size, 0, words[i]);
			CHECK(at < size);
			CHECK_EQ(text[at], '\0');
			CHECK_EQ(text[size], '#');
		}
	}
}

static void a_long_command_is_shown_cut(void)
{
	static char longest[100000];
	char text[QUOTE_SHOWN], command[] = "gzip", option[] = "a b";
	CHECK(!strcmp(quote_shown(text, (char *[]){ command, option, NULL }), "gzip 'a b'"));
	memset(longest, 'x', sizeof longest - 1);
	for (int odd = 0; odd < 3; odd++) {
		longest[5] = "x \n"[odd];
		quote_shown(text, (char *[]){ command, longest, option, NULL });
		CHECK(strlen(text) < QUOTE_SHOWN && strlen(text) > QUOTE_SHOWN - 20);
		CHECK(!strcmp(text + strlen(text) - 3, "..."));
	}
	char *many[300];
	for (int i = 0; i < 299; i++)
		many[i] = option;
	many[299] = NULL;
	CHECK(strstr(quote_shown(text, many), "..."));
}

static void texts_lose_what_a_terminal_obeys(void)
{
	static const struct {
		const char *text, *put, *column; /* of five */
	} cases[] = {
		{ "a b'c", "a b'c", "a b'c" },
		{ "", "", "     " },
		{ "\033[1m", "?[1m", "?[1m " },
		{ "\303\244\377x", "\303\244?x", "\303\244?x  " },
		{ "\342\200\256ab", "?ab", "?ab  " }, /* right to left: one character */
		{ "\302", "?", "?    " },
		{ "\303\244bcdefg", "\303\244bcdefg", "\303\244bcde" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int column = 0; column < 2; column++) {
			char *text;
			size_t len;
			FILE *out = open_memstream(&text, &len);
			CHECK(out);
			if (column)
				quote_column(out, cases[i].text, 5);
			else
				quote_put(out, cases[i].text);
			CHECK(!fclose(out));
			CHECK(!strcmp(text, column ? cases[i].column : cases[i].put));
			free(text);
		}
	}
}

int main(void)
{
	test_start();
	TEST(words_are_quoted_as_little_as_possible);
	TEST(nothing_but_printable_bytes_comes_out);
	TEST(a_small_buffer_is_never_passed);
	TEST(a_long_command_is_shown_cut);
	TEST(texts_lose_what_a_terminal_obeys);
	return test_done();
}
