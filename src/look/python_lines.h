/* The line of an instruction, by a code object's own table. Pure. */
#ifndef LOOK_PYTHON_LINES_H
#define LOOK_PYTHON_LINES_H

#include <stddef.h>

#include "look/python_layout.h"

/* `at`: the instruction's offset in bytes. 0 where the table knows no line for it. */
unsigned look_line(enum look_lines kind, const unsigned char *table, size_t bytes, unsigned first_line, uint64_t at);

#endif
