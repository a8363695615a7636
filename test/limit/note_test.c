/* What the limit says of itself: every reason, word for word. */
#include "limit/note.h"
#include "test.h"

static void says(struct limit_note note, const char *wanted)
{
	char text[300], little[12];
	int len;

	note.from = 2;
	note.to = 4;
	len = limit_note_text(&note, text, sizeof text);
	CHECK_EQ(len, strlen(text));
	CHECK_EQ(strncmp(text, "2 -> 4 at once: ", 16), 0);
	if (strcmp(text + 16, wanted) != 0)
		test_fail(__FILE__, __LINE__, text);
	CHECK_EQ(limit_note_text(&note, little, sizeof little), len); /* as snprintf: cut, and its whole length */
	CHECK_EQ(strlen(little), sizeof little - 1);
}

static void every_reason_has_its_line(void)
{
	const struct limit_note waited = { .low_level = 2, .low_wait = 0.2, .high_level = 8, .high_wait = 12 };
	struct limit_note n = waited;

	says((struct limit_note){ .reason = LIMIT_NONE }, "");
	says((struct limit_note){ .reason = LIMIT_CORES, .demand = 1.5, .cores = 2 }, "they want 1.5 of 2 cores");
	says((struct limit_note){ .reason = LIMIT_GROWTH, .demand = 0.5, .cores = 2 }, "they want 0.5 of 2 cores");
	says((struct limit_note){ .reason = LIMIT_GROWTH, .low_level = 2 }, "do more bring more?");
	says((struct limit_note){ .reason = LIMIT_BLIND }, "none has come back yet: slowly");
	says((struct limit_note){ .reason = LIMIT_FROZEN }, "those under way wait longer than those before: how long?");
	n.reason = LIMIT_GROWTH;
	says(n, "more bring more: 2 at once wait 200 ms each, 8 wait 12 s");
	n.reason = LIMIT_PROBE;
	says(n, "fewer bring less: 2 at once wait 200 ms each, 8 wait 12 s");
	n.reason = LIMIT_KNEE;
	n.low_wait = 0.0051;
	n.high_wait = 2.5;
	says(n, "more bring no more: 2 at once wait 5.1 ms each, 8 wait 2.5 s");
	says((struct limit_note){ .reason = LIMIT_PROBE, .low_level = 2, .high_level = 2.1 },
	     "do fewer bring as much?");
	says((struct limit_note){ .reason = LIMIT_FAILURES, .failed = 3, .runs = 9, .ceiling = 8 },
	     "3 of 9 fail where 8 or more run, fewer below");
	says((struct limit_note){ .reason = LIMIT_FAILURES, .ceiling = 8 }, "fewer than 8 have not failed");
	says((struct limit_note){ .reason = LIMIT_MEMORY }, "so many fit in memory");
	says((struct limit_note){ .reason = LIMIT_PRESSURE }, "the machine waits for memory");
	says((struct limit_note){ .reason = LIMIT_MAX }, "no more are allowed");
	says((struct limit_note){ .reason = LIMIT_MIN }, "no fewer are allowed");
	says((struct limit_note){ .reason = LIMIT_FIXED }, "as told");
	says((struct limit_note){ .reason = LIMIT_TOLD }, "as told");
}

static void every_reason_has_its_name(void)
{
	for (int i = LIMIT_NONE; i <= LIMIT_TOLD; i++)
		for (int j = LIMIT_NONE; j < i; j++)
			CHECK(strcmp(limit_reason_name((enum limit_reason)i), limit_reason_name((enum limit_reason)j)));
	CHECK_EQ(strcmp(limit_reason_name((enum limit_reason)1000), "none"), 0);
}

int main(void)
{
	test_start();
	TEST(every_reason_has_its_line);
	TEST(every_reason_has_its_name);
	return test_done();
}
