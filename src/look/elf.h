/* An ELF file's own tables, for what is not in its dynamic section: the full symbol table and the sections. By libelf;
 * without it every call answers -ENOTSUP. */
#ifndef LOOK_ELF_H
#define LOOK_ELF_H

#include <stdint.h>
#include <sys/types.h>

#include "look/maps.h"

struct look_elf;

/* The file behind a mapping of a process, opened by look_map_open(): 0; -ENOEXEC: no ELF file; -ENOTSUP; others. */
int look_elf_open(pid_t pid, const struct look_map *m, struct look_elf **out);
void look_elf_close(struct look_elf *e); /* NULL is fine */

/* Where a symbol that the file defines, or a section, is in that process: 0 or -ENOENT. */
int look_elf_symbol(const struct look_elf *e, const char *name, uint64_t *address);
int look_elf_section(const struct look_elf *e, const char *name, uint64_t *address);

#endif
