/* What the readers of ELF files share. */
#ifndef LOOK_ELF_INNER_H
#define LOOK_ELF_INNER_H

#include "look/elf.h"

#ifdef LOOK_LIBELF

#include <gelf.h>

enum {
	LOOK_FUNCTIONS = 1 << 22,    /* of a file; more are not sorted */
	LOOK_DWARF_BYTES = 96 << 20, /* a file larger than that has functions but no lines: libdw would read it whole */
};

struct look_function {
	uint64_t address, bytes;
	size_t names, name; /* its string table, and where in it */
};

struct look_elf {
	Elf *elf;
	int fd;
	uint64_t bias; /* what the addresses of the file are moved by */
	struct look_function *functions;
	size_t function_count;
	struct Dwarf *dwarf;
	struct Dwarf_CFI_s *frames;
	bool no_dwarf, no_frames; /* it was looked for, in vain */
};

#endif

/* What libdw has of it. */
void look_dwarf_close(struct look_elf *e);

#endif
