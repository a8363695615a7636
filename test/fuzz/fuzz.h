/* A fuzz target: takes any bytes, and must neither crash, hang nor leak. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program: what must hold does not. */
#define FUZZ_CHECK(cond) ((cond) ? (void)0 : abort())

/* The bytes as lines, each ended by a NUL: at most `most`, how many there are. The caller frees *text. */
static inline size_t fuzz_lines(const uint8_t *data, size_t size, char **text, char **lines, size_t most)
{
	char *rest = malloc(size + 1);
	size_t n = 0;

	*text = rest;
	if (!rest)
		return 0;
	for (size_t i = 0; i < size; i++)
		rest[i] = (char)(data[i] ? data[i] : '0');
	rest[size] = '\0';
	while (rest && n < most)
		lines[n++] = strsep(&rest, "\n");
	return n;
}

#endif
