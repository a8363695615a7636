/* A small file of procfs or cgroupfs, read at one go. */
#ifndef LOOK_FILE_H
#define LOOK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads the file into `text`, at most size - 1 bytes, and ends it with a NUL: how many bytes, or a negative errno. What
 * does not fit is left out; a NUL inside of the file stays where it is. */
ssize_t look_file(const char *path, char *text, size_t size);

/* A plain decimal number at *at, after blanks; *at is moved behind it. False where there is none. A number too large
 * is UINT64_MAX. */
bool look_number(const char **at, uint64_t *out);

#endif
