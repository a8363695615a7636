/* The names of functions, for reports. */
#ifndef METER_SYMBOL_H
#define METER_SYMBOL_H

#include <stddef.h>

/* The function that an address of this program is in, as the dynamic symbols have it, or else the symbol table of its
 * file; where neither does, the file and the offset, or the address. Nothing in it but letters, digits and _.$+-/ */
void symbol_name(void *address, char *to, size_t size);

#endif
