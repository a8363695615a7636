/* The inputs, one after the other: given words, or a stream of lines of which only a buffer is held. */
#ifndef CLI_RUN_INPUT_H
#define CLI_RUN_INPUT_H

#include <stdbool.h>
#include <stddef.h>

/* The kernel takes no longer argument (MAX_ARG_STRLEN, its NUL included). */
enum { INPUT_MAX = 128 * 1024 - 1 };

struct input {
	char **words; /* NULL: read from fd */
	int fd;
	char separator;
	char *buf;
	size_t size, start, end; /* [start, end) is read and not yet handed out */
	bool ended;
	size_t taken; /* inputs handed out */
	size_t left;  /* of the words */
};

void input_init_words(struct input *in, char **words, size_t count);
void input_init_fd(struct input *in, int fd, char separator);
void input_finish(struct input *in);

/* The next input, ended by a NUL, valid until the next call: 1 and *text, 0 at the end. An empty line is an empty
 * input. -EMSGSIZE: longer than INPUT_MAX. -EILSEQ: has a NUL, which no argument can. Otherwise the error of hob_read.
 * [parks] */
int input_next(struct input *in, char **text);

/* How many there are in all; 0 while that is not known. */
size_t input_total(const struct input *in);

#endif
