/* A record of the job log: a line with GNU parallel's columns and three of our own,
 *
 *	Seq Host Starttime JobRuntime Send Receive Exitval Signal Command Key Length Check
 *
 * separated by tabs. Key names the job (see key.h); a + behind it says that the record takes the place of that of an
 * earlier failure. Length is the bytes before it, and Check the first 16 hexadecimal digits of the SHA-256 of all that
 * stands before Check. So a record is known to be whole from its end alone, whatever became of its neighbours. */
#ifndef CLI_RUN_LOG_RECORD_H
#define CLI_RUN_LOG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "run/log/key.h"

struct record {
	struct key key;
	bool again; /* the + */
	size_t number;
	double start, runtime; /* seconds, since 1970 and of the job */
	off_t received;        /* bytes of its output */
	int exit, signal;
};

extern const char record_header[];

/* The line, with its newline, for a command already quoted: its length, and *line, which is the caller's to free. 0:
 * no memory. */
size_t record_format(const struct record *r, const char *command, char **line);

/* Calls `found` for each whole record in the text of a log, wherever lines were cut, joined or damaged. Of each record
 * only the key, `again`, exit and signal are filled in. Answers the number of lines that hold something else. */
size_t records_scan(const char *text, size_t len, void (*found)(void *arg, const struct record *r), void *arg);

#endif
