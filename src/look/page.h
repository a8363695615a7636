/* The pages of a process that has hob in it (meter/page.h): found, checked, read. */
#ifndef LOOK_PAGE_H
#define LOOK_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "meter/page.h"

struct look_page {
	pid_t pid;
	int fd;
	struct page_head head; /* a copy, and checked: every offset lies within its struct, and every name ends */
	double ns;             /* of a stamp */
	int64_t now;           /* a stamp, when the page was opened or looked_at last */
};

/* 0 goes on, anything else ends the walk. The page is closed after the call. */
typedef int look_page_fn(void *arg, struct look_page *p);

/* Calls fn for each page of the process. Answers what ended the walk, 0, or a negative errno: -ENOENT: there is none;
 * -ESRCH; -EACCES or -EPERM. *newer: one is of a version that we do not know. */
int look_pages(pid_t pid, look_page_fn *fn, void *arg, bool *newer);

/* The page behind a descriptor, which stays the caller's: 0; -EPROTO: it makes no sense; -ENOTSUP: of another
 * version. */
int look_page_open(pid_t pid, int fd, struct look_page *out);

/* Reads time again: ages count from now. */
void look_page_now(struct look_page *p);

/* From a stamp to now, in ns; never negative. */
int64_t look_page_age(const struct look_page *p, int64_t stamp);

/* What lies at an address of the process: by the page, or else by its memory where that is ours to read. 0; -EFAULT;
 * -EPERM: it is not in the page, and not ours. */
int look_page_read(const struct look_page *p, uint64_t address, void *to, size_t len);

/* A field in the copy of a struct that has it. */
uint32_t look_u32(const struct look_page *p, const void *of, enum page_field f);
uint64_t look_u64(const struct look_page *p, const void *of, enum page_field f);
uint8_t look_u8(const struct look_page *p, const void *of, enum page_field f);

#endif
