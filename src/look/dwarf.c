/* Lines and call frames by DWARF. */
#include <errno.h>

#include "look/elf_inner.h"

#if defined(LOOK_LIBDW) && defined(LOOK_LIBELF)

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>
#include <sys/stat.h>

#include "base/sys.h"
#include "look/remote.h"

/* Lines ----------------------------------------------------------------------------------------------------------- */

static int find_dwarf(struct look_elf *e)
{
	struct stat st;
	if (!e->dwarf && !e->no_dwarf && !sys.fstat(e->fd, &st) && st.st_size <= LOOK_DWARF_BYTES)
		e->dwarf = dwarf_begin_elf(e->elf, DWARF_C_READ, NULL);
	e->no_dwarf = !e->dwarf;
	return e->dwarf ? 0 : -ENOENT;
}

int look_elf_line(struct look_elf *e, uint64_t address, char *file, size_t size, unsigned *line)
{
	Dwarf_Die unit;
	int number;
	int err = find_dwarf(e);
	if (err)
		return err;
	if (!dwarf_addrdie(e->dwarf, address - e->bias, &unit))
		return -ENOENT;
	Dwarf_Line *found = dwarf_getsrc_die(&unit, address - e->bias);
	const char *name = found ? dwarf_linesrc(found, NULL, NULL) : NULL;
	if (!name || dwarf_lineno(found, &number) || number <= 0)
		return -ENOENT;
	size_t len = strlen(name);
	strncpy(file, len < size ? name : name + len - size + 1, size - 1); /* the end of a path says most */
	file[size - 1] = '\0';
	*line = (unsigned)number;
	return 0;
}

/* Frames ---------------------------------------------------------------------------------------------------------- */

#ifdef __x86_64__
enum { FP = 6, SP = 7, RETURN = 16 };
#else
enum { FP = 29, SP = 31, RETURN = 30 };
#endif

/* "A register and so much": all that a compiler writes for the frame of a function. What a linker writes for its jump
 * tables is more, and no such frame waits. */
static int evaluate_cfa(const Dwarf_Op *ops, size_t n, const struct look_cursor *at, uint64_t *cfa)
{
	uint64_t number, offset;
	if (n != 1)
		return -ENOENT;
	if (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31) {
		number = ops[0].atom - DW_OP_breg0;
		offset = ops[0].number;
	} else if (ops[0].atom == DW_OP_bregx) {
		number = ops[0].number;
		offset = ops[0].number2;
	} else {
		return -ENOENT;
	}
	if (number == FP && !at->knows_fp)
		return -EAGAIN;
	if (number != FP && number != SP)
		return -ENOENT;
	*cfa = (number == FP ? at->fp : at->sp) + offset;
	return 0;
}

/* A register of the caller that was saved at a fixed place of this frame. -ENOENT: it was not. */
static int saved(Dwarf_Frame *frame, int number, uint64_t cfa, pid_t pid, uint64_t *value)
{
	Dwarf_Op room[3], *ops;
	size_t n;
	if (dwarf_frame_register(frame, number, room, &ops, &n) || !ops || n < 1 || n > 2 ||
	    ops[0].atom != DW_OP_call_frame_cfa || (n == 2 && ops[1].atom != DW_OP_plus_uconst))
		return -ENOENT;
	return look_peek_pointer(pid, cfa + (n == 2 ? ops[1].number : 0), value);
}

int look_elf_unwind(struct look_elf *e, pid_t pid, struct look_cursor *at)
{
	Dwarf_Frame *frame = NULL;
	Dwarf_Op *ops;
	size_t n;
	uint64_t cfa = 0, ip = 0, fp = at->fp;
	if (!e->frames && !e->no_frames)
		e->frames = dwarf_getcfi_elf(e->elf);
	e->no_frames = !e->frames;
	if (!e->frames || dwarf_cfi_addrframe(e->frames, at->ip - at->called - e->bias, &frame))
		return -ENOENT;
	int err = dwarf_frame_cfa(frame, &ops, &n) ? -ENOENT : evaluate_cfa(ops, n, at, &cfa);
	if (!err)
		err = saved(frame, RETURN, cfa, pid, &ip);
	bool has_fp = !err && !saved(frame, FP, cfa, pid, &fp);
	sys_real.free(frame); /* libdw's */
	if (!err && cfa <= at->sp)
		err = -ENOENT; /* a stack that does not end */
	if (err)
		return err;
	*at = (struct look_cursor){ .ip = ip, .sp = cfa, .fp = fp, .knows_fp = at->knows_fp || has_fp, .called = true };
	return 0;
}

void look_dwarf_close(struct look_elf *e)
{
	if (e->frames)
		dwarf_cfi_end(e->frames);
	if (e->dwarf)
		dwarf_end(e->dwarf);
}

#else

int look_elf_line(struct look_elf *e, uint64_t address, char *file, size_t size, unsigned *line)
{
	(void)e, (void)address, (void)file, (void)size, (void)line;
	return -ENOTSUP;
}

int look_elf_unwind(struct look_elf *e, pid_t pid, struct look_cursor *at)
{
	(void)e, (void)pid, (void)at;
	return -ENOTSUP;
}

void look_dwarf_close(struct look_elf *e)
{
	(void)e;
}

#endif
