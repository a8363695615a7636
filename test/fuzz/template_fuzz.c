/* Command templates: a line of flags, the words of the command, an empty line, the columns. */
#include "fuzz.h"
#include "run/template/template.h"

enum { LINES = 32 };

static void fill(const struct template *t, char **columns, size_t count)
{
	struct arguments a = { 0 };
	const struct row row = { columns, count, 3 };

	if (template_fill(t, &row, 2, &a) == 0) {
		size_t n = 0;

		while (a.argv[n])
			n++;
		FUZZ_CHECK(n == a.count);
	}
	arguments_finish(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *lines[LINES + 1] = { NULL };
	size_t n = fuzz_lines(data, size, &text, lines, LINES), words = 1;
	bool add = n && strchr(lines[0], 'a'), several = n && strchr(lines[0], 's');
	struct marking how = { .instead = n && strchr(lines[0], 'i') ? "@" : NULL };
	struct template t;

	while (words < n && *lines[words])
		words++;
	if (words > 1) {
		char *kept = lines[words];
		size_t columns = words < n ? n - words - 1 : 0;

		lines[words] = NULL;
		if (template_init(&t, lines + 1, words - 1, &how, add) == 0) {
			fill(&t, lines + words + 1, columns);
			template_finish(&t);
		}
		if (template_init_shell(&t, lines[1], &how, several, add) == 0) {
			fill(&t, lines + words + 1, columns);
			template_finish(&t);
		}
		lines[words] = kept;
	}
	free(text);
	return 0;
}
