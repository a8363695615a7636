/* The job log, cut and damaged at every byte: nothing that is whole is lost, nothing is read as done that is not. */
#include "run/log/finished.h"
#include "run/log/record.h"
#include "test.h"

enum { RECORDS = 1000 };

static struct record records[RECORDS];
static char *text, *starts[RECORDS + 1]; /* of the lines; the last one is the end */

static void make_log(void)
{
	char *to = text = malloc(1 << 20);
	to += sprintf(to, "%s", record_header);
	for (size_t i = 0; i < RECORDS; i++) {
		char command[80], *line;
		struct record *r = &records[i];
		for (int k = 0; k < KEY_BYTES; k++)
			r->key.bytes[k] = (uint8_t)test_random();
		r->number = i + 1;
		r->start = (double)(test_random() % 2000000000);
		r->runtime = (double)(test_random() % 100000) / 1000;
		r->exit = test_random() % 4 ? 0 : -1 + (int)(test_random() % 200);
		r->again = test_random() % 8 == 0;
		sprintf(command, "job '%0*d 1\t2'", 1 + (int)(test_random() % 40), (int)i);
		*strchr(command, '\t') = ' ';
		size_t len = record_format(r, command, &line);
		CHECK(len == strlen(line) && line[len - 1] == '\n');
		starts[i] = to;
		to = stpcpy(to, line);
		free(line);
	}
	starts[RECORDS] = to;
}

struct seen {
	size_t next; /* the record that must come first of those not yet seen */
	size_t found;
	bool seen[RECORDS];
};

static void found(void *arg, const struct record *r)
{
	struct seen *s = arg;
	size_t i = s->next;
	while (i < RECORDS && memcmp(&records[i].key, &r->key, sizeof r->key))
		i++;
	if (i == RECORDS) /* within one line they come from the last to the first */
		for (i = 0; i < RECORDS && memcmp(&records[i].key, &r->key, sizeof r->key);)
			i++;
	CHECK(i < RECORDS && !s->seen[i]); /* else it is none of ours: falsely done */
	CHECK(r->exit == records[i].exit && r->signal == records[i].signal && r->again == records[i].again);
	s->seen[i] = true;
	s->found++;
}

static void a_whole_log_is_whole(void)
{
	struct seen s = { 0 };
	CHECK_EQ(records_scan(text, (size_t)(starts[RECORDS] - text), found, &s), 0);
	CHECK_EQ(s.found, RECORDS);
}

/* Scans the lines around record `at`, from `first` up to `end`; of the whole ones all but `lost` must be found. */
static void check_around(size_t first, const char *end, size_t wanted)
{
	struct seen s = { .next = first };
	records_scan(starts[first], (size_t)(end - starts[first]), found, &s);
	CHECK_EQ(s.found, wanted);
}

static void cut_at_every_byte(void)
{
	for (size_t i = 0; i < RECORDS; i++) {
		size_t first = i > 1 ? i - 1 : 0;
		for (const char *end = starts[i]; end < starts[i + 1]; end++) /* without its newline it is whole, too */
			check_around(first, end, i - first + (end == starts[i + 1] - 1));
	}
	for (const char *end = text; end < starts[RECORDS]; end += 1 + test_random() % 2000) {
		struct seen s = { 0 };
		size_t whole = 0;
		while (whole < RECORDS && starts[whole + 1] - 1 <= end)
			whole++;
		records_scan(text, (size_t)(end - text), found, &s);
		CHECK_EQ(s.found, whole);
	}
}

/* What follows a record that was cut stands on the same line where nobody ended that first. */
static void joined_at_every_byte(void)
{
	char *joined = malloc(4096);
	for (size_t i = 0; i + 1 < RECORDS; i++) {
		size_t len = (size_t)(starts[i + 1] - starts[i]), next = (size_t)(starts[i + 2] - starts[i + 1]);
		for (size_t cut = 0; cut < len - 1; cut += 1 + test_random() % 8) {
			struct seen s = { 0 };
			memcpy(joined, starts[i], cut);
			memcpy(joined + cut, starts[i + 1], next);
			records_scan(joined, cut + next, found, &s);
			CHECK(s.found == 1 && s.seen[i + 1]);
		}
	}
	free(joined);
}

