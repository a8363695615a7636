/* An ELF file as it is mapped into another process. The lookup is the dynamic linker's: the GNU hash table where there
 * is one, System V's else (gABI, chapter 5, and the GNU one's description by Drepper). Every count comes from the other
 * process and is bounded. */
#include "look/image.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "look/remote.h"

enum { MAX_HEADERS = 64, MAX_DYNAMIC = 256, MAX_CHAIN = 4096, MAX_NAME = 64 };

#define NATIVE_ORDER (__BYTE_ORDER == __LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)

/* glibc writes addresses into the dynamic section that it has moved already, others leave them as they are. */
static uint64_t moved(const struct look_image *i, uint64_t value)
{
	return value >= i->bias ? value : value + i->bias;
}

static int read_dynamic(struct look_image *i, uint64_t address, uint64_t bytes)
{
	Elf64_Dyn table[MAX_DYNAMIC];
	size_t n = bytes / sizeof table[0] < MAX_DYNAMIC ? bytes / sizeof table[0] : MAX_DYNAMIC;
	int err = look_peek(i->pid, address, table, n * sizeof table[0]);
	if (err)
		return err;
	for (size_t k = 0; k < n && table[k].d_tag != DT_NULL; k++) {
		uint64_t value = table[k].d_un.d_val;
		switch (table[k].d_tag) {
		case DT_SYMTAB:
			i->symbols = moved(i, value);
			break;
		case DT_STRTAB:
			i->strings = moved(i, value);
			break;
		case DT_STRSZ:
			i->strings_bytes = value;
			break;
		case DT_GNU_HASH:
			i->gnu_hash = moved(i, value);
			break;
		case DT_HASH:
			i->hash = moved(i, value);
			break;
		}
	}
	return i->symbols && i->strings && (i->gnu_hash || i->hash) ? 0 : -ENOEXEC;
}

int look_image(pid_t pid, uint64_t start, struct look_image *out)
{
	Elf64_Ehdr head;
	Elf64_Phdr segments[MAX_HEADERS];
	*out = (struct look_image){ .pid = pid };
	int err = look_peek(pid, start, &head, sizeof head);
	if (err)
		return err;
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_ident[EI_DATA] != NATIVE_ORDER || head.e_phentsize != sizeof segments[0] || !head.e_phnum ||
	    head.e_phnum > MAX_HEADERS)
		return -ENOEXEC;
	err = look_peek(pid, start + head.e_phoff, segments, head.e_phnum * sizeof segments[0]);
	if (err)
		return err;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const Elf64_Phdr *first = NULL, *dynamic = NULL;
	for (unsigned k = 0; k < head.e_phnum; k++) {
		if (segments[k].p_type == PT_LOAD && segments[k].p_offset < page && !first)
			first = &segments[k];
		if (segments[k].p_type == PT_DYNAMIC)
			dynamic = &segments[k];
	}
	if (!first || !dynamic)
		return -ENOEXEC;
	out->bias = start - (first->p_vaddr - first->p_offset);
	return read_dynamic(out, out->bias + dynamic->p_vaddr, dynamic->p_memsz);
}

/* Is symbol number `index` the one called `name`, and defined here? */
static int matches(const struct look_image *i, uint32_t index, const char *name, uint64_t *address)
{
	Elf64_Sym symbol;
	char found[MAX_NAME + 1];
	size_t bytes = strlen(name) + 1;
	int err = look_peek(i->pid, i->symbols + (uint64_t)index * sizeof symbol, &symbol, sizeof symbol);
	if (err)
		return err;
	if (symbol.st_shndx == SHN_UNDEF || bytes > sizeof found || symbol.st_name > i->strings_bytes ||
	    look_peek(i->pid, i->strings + symbol.st_name, found, bytes) || memcmp(found, name, bytes))
		return -ENOENT;
	*address = i->bias + symbol.st_value;
	return 0;
}

static int search_gnu(const struct look_image *i, const char *name, uint64_t *address)
{
	uint32_t hash = 5381, index, word;
	struct {
		uint32_t buckets, first, bloom_words, bloom_shift;
	} head;
	for (const char *c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	int err = look_peek(i->pid, i->gnu_hash, &head, sizeof head);
	if (err)
		return err;
	if (!head.buckets)
		return -ENOENT;
	uint64_t buckets = i->gnu_hash + sizeof head + (uint64_t)head.bloom_words * sizeof(uint64_t);
	uint64_t chains = buckets + (uint64_t)head.buckets * sizeof word;
	err = look_peek(i->pid, buckets + (uint64_t)(hash % head.buckets) * sizeof index, &index, sizeof index);
	if (err || index < head.first)
		return err ? err : -ENOENT;
	for (unsigned steps = 0; steps < MAX_CHAIN; steps++, index++) {
		err = look_peek(i->pid, chains + (uint64_t)(index - head.first) * sizeof word, &word, sizeof word);
		if (err)
			return err;
		if ((word | 1) == (hash | 1) && !matches(i, index, name, address))
			return 0;
		if (word & 1)
			break;
	}
	return -ENOENT;
}

static int search_sysv(const struct look_image *i, const char *name, uint64_t *address)
{
	uint32_t hash = 0, head[2], index;
	for (const char *c = name; *c; c++) {
		hash = (hash << 4) + (unsigned char)*c;
		hash = (hash ^ ((hash & 0xf0000000) >> 24)) & 0x0fffffff;
	}
	int err = look_peek(i->pid, i->hash, head, sizeof head);
	if (err || !head[0])
		return err ? err : -ENOENT;
	uint64_t at = i->hash + sizeof head + (uint64_t)(hash % head[0]) * sizeof index;
	for (unsigned steps = 0; steps < MAX_CHAIN; steps++) {
		err = look_peek(i->pid, at, &index, sizeof index);
		if (err)
			return err;
		if (!index || index >= head[1])
			break;
		if (!matches(i, index, name, address))
			return 0;
		at = i->hash + sizeof head + ((uint64_t)head[0] + index) * sizeof index;
	}
	return -ENOENT;
}

int look_image_symbol(const struct look_image *i, const char *name, uint64_t *address)
{
	return i->gnu_hash ? search_gnu(i, name, address) : search_sysv(i, name, address);
}
