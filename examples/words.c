/* words: counts the words of many files at once, with a table that is not thread-safe.
 * SPDX-License-Identifier: MIT
 *
 * hsearch(3) has one table for the whole process and no lock. It gets a lane: the tasks read their files together, and
 * whoever has something to count does it in the lane. Other code that wants the table asks hob_lane_assert that it may.
 *
 *     words FILE...
 *
 * It prints how many words there are, how many different ones, and the most frequent one.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <hob.h>
#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 1 << 20, WORD_BYTES = 64 };

static struct hob_lane *table; /* of hsearch, and of what is below */
static size_t words, different, most;
static const char *most_frequent;

static int count_word(const char *word)
{
	ENTRY wanted = { .key = (char *)(uintptr_t)word }, *found;
	size_t n;

	hob_lane_assert(table);
	found = hsearch(wanted, FIND);
	if (!found) {
		wanted.key = strdup(word); /* the table's, to the end */
		found = wanted.key ? hsearch(wanted, ENTER) : NULL;
		if (!found)
			return -ENOMEM;
		different++;
	}
	n = (size_t)(uintptr_t)found->data + 1;
	found->data = (void *)(uintptr_t)n;
	words++;
	if (n > most) {
		most = n;
		most_frequent = found->key;
	}
	return 0;
}

struct text {
	char *bytes;
	size_t length;
	char word[WORD_BYTES]; /* that goes on in the next piece; what is longer is cut */
	size_t word_length;
};

/* In the lane. Nothing here waits, so it has the table for itself but at its checkpoint. */
static int count_text(void *arg)
{
	struct text *t = arg;
	int err = 0;

	for (size_t i = 0; i < t->length && !err; i++) {
		char c = t->bytes[i];

		if (isalnum((unsigned char)c)) {
			if (t->word_length < WORD_BYTES - 1)
				t->word[t->word_length++] = (char)tolower((unsigned char)c);
		} else if (t->word_length) {
			t->word[t->word_length] = 0;
			t->word_length = 0;
			err = count_word(t->word);
			if (words % 256 == 0)
				hob_lane_yield(); /* whoever waits may have it now */
		}
	}
	return err;
}

static int count_file(void *arg)
{
	const char *path = arg;
	char bytes[16384];
	struct text t = { .bytes = bytes };
	int fd = hob_open(path, O_RDONLY, 0, HOB_NEVER), err = fd < 0 ? fd : 0;
	ssize_t n = 1;

	while (!err && n > 0) {
		n = hob_read(fd, bytes, sizeof bytes, HOB_NEVER); /* outside of the lane: all read together */
		if (n == 0)
			bytes[0] = '\n'; /* the end of the file ends its last word */
		t.length = n > 0 ? (size_t)n : 1;
		err = n < 0 ? (int)n : hob_lane_call(table, count_text, &t, HOB_NEVER);
	}
	if (fd >= 0)
		hob_close(fd);
	if (err)
		fprintf(stderr, "words: %s: %s\n", path, strerror(-err));
	return err;
}

static int count_files(void *arg)
{
	struct hob_scope *s;
	int err = hob_scope_create(&s);

	if (err)
		return err;
	for (char **path = arg; *path && !err; path++)
		err = hob_spawn(s, count_file, *path);
	if (!err)
		err = hob_scope_wait(s, HOB_NEVER);
	hob_scope_destroy(s);
	return err;
}

int main(int argc, char **argv)
{
	int err;

	if (argc < 2) {
		fprintf(stderr, "usage: words FILE...\n");
		return 2;
	}
	if (!hcreate(WORDS_MAX) || hob_lane_create(&table, &(struct hob_lane_options){ .name = "hsearch" })) {
		fprintf(stderr, "words: no memory for the table\n");
		return 1;
	}
	err = hob_run(NULL, count_files, argv + 1);
	printf("%zu words, %zu different", words, different);
	if (most)
		printf(", the most frequent \"%s\" (%zu)", most_frequent, most);
	printf("\n");
	hob_lane_destroy(table);
	return err ? 1 : 0;
}
