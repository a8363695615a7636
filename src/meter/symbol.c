#include "meter/symbol.h"

#include <ctype.h>
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"

static bool read_at(int fd, uint64_t at, void *to, size_t len)
{
	return at <= INT64_MAX && sys.pread(fd, to, len, (off_t)at) == (ssize_t)len;
}

static bool section(int fd, const Elf64_Ehdr *e, unsigned i, Elf64_Shdr *out)
{
	return i < e->e_shnum && e->e_shentsize == sizeof *out &&
	       read_at(fd, e->e_shoff + i * sizeof *out, out, sizeof *out);
}

static bool is_in(const Elf64_Sym *s, uint64_t address)
{
	return ELF64_ST_TYPE(s->st_info) == STT_FUNC && s->st_value <= address &&
	       address - s->st_value < (s->st_size ? s->st_size : 1);
}

/* The offset of the name in the file, or 0. */
static uint64_t find(int fd, const Elf64_Shdr *table, const Elf64_Shdr *names, uint64_t address)
{
	Elf64_Sym some[128];
	uint64_t n = table->sh_size / sizeof *some;

	for (uint64_t at = 0; at < n; at += 128) {
		uint64_t here = n - at < 128 ? n - at : 128;

		if (!read_at(fd, table->sh_offset + at * sizeof *some, some, here * sizeof *some))
			return 0;
		for (uint64_t i = 0; i < here; i++)
			if (is_in(&some[i], address) && some[i].st_name < names->sh_size)
				return names->sh_offset + some[i].st_name;
	}
	return 0;
}

/* In a file that is this machine's, since it runs. `offset`: from where the file begins in memory. */
static bool look_up(int fd, uint64_t base, uint64_t offset, char *to, size_t size)
{
	Elf64_Shdr table, names;
	Elf64_Ehdr e;
	uint64_t at;
	ssize_t n;

	if (!read_at(fd, 0, &e, sizeof e) || memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.e_ident[EI_CLASS] != ELFCLASS64)
		return false;
	for (unsigned i = 0; section(fd, &e, i, &table); i++) {
		if (table.sh_type != SHT_SYMTAB || !section(fd, &e, table.sh_link, &names))
			continue;
		at = find(fd, &table, &names, e.e_type == ET_EXEC ? base + offset : offset);
		n = at ? sys.pread(fd, to, size - 1, (off_t)at) : 0;
		to[n > 0 ? n : 0] = '\0';
		return *to != '\0';
	}
	return false;
}

static bool from_file(const Dl_info *in, void *address, char *to, size_t size)
{
	uint64_t base = (uintptr_t)in->dli_fbase;
	int fd = sys.open(in->dli_fname, O_RDONLY);
	bool found;

	if (fd < 0) /* a program is known by the name it was called by */
		fd = sys.open("/proc/self/exe", O_RDONLY);
	if (fd < 0)
		return false;
	found = look_up(fd, base, (uintptr_t)address - base, to, size);
	sys.close(fd);
	return found;
}

void symbol_name(void *address, char *to, size_t size)
{
	Dl_info in = { 0 };

	if (!dladdr(address, &in) || !in.dli_fname)
		snprintf(to, size, "%p", address);
	else if (!from_file(&in, address, to, size) && in.dli_sname)
		snprintf(to, size, "%s", in.dli_sname);
	else if (!*to)
		snprintf(to, size, "%s+0x%zx", in.dli_fname, (uintptr_t)address - (uintptr_t)in.dli_fbase);
	for (; *to; to++)
		if (!isalnum((unsigned char)*to) && !strchr("_.$+-/", *to))
			*to = '?';
}
