/* --pipe: a stream cut into blocks between its records. */
#ifndef CLI_RUN_INPUT_BLOCKS_H
#define CLI_RUN_INPUT_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>

/* Where records are told apart: behind `end`, before `start`, or where both meet; at least one is not empty. */
struct records {
	const char *start, *end;
	size_t start_len, end_len;
	size_t block;    /* bytes: as many whole records as fit, at least one */
	size_t together; /* records, instead of bytes; 0: by bytes */
};

struct blocks {
	int fd;
	struct records how;
	char *buf;
	size_t size, begin, end;    /* [begin, end) is read; the block at hand begins there */
	size_t len;                 /* of the block at hand */
	size_t seen, best, records; /* of the next one: searched so far, the last boundary, and how many */
	bool ended;
};

void blocks_init(struct blocks *b, int fd, const struct records *how);
void blocks_finish(struct blocks *b);

/* The next block, valid until the next call: 1, 0 at the end, or a negative errno. [parks] */
int blocks_next(struct blocks *b, const char **bytes, size_t *len);

#endif
