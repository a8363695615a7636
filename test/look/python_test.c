/* The CPython reader over memory that is made for it: every version, each read and allocation failing in turn, and
 * memory in which anything may stand. What is true of real interpreters is for python_live.py to say. */
#include "look/python.h"

#include <stdbool.h>

#include "look/python_lines.h"
#include "mock_python.h"

static const struct {
	unsigned minor;
	bool free_threaded, gil_is_on;
} kinds[] = { { 8, 0, 1 },  { 9, 0, 1 },  { 10, 0, 1 }, { 11, 0, 1 }, { 12, 0, 1 },
	      { 13, 0, 1 }, { 13, 1, 0 }, { 14, 0, 1 }, { 14, 1, 0 }, { 14, 1, 1 } };

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void start(unsigned i)
{
	mock_start(kinds[i].minor, kinds[i].free_threaded, kinds[i].gil_is_on);
}

static void list(void *arg, const char *name)
{
	strcat(arg, name);
	strcat(arg, " ");
}

static void check_gil(struct look_python *p, bool is_on)
{
	struct look_python_gil gil;
	uint64_t at = mock_address(mock_gil());
	CHECK_EQ(look_python_gil(p, &gil), 0);
	CHECK_EQ(gil.enabled, is_on);
	CHECK_EQ(gil.held, is_on);
	CHECK_EQ(gil.holder, is_on ? MOCK_OTHER : 0);
	CHECK_EQ(gil.switches, 77);
	CHECK(look_python_waits(p, at + mock.at.gil_switches + 8));
	CHECK(look_python_waits(p, at + mock.at.gil_bytes - 4));
	CHECK(!look_python_waits(p, at + mock.at.gil_bytes));
	CHECK(!look_python_waits(p, at - 4));
}

static void each_version_is_read(void)
{
	for (unsigned i = 0; i < KINDS; i++) {
		struct look_python *p;
		struct look_frame f;
		char modules[200] = "";
		start(i);
		CHECK_EQ(look_python_open(MOCK_PID, &p), 0);
		struct look_python_kind kind = look_python_kind(p);
		CHECK_EQ(kind.major, 3);
		CHECK_EQ(kind.minor, kinds[i].minor);
		CHECK_EQ(kind.free_threaded, kinds[i].free_threaded);
		check_gil(p, kinds[i].gil_is_on);
		for (int again = 0; again < 2; again++) { /* read, then remembered */
			CHECK_EQ(look_python_frame(p, MOCK_PID, &f), 0);
			CHECK(!strcmp(f.function, "wörk"));
			CHECK(!strcmp(f.file, "/app/日.py"));
			CHECK_EQ(f.line, 13);
		}
		CHECK_EQ(look_python_frame(p, MOCK_OTHER, &f), -ENOENT);
		CHECK_EQ(look_python_frame(p, 4321, &f), -ENOENT);
		CHECK_EQ(look_python_gil_modules(p, list, modules), kinds[i].minor >= 13 ? 0 : -ENOTSUP);
		/* Their definitions lie in the file that CPython is in, so those modules are its own. */
		CHECK(!strcmp(modules, ""));
		look_python_close(p);
		fake_end();
	}
}

/* A function of the library stands where nothing else does. */
static void the_library_is_better_than_nothing(void)
{
	struct look_python *p;
	struct look_frame f;
	start(4);
	mock_word(MOCK_FRAMES + mock.at.frame_back, 0);
	CHECK_EQ(look_python_open(MOCK_PID, &p), 0);
	CHECK_EQ(look_python_frame(p, MOCK_PID, &f), 0);
	CHECK(!strcmp(f.function, "wait"));
	CHECK(!strcmp(f.file, "/usr/lib/python3.9/threading.py"));
	look_python_close(p);
	fake_end();
}

static void what_is_freed_is_not_believed(void)
{
	struct look_python *p;
	struct look_frame f;
	start(5);
	CHECK_EQ(look_python_open(MOCK_PID, &p), 0);
	CHECK_EQ(look_python_frame(p, MOCK_PID, &f), 0);
	mock_word(MOCK_CODES + mock.at.object_type, 0xdddddddddddddddd);
	CHECK_EQ(look_python_frame(p, MOCK_PID, &f), -EAGAIN);
	/* Another code object at the same address is another function. */
	mock_word(MOCK_CODES + mock.at.object_type, mock_address(MOCK_CODE_TYPE));
	mock_word(MOCK_CODES + 0x400 + mock.at.code_name, mock_text("other", 5, 1, true));
	CHECK_EQ(look_python_frame(p, MOCK_PID, &f), 0);
	CHECK(!strcmp(f.function, "other"));
	/* A thread state that another thread has got is that other's. */
	mock_word(MOCK_THREADS + 0x400 + mock.at.thread_id, mock_address(MOCK_PTHREADS));
	CHECK_EQ(look_python_frame(p, MOCK_PID, &f), -EAGAIN);
	look_python_close(p);
	fake_end();
}

static void who_is_none_is_told_so(void)
{
	struct look_python *p;
	start(3);
	mock_word(MOCK_RUNTIME + mock.at.interpreters, 0); /* it only starts */
	CHECK_EQ(look_python_open(MOCK_PID, &p), -ENOENT);
	fake_end();
	start(3);
	mock_word(MOCK_VERSION, 3u << 24 | 99u << 16);
	CHECK_EQ(look_python_open(MOCK_PID, &p), -ENOTSUP);
	fake_end();
	start(3);
	mock.memory[MOCK_NAMES + 3] = 'x'; /* no _PyRuntime */
	CHECK_EQ(look_python_open(MOCK_PID, &p), -ENOENT);
	fake_end();
	start(3);
	CHECK_EQ(look_python_open(77, &p), -ESRCH); /* no /proc/77/maps */
	fake_end();
	look_python_close(NULL);
}

