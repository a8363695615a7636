/* One line of /proc/PID/stat or /proc/PID/task/TID/stat. */
#ifndef LOOK_STAT_H
#define LOOK_STAT_H

#include <stddef.h>
#include <stdint.h>

struct look_stat {
	char name[32]; /* the program's own: any byte may be inside */
	char state;
	uint64_t parent, user, kernel, threads, start, rss_pages; /* user, kernel and start in clock ticks */
	uint64_t dead_user, dead_kernel;                          /* of children that were waited for */
	uint64_t code, stack; /* where the program's text and stack start: 0 or 1 where that is not ours to know */
};

/* Whatever the name holds: what is behind its last parenthesis counts. 0 or -EPROTO. */
int look_stat_parse(const char *text, size_t len, struct look_stat *out);

#endif
