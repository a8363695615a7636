/* Words and texts as a person may see them, with nothing in them that a terminal would obey. */
#ifndef CLI_SHOW_QUOTE_H
#define CLI_SHOW_QUOTE_H

#include <stddef.h>
#include <stdio.h>

/* Appends one word to a buffer of `size` bytes at `at`; answers the new end, which never passes size - 1. What does not
 * fit is cut. The buffer is always ended by a NUL. */
size_t quote_word(char *to, size_t size, size_t at, const char *word);

/* The most bytes a word of `len` bytes may take: $'' around, four for each. */
#define QUOTE_BOUND(len) (4 * (len) + 4)

/* The words of a command in a buffer of QUOTE_SHOWN bytes, cut with "..." where it is longer. Answers the buffer. */
enum { QUOTE_SHOWN = 512 };
char *quote_shown(char *to, char *const *words);

/* All words of a command, whole: the caller's to free; NULL: no memory. */
char *quote_all(char *const *words);

/* Makes one text of words that stand one behind the other, each with its NUL, `len` bytes in all: blanks between them,
 * and what a terminal might obey turned into question marks. */
void quote_join(char *bytes, size_t len);

/* Prints text from outside without quotes: control characters, broken UTF-8 and what reorders become '?'. */
void quote_put(FILE *out, const char *text);

/* The same, at most `width` characters, and blanks up to there. */
void quote_column(FILE *out, const char *text, unsigned width);

#endif