/* Lists that lead in circles, and ends that are none. */
static void circles_end(void)
{
	for (unsigned i = 0; i < KINDS; i++) {
		struct look_python *p;
		struct look_frame f;
		start(i);
		const struct look_layout *l = &mock.at;
		mock_word(MOCK_FRAMES + 0x400 + l->frame_back, mock_address(MOCK_FRAMES));
		mock_word(MOCK_CODES + 0x400 + l->code_file, mock_get(MOCK_CODES + l->code_file));
		mock_word(MOCK_THREADS + 0x400 + l->thread_next, mock_address(MOCK_THREADS));
		mock_reads = 0;
		CHECK_EQ(look_python_open(MOCK_PID, &p), 0);
		CHECK_EQ(look_python_frame(p, MOCK_PID, &f), 0);
		CHECK(!strcmp(f.function, "wait"));
		CHECK(mock_reads < 200000);
		look_python_close(p);
		fake_end();
	}
}

/* Everything that is asked of a Python; answers must be of those that are promised. */
static void ask(void)
{
	struct look_python *p;
	struct look_frame f;
	struct look_python_gil gil;
	char modules[1 << 16] = "";
	int err = look_python_open(MOCK_PID, &p);
	CHECK(err <= 0 && err > -200);
	if (err)
		return;
	static const pid_t tids[] = { MOCK_PID, MOCK_OTHER, 1 };
	for (unsigned i = 0; i < 6; i++) {
		CHECK(look_python_frame(p, tids[i % 3], &f) <= 0);
		CHECK(memchr(f.function, '\0', sizeof f.function) && memchr(f.file, '\0', sizeof f.file));
		CHECK(look_python_gil(p, &gil) <= 0);
	}
	look_python_waits(p, mock_address(MOCK_GIL));
	CHECK(look_python_gil_modules(p, list, modules) <= 0);
	look_python_close(p);
}

/* Faults, one at a time -------------------------------------------------------------------------------------------- */

static unsigned fail_at, calls;

static int fail_read(void *buf, size_t len)
{
	(void)buf, (void)len;
	return ++calls == fail_at ? -EFAULT : 0;
}

static int allocated;

static void *failing_alloc(size_t bytes)
{
	if (++calls == fail_at)
		return NULL;
	allocated++;
	return sys_real.alloc(bytes);
}

static void counting_free(void *mem)
{
	allocated -= mem != NULL;
	sys_real.free(mem);
}

static void each_read_and_allocation_may_fail(void)
{
	for (unsigned i = 0; i < KINDS; i++)
		for (int what = 0; what < 2; what++)
			for (fail_at = 1;; fail_at++) {
				start(i);
				calls = 0;
				if (what)
					sys.alloc = failing_alloc;
				else
					mock_spoil = fail_read;
				sys.free = what ? counting_free : sys.free;
				ask();
				CHECK_EQ(allocated, 0);
				fake_end();
				if (calls < fail_at)
					break;
			}
}

/* Memory in which anything may stand ---------------------------------------------------------------------------- */

static uint64_t interesting(void)
{
	switch (test_random() % 6) {
	case 0:
		return test_random();
	case 1:
		return test_random() % 64;
	case 2:
		return (uint64_t)-1 - test_random() % 64;
	case 3:
		return MOCK_BASE + MOCK_BYTES - test_random() % 64;
	case 4:
		return 1ull << (test_random() % 64);
	default:
		return MOCK_BASE + test_random() % MOCK_BYTES;
	}
}

static int spoil_some(void *buf, size_t len)
{
	if (test_random() % 64)
		return 0;
	uint64_t value = interesting();
	size_t bytes = len < 8 ? len : 8;
	memcpy((char *)buf + test_random() % (len - bytes + 1), &value, bytes);
	return 0;
}

static void anything_may_stand_there(void)
{
	for (unsigned round = 0; round < 20000; round++) {
		start((unsigned)(test_random() % KINDS));
		for (uint64_t n = test_random() % 8; n-- > 0;) {
			unsigned at = (unsigned)(test_random() % (MOCK_BYTES / 8)) * 8;
			if (test_random() % 2) { /* where something stands already */
				for (unsigned k = 0; k < 4096 && !mock_get(at); k++)
					at = (at + 8) % MOCK_BYTES;
			}
			mock_word(at, interesting());
		}
		if (round % 2)
			mock_spoil = spoil_some;
		mock_reads = 0;
		ask();
		CHECK(mock_reads < 1000000);
		fake_end();
	}
}

static void any_table_of_lines_is_read(void)
{
	for (unsigned round = 0; round < 200000; round++) {
		unsigned char table[64];
		size_t bytes = test_random() % (sizeof table + 1);
		for (size_t i = 0; i < bytes; i++)
			table[i] = (unsigned char)(test_random() % 3 ? test_random() : 0x80 | test_random() % 128);
		for (int kind = LOOK_LINES_LNOTAB; kind <= LOOK_LINES_LOCATIONS; kind++)
			look_line(kind, table, bytes, (unsigned)test_random(), test_random() % 512);
	}
	CHECK_EQ(look_line(LOOK_LINES_LOCATIONS, NULL, 0, 7, 0), 0);
}

int main(void)
{
	test_start();
	TEST(each_version_is_read);
	TEST(the_library_is_better_than_nothing);
	TEST(what_is_freed_is_not_believed);
	TEST(who_is_none_is_told_so);
	TEST(circles_end);
	TEST(each_read_and_allocation_may_fail);
	TEST(anything_may_stand_there);
	TEST(any_table_of_lines_is_read);
	return test_done();
}
