/* Where a runtime keeps what others may look at from outside: meter/page.h. It comes in pieces that stay until the
 * runtime ends. Where there is no page to be had, or it is full, a piece is ordinary memory, and not seen. */
#ifndef SCHED_PAGE_H
#define SCHED_PAGE_H

#include <stddef.h>

struct page;
struct runtime;

/* NULL where the kernel gives none: then everything is ordinary memory. */
struct page *page_create(void);

/* Zeroed, aligned to a cache line; NULL where memory is short. `p` may be NULL. Any thread. */
void *page_alloc(struct page *p, size_t bytes);

/* Of ordinary memory; what is in the page goes with it. Accepts NULL. */
void page_free(struct page *p, void *mem);

/* Says where in the page what is. From here on it is one. */
void page_publish(struct page *p, struct runtime *rt);

void page_destroy(struct page *p);

#endif