static void damaged_at_every_byte(void)
{
	for (size_t i = 0; i < RECORDS; i++) {
		size_t first = i ? i - 1 : 0, last = i + 2 < RECORDS ? i + 2 : RECORDS;
		for (char *p = starts[i]; p < starts[i + 1]; p++) {
			char was = *p, with[] = { (char)(was ^ 1 << test_random() % 8), '\n', '\t', '0', '\0' };
			bool newline = p == starts[i + 1] - 1;
			for (size_t k = 0; k < sizeof with; k++) {
				if (with[k] == was)
					continue;
				*p = with[k];
				check_around(first, starts[last], last - first - !newline);
				*p = was;
			}
		}
	}
}

static struct record record_named(char name, int exit, bool again)
{
	struct record r = { .exit = exit, .again = again };
	memset(&r.key, name, sizeof r.key);
	return r;
}

/* Equal inputs are jobs of their own, and a record with a + takes the place of a failure. */
static void jobs_are_counted(void)
{
	static const struct {
		char name;
		int exit;
		bool again;
	} log[] = { { 'a', 0, false }, { 'a', 0, false }, { 'b', 1, false }, { 'b', 1, false }, { 'b', 0, true },
		    { 'c', 3, false }, { 'c', 4, true },  { 'd', 0, true },  { 'e', -1, false } };
	static const char wanted[] = "aa.bB.C.d.E..";
	struct finished f = { 0 };
	for (size_t i = 0; i < sizeof log / sizeof *log; i++) {
		struct record r = record_named(log[i].name, log[i].exit, log[i].again);
		finished_add(&f, &r);
	}
	static const char asked[] = "aaabbbccddeex";
	for (size_t i = 0; i < sizeof asked - 1; i++) {
		struct record r = record_named(asked[i], 0, false);
		enum finished_as as = finished_take(&f, &r.key);
		char got = as == NOT_FINISHED ? '.' : as == SUCCEEDED ? asked[i] : (char)(asked[i] - 32);
		CHECK_EQ(got, wanted[i]);
	}
	finished_free(&f);
}

static void many_jobs_are_kept(void)
{
	struct finished f = { 0 };
	for (size_t i = 0; i < RECORDS; i++)
		finished_add(&f, &records[i]);
	for (size_t i = 0; i < RECORDS; i++)
		CHECK_EQ(finished_take(&f, &records[i].key), records[i].exit ? FAILED : SUCCEEDED);
	for (size_t i = 0; i < RECORDS; i++)
		CHECK_EQ(finished_take(&f, &records[i].key), NOT_FINISHED);
	finished_free(&f);
}

/* FIPS 180-4's own examples, and every length over two blocks against a sum made in pieces. */
static void digests_are_right(void)
{
	static const char *const known[][2] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	struct sha256 s;
	uint8_t digest[32], other[32];
	char digits[65];
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		sha256_init(&s);
		sha256_add(&s, known[i][0], strlen(known[i][0]));
		sha256_end(&s, digest);
		for (int k = 0; k < 32; k++)
			sprintf(digits + 2 * k, "%02x", digest[k]);
		CHECK(!strcmp(digits, known[i][1]));
	}
	for (size_t len = 0; len < 300; len++) {
		size_t cut = len ? test_random() % len : 0;
		sha256_init(&s);
		sha256_add(&s, text, len);
		sha256_end(&s, digest);
		sha256_init(&s);
		sha256_add(&s, text, cut);
		sha256_add(&s, text + cut, len - cut);
		sha256_end(&s, other);
		CHECK(!memcmp(digest, other, sizeof digest));
	}
}

int main(void)
{
	test_start();
	make_log();
	TEST(digests_are_right);
	TEST(a_whole_log_is_whole);
	TEST(cut_at_every_byte);
	TEST(joined_at_every_byte);
	TEST(damaged_at_every_byte);
	TEST(jobs_are_counted);
	TEST(many_jobs_are_kept);
	free(text);
	return test_done();
}
