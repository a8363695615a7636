/* A fuzz target without a fuzzer: runs it over the files of a corpus, and over changes of them drawn from a seed. So
 * every build and every sanitizer runs what libFuzzer has found before, and a little more; ./dev fuzz looks further.
 *
 * usage: NAME_fuzz CORPUS_DIRECTORY [ROUNDS] */
#include <dirent.h>
#include <limits.h>

#include "test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 1024, SIZE = 1 << 16 };

static struct seed {
	size_t size;
	uint8_t *bytes;
} seeds[FILES];
static size_t nseeds;

static void load(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	CHECK(d);
	while ((e = readdir(d)) && nseeds < FILES) {
		char path[PATH_MAX];
		FILE *f;

		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (e->d_type != DT_REG || !(f = fopen(path, "rb")))
			continue;
		seeds[nseeds].bytes = malloc(SIZE);
		CHECK(seeds[nseeds].bytes);
		seeds[nseeds].size = fread(seeds[nseeds].bytes, 1, SIZE, f);
		nseeds++;
		fclose(f);
	}
	closedir(d);
}

/* In memory of its exact size, so that a read beyond it is seen. */
static void run(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	CHECK(copy);
	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void the_corpus_passes(void)
{
	CHECK(nseeds > 0);
	for (size_t i = 0; i < nseeds; i++)
		run(seeds[i].bytes, seeds[i].size);
}

static unsigned rounds = 2000;

/* Bytes turned, taken out, doubled, and exchanged with another file's. */
static size_t change(uint8_t *bytes, size_t size)
{
	static const uint8_t odd[] = { 0, 1, 0x7f, 0x80, 0xff, '{', '}', '"', '\n', ' ', '/', '%' };
	const struct seed *other = &seeds[test_random() % nseeds];
	size_t at = size ? test_random() % size : 0, n = size ? test_random() % (size - at) + 1 : 0;

	switch (test_random() % 5) {
	case 0:
		if (size)
			bytes[at] ^= (uint8_t)(1u << test_random() % 8);
		break;
	case 1:
		if (size)
			bytes[at] = odd[test_random() % sizeof odd];
		break;
	case 2:
		memmove(bytes + at, bytes + at + n, size - at - n);
		size -= n;
		break;
	case 3:
		n = n < SIZE - size ? n : SIZE - size;
		memmove(bytes + at + n, bytes + at, size - at);
		size += n;
		break;
	case 4:
		n = other->size < SIZE - at ? other->size : SIZE - at;
		memcpy(bytes + at, other->bytes, n);
		size = size > at + n ? size : at + n;
		break;
	}
	return size;
}

static void changes_of_it_pass(void)
{
	static uint8_t bytes[SIZE];

	for (unsigned i = 0; i < rounds; i++) {
		const struct seed *s = &seeds[test_random() % nseeds];
		size_t size = s->size;

		memcpy(bytes, s->bytes, size);
		for (uint64_t n = test_random() % 8 + 1; n; n--)
			size = change(bytes, size);
		run(bytes, size);
	}
}

int main(int argc, char **argv)
{
	test_start();
	CHECK(argc > 1);
	load(argv[1]);
	if (argc > 2)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	TEST(the_corpus_passes);
	TEST(changes_of_it_pass);
	for (size_t i = 0; i < nseeds; i++)
		free(seeds[i].bytes);
	return test_done();
}
