/* An ELF file's own tables, for what is not in its dynamic section: the full symbol table, the sections, the lines and
 * the frames. By libelf and libdw; what was built without them answers -ENOTSUP. Only the file itself is asked, no
 * separate debug file and no server. Addresses are those of the process that has it mapped. */
#ifndef LOOK_ELF_H
#define LOOK_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "look/maps.h"

struct look_elf;

/* The file behind a mapping of a process, opened by look_map_open(): 0; -ENOEXEC: no ELF file; -ENOTSUP; others. */
int look_elf_open(pid_t pid, const struct look_map *m, struct look_elf **out);
void look_elf_close(struct look_elf *e); /* NULL is fine */

/* Where a symbol that the file defines, or a section, is: 0 or -ENOENT. */
int look_elf_symbol(const struct look_elf *e, const char *name, uint64_t *address);
int look_elf_section(const struct look_elf *e, const char *name, uint64_t *address);

/* The function around an address: 0 or -ENOENT, -ENOMEM. The first call sorts the symbols. */
int look_elf_function(struct look_elf *e, uint64_t address, char *name, size_t size);

/* The line of an address, by DWARF: 0, -ENOENT, -ENOTSUP. The first call reads the debug information. */
int look_elf_line(struct look_elf *e, uint64_t address, char *file, size_t size, unsigned *line);

/* A place on a stack: where its frame begins, and the frame pointer where that is known. */
struct look_cursor {
	uint64_t ip, sp, fp;
	bool knows_fp;
	bool called; /* ip is where a call returns to: what called lies before it */
};

/* From a place to the one that called it, by the call frame information: 0; -ENOENT: there is none for this address, or
 * in a form that nobody uses; -EAGAIN: it counts from the frame pointer, which is not known; or an errno of memory. */
int look_elf_unwind(struct look_elf *e, pid_t pid, struct look_cursor *at);

#endif
