/* One source of inputs: given words, or a stream of records of which only a buffer is held. */
#ifndef CLI_RUN_INPUT_SOURCE_H
#define CLI_RUN_INPUT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The kernel takes no longer argument (MAX_ARG_STRLEN, its NUL included). */
enum { INPUT_MAX = 128 * 1024 - 1 };

struct source {
	char **words; /* NULL: read from fd */
	size_t words_left, words_all;
	const char *name; /* of the file; NULL: standard input */
	int fd;
	const char *separator; /* what ends a record, and its length */
	size_t separator_len;
	bool csv;    /* a separator between double quotes ends nothing */
	bool linked; /* goes on together with the source before it */
	char *buf;
	size_t size, start, end; /* [start, end) is read and not yet handed out */
	bool ended;
	size_t taken;     /* records handed out, since the last rewind */
	off_t from, read; /* where the file stood at first (-1: it has no positions), and how much was read */
};

void source_init_words(struct source *s, char **words, size_t count);
void source_init_fd(struct source *s, int fd, const char *name, const char *separator, size_t separator_len);
void source_finish(struct source *s);

/* The next record, ended by a NUL, valid until the next call: 1 and *text, 0 at the end. An empty line is an empty
 * record. -EMSGSIZE: longer than INPUT_MAX. -EILSEQ: has a NUL, which no argument can. Otherwise the error of hob_read.
 * [parks] */
int source_next(struct source *s, char **text);

/* Makes a later source_rewind possible: what has no positions is copied into a file without a name. 0 or a negative
 * errno. [parks] */
int source_keep(struct source *s);
void source_rewind(struct source *s);

/* What was handed out so far does not count: it was a header. */
void source_begin_here(struct source *s);

/* How many records there are in all; 0 while that is not known. */
size_t source_total(const struct source *s);

/* The share of the source that has been handed out, by bytes where records are not counted; negative: not known. */
double source_share(const struct source *s);

#endif
