/* A record cut into columns: a line that says how, then the record. */
#include "fuzz.h"
#include "run/input/columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *lines[3];
	size_t n = fuzz_lines(data, size, &text, lines, 3);
	struct columns c = { 0 };
	regex_t expression;
	int err = -1;

	if (n < 3) {
		free(text);
		return 0;
	}
	if (lines[0][0] == 'c') {
		err = columns_split_csv(&c, lines[2], lines[1][0] ? lines[1][0] : ',');
	} else if (lines[0][0] == 'r' && strlen(lines[1]) < 40) {
		if (columns_compile(&expression, lines[1]) == 0) {
			err = columns_split(&c, lines[2], '\0', &expression);
			regfree(&expression);
		}
	} else {
		err = columns_split(&c, lines[2], lines[1][0] ? lines[1][0] : '\t', NULL);
	}
	if (err == 0 && columns_finish(&c) == 0)
		for (size_t i = 0; i < c.count; i++)
			FUZZ_CHECK(c.at[i] >= c.bytes && c.at[i] + strlen(c.at[i]) < c.bytes + c.used);
	columns_free(&c);
	free(text);
	return 0;
}
