/* Text from outside, a character at a time. */
#ifndef CLI_SHOW_UTF8_H
#define CLI_SHOW_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of the UTF-8 character that `text` begins with, and the character; 0 where it is none (RFC 3629). */
size_t utf8_decode(const char *text, size_t len, uint32_t *out);

#endif
