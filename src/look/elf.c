/* An ELF file's own tables. The file is read, not mapped: one that is cut short meanwhile is an error of libelf's, no
 * signal. */
#include "look/elf.h"

#include <errno.h>

#include "look/elf_inner.h"

#ifdef LOOK_LIBELF

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

/* What the addresses of the file are moved by, from where one of its mappings lies. */
static bool find_bias(struct look_elf *e, const struct look_map *m)
{
	size_t n;
	GElf_Phdr p;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	if (elf_getphdrnum(e->elf, &n))
		return false;
	for (size_t i = 0; i < n && gelf_getphdr(e->elf, (int)i, &p); i++) {
		if (p.p_type != PT_LOAD || p.p_offset / page * page > m->offset || m->offset >= p.p_offset + p.p_filesz)
			continue;
		e->bias = m->start - m->offset + p.p_offset - p.p_vaddr;
		return true;
	}
	return false;
}

int look_elf_open(pid_t pid, const struct look_map *m, struct look_elf **out)
{
	struct look_elf *e = sys.alloc(sizeof *e);
	if (!e)
		return -ENOMEM;
	e->fd = look_map_open(pid, m);
	int err = e->fd < 0 ? e->fd : 0;
	if (!err) {
		elf_version(EV_CURRENT);
		e->elf = elf_begin(e->fd, ELF_C_READ, NULL);
		if (!e->elf || elf_kind(e->elf) != ELF_K_ELF || !find_bias(e, m))
			err = -ENOEXEC;
	}
	if (err) {
		look_elf_close(e);
		return err;
	}
	*out = e;
	return 0;
}

void look_elf_close(struct look_elf *e)
{
	if (!e)
		return;
	look_dwarf_close(e);
	elf_end(e->elf);
	sys.free(e->functions);
	if (e->fd >= 0)
		sys.close(e->fd);
	sys.free(e);
}

static int search_table(const struct look_elf *e, Elf_Scn *section, const GElf_Shdr *head, const char *name,
			uint64_t *address)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;
	if (!data || !head->sh_entsize)
		return -ENOENT;
	for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
		const char *found = elf_strptr(e->elf, head->sh_link, symbol.st_name);
		if (found && symbol.st_shndx != SHN_UNDEF && !strcmp(found, name)) {
			*address = e->bias + symbol.st_value;
			return 0;
		}
	}
	return -ENOENT;
}

int look_elf_symbol(const struct look_elf *e, const char *name, uint64_t *address)
{
	GElf_Shdr head;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(e->elf, s));)
		if (gelf_getshdr(s, &head) && (head.sh_type == SHT_SYMTAB || head.sh_type == SHT_DYNSYM) &&
		    !search_table(e, s, &head, name, address))
			return 0;
	return -ENOENT;
}

int look_elf_section(const struct look_elf *e, const char *name, uint64_t *address)
{
	GElf_Shdr head;
	size_t names;
	if (elf_getshdrstrndx(e->elf, &names))
		return -ENOENT;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(e->elf, s));) {
		const char *found = gelf_getshdr(s, &head) ? elf_strptr(e->elf, names, head.sh_name) : NULL;
		if (found && head.sh_addr && !strcmp(found, name)) {
			*address = e->bias + head.sh_addr;
			return 0;
		}
	}
	return -ENOENT;
}

/* Functions ------------------------------------------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
	uint64_t x = ((const struct look_function *)a)->address, y = ((const struct look_function *)b)->address;
	return (x > y) - (x < y);
}

/* Counts the functions of a table where there is no room, else adds them. */
static void add_functions(struct look_elf *e, Elf_Scn *section, const GElf_Shdr *head, size_t room)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;
	if (!data || !head->sh_entsize)
		return;
	for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
		unsigned type = GELF_ST_TYPE(symbol.st_info);
		if (symbol.st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_GNU_IFUNC))
			continue;
		if (room && e->function_count < room)
			e->functions[e->function_count] = (struct look_function){
				.address = symbol.st_value,
				.bytes = symbol.st_size,
				.names = head->sh_link,
				.name = symbol.st_name,
			};
		e->function_count++;
	}
}

static void walk_functions(struct look_elf *e, size_t room)
{
	GElf_Shdr head;
	e->function_count = 0;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(e->elf, s));)
		if (gelf_getshdr(s, &head) && (head.sh_type == SHT_SYMTAB || head.sh_type == SHT_DYNSYM))
			add_functions(e, s, &head, room);
}

static int sort_functions(struct look_elf *e)
{
	walk_functions(e, 0);
	size_t room = e->function_count;
	if (!room || room > LOOK_FUNCTIONS)
		return -ENOENT;
	e->functions = sys.alloc(room * sizeof *e->functions);
	if (!e->functions)
		return -ENOMEM;
	walk_functions(e, room);
	e->function_count = e->function_count < room ? e->function_count : room;
	qsort(e->functions, e->function_count, sizeof *e->functions, by_address);
	return 0;
}

int look_elf_function(struct look_elf *e, uint64_t address, char *name, size_t size)
{
	int err = e->functions ? 0 : sort_functions(e);
	if (err)
		return err;
	uint64_t at = address - e->bias;
	size_t low = 0, high = e->function_count;
	while (low < high) { /* the first behind it */
		size_t middle = low + (high - low) / 2;
		if (e->functions[middle].address <= at)
			low = middle + 1;
		else
			high = middle;
	}
	/* One of assembly may have no size: it reaches to the next. */
	for (size_t i = low; i-- > 0 && low - i <= 8;) {
		const struct look_function *f = &e->functions[i];
		const char *found = elf_strptr(e->elf, f->names, f->name);
		if (!found || !*found || (f->bytes && at - f->address >= f->bytes))
			continue;
		strncpy(name, found, size - 1);
		name[size - 1] = '\0';
		return 0;
	}
	return -ENOENT;
}

#else

int look_elf_open(pid_t pid, const struct look_map *m, struct look_elf **out)
{
	(void)pid, (void)m, (void)out;
	return -ENOTSUP;
}

void look_elf_close(struct look_elf *e)
{
	(void)e;
}

int look_elf_symbol(const struct look_elf *e, const char *name, uint64_t *address)
{
	(void)e, (void)name, (void)address;
	return -ENOTSUP;
}

int look_elf_section(const struct look_elf *e, const char *name, uint64_t *address)
{
	(void)e, (void)name, (void)address;
	return -ENOTSUP;
}

int look_elf_function(struct look_elf *e, uint64_t address, char *name, size_t size)
{
	(void)e, (void)address, (void)name, (void)size;
	return -ENOTSUP;
}

#endif
