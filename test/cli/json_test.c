/* The JSON that commands write: what stands where, and that any bytes make valid text. */
#include "show/json.h"
#include "show/utf8.h"
#include "test.h"

#include <math.h>

static struct json json;
static char *text;
static size_t size;

static void start(void)
{
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	json_init(&json, out);
}

static void is(const char *expected)
{
	fclose(json.out);
	if (strcmp(text, expected))
		fprintf(stderr, "# %s\n# %s\n", text, expected);
	CHECK(!strcmp(text, expected));
	free(text);
}

static void members_are_separated(void)
{
	start();
	json_object(&json, NULL);
	json_int(&json, "a", -1);
	json_array(&json, "b");
	json_double(&json, NULL, 0.5);
	json_bool(&json, NULL, true);
	json_object(&json, NULL);
	json_end(&json);
	json_null(&json, NULL);
	json_end(&json);
	json_string(&json, "c", "x");
	json_end(&json);
	is("{\"a\":-1,\"b\":[0.5,true,{},null],\"c\":\"x\"}\n");
}

static void values_at_the_top_are_lines(void)
{
	start();
	json_array(&json, NULL);
	json_end(&json);
	json_int(&json, NULL, 2);
	json_string(&json, NULL, NULL);
	is("[]\n2\nnull\n");
}

static void what_is_no_number_is_null(void)
{
	start();
	json_array(&json, NULL);
	json_double(&json, NULL, NAN);
	json_double(&json, NULL, INFINITY);
	json_double(&json, NULL, 1e300);
	json_end(&json);
	is("[null,null,1e+300]\n");
}

static void text_is_escaped(void)
{
	static const char odd[] = "q\"b\\n\nz\0d\177\303\244\342\202\254\377\300\200\355\240\200";

	start();
	json_bytes(&json, NULL, odd, sizeof odd - 1);
	is("\"q\\\"b\\\\n\\u000az\\u0000d\\u007f\303\244\342\202\254\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"\n");
}

/* Whatever comes in, what goes out is UTF-8 without a control character but the last newline. */
static void any_bytes_make_valid_text(void)
{
	for (int n = 0; n < 20000; n++) {
		char bytes[24];
		size_t len = test_random() % sizeof bytes;
		uint32_t c;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (char)test_random();
		start();
		json_bytes(&json, NULL, bytes, len);
		fclose(json.out);
		CHECK(size > 0 && text[size - 1] == '\n');
		for (size_t i = 0, step; i < size - 1; i += step) {
			step = utf8_decode(text + i, size - 1 - i, &c);
			CHECK(step > 0 && c >= ' ' && c != 127);
		}
		free(text);
	}
}

int main(void)
{
	test_start();
	TEST(members_are_separated);
	TEST(values_at_the_top_are_lines);
	TEST(what_is_no_number_is_null);
	TEST(text_is_escaped);
	TEST(any_bytes_make_valid_text);
	return test_done();
}
