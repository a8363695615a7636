/* Lines of /proc: system calls and stats, and whatever stands in them instead. */
#include <errno.h>
#include <sys/syscall.h>

#include "look/call.h"
#include "look/label.h"
#include "look/stat.h"
#include "test.h"

static void calls_are_read(void)
{
	struct look_call c;
	char line[200];
	CHECK_EQ(look_call_parse("running\n", &c), 0);
	CHECK_EQ(c.kind, CALL_RUNNING);
	CHECK_EQ(look_call_parse("-1 0x7ffd 0x55aa\n", &c), 0);
	CHECK(c.kind == CALL_NONE && c.sp == 0x7ffd && c.ip == 0x55aa);
	snprintf(line, sizeof line, "%d 0x3 0x4 0x5 0x6 0x7 0x8 0x7ffe 0x4012\n", SYS_read);
	CHECK_EQ(look_call_parse(line, &c), 0);
	CHECK(c.kind == CALL_FD && c.args[0] == 3 && c.args[5] == 8 && c.ip == 0x4012);
	snprintf(line, sizeof line, "%d 0x3 0x4 0x5 0xffffffff 0x0 0x8 0x7ffe 0x4012\n", SYS_epoll_pwait);
	CHECK_EQ(look_call_parse(line, &c), 0);
	CHECK(c.kind == CALL_EPOLL && !look_call_timed(&c));
}

static void odd_calls_are_refused(void)
{
	static const char *const bad[] = {
		"", "\n", "x", "0", "0 0x1", "-1", "-1 0x1", "0 1 2 3 4 5 6 7 8", "0 0x1 \033[31m"
	};
	struct look_call c;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_EQ(look_call_parse(bad[i], &c), -EPROTO);
}

static void names_cannot_pass_for_fields(void)
{
	static const char line[] =
		"10 () R 1 (x)\n\033[31m) S 7 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 3 0 999 1000 5 1 2 3 4 5\n";
	struct look_stat s;
	CHECK_EQ(look_stat_parse(line, sizeof line - 1, &s), 0);
	CHECK(s.state == 'S' && s.parent == 7 && s.user == 5 && s.kernel == 6 && s.threads == 3 && s.start == 999);
}

static void any_bytes_are_survived(void)
{
	static const char alphabet[] = "0123456789 -()x\n\033running0x";
	for (int run = 0; run < 20000; run++) {
		char text[200];
		struct look_stat s;
		struct look_call c;
		size_t len = test_random() % (sizeof text - 1);
		for (size_t i = 0; i < len; i++)
			text[i] = test_random() % 8 ? alphabet[test_random() % (sizeof alphabet - 1)]
						    : (char)test_random();
		text[len] = '\0';
		look_stat_parse(text, len, &s);
		CHECK(memchr(s.name, 0, sizeof s.name));
		look_call_parse(text, &c);
	}
}

static void labels_are_kept_once_and_bounded(void)
{
	struct look_labels l;
	char text[32];
	CHECK_EQ(look_labels_init(&l), 0);
	CHECK_EQ(look_label(&l, LOOK_DISK, LOOK_REAL, ""), LOOK_DISK);
	unsigned first = look_label(&l, LOOK_NET, LOOK_REAL, "a:1");
	CHECK_EQ(look_label(&l, LOOK_NET, LOOK_REAL, "a:1"), first);
	CHECK(look_label(&l, LOOK_PIPE, LOOK_REAL, "a:1") != first);
	for (int i = 0; i < 3 * LOOK_LABELS_MAX; i++) {
		snprintf(text, sizeof text, "%d", i);
		unsigned label = look_label(&l, LOOK_NET, LOOK_REAL, text); /* which may move l.at */
		CHECK_EQ(l.at[label].state, LOOK_NET);
	}
	CHECK(l.count <= LOOK_LABELS_MAX);
	look_labels_finish(&l);
}

int main(void)
{
	test_start();
	TEST(calls_are_read);
	TEST(odd_calls_are_refused);
	TEST(names_cannot_pass_for_fields);
	TEST(any_bytes_are_survived);
	TEST(labels_are_kept_once_and_bounded);
	return test_done();
}
