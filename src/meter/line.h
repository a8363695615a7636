/* Source lines, for reports. */
#ifndef METER_LINE_H
#define METER_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct symbols;

/* What reads this program's debug information; NULL where that cannot be had: libdw is looked for at run time, so that
 * nobody has to have it. */
struct symbols *symbols_open(void);
void symbols_close(struct symbols *l);

/* "img.c:88". False where there is no debug information of the address, or `l` is NULL. Nothing in it but letters,
 * digits and _.$+-: */
bool symbols_find(struct symbols *l, void *address, char *to, size_t size);

#endif
