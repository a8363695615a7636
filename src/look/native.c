/* The native function that a blocked thread is in.
 *
 * All that the kernel tells of it without stopping it are its instruction and stack pointers, and those are libc's, in
 * a system call. From there the call frame information leads outwards, as long as it counts from the stack pointer or
 * from a frame pointer that was saved on the way. Where it does not, the next word on the stack is taken that points
 * behind a call: a guess, and mostly right, since what lies above the stack pointer is of functions that have not
 * returned. */
#include "look/native.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "look/elf.h"
#include "look/maps.h"
#include "look/remote.h"

enum {
	MAX_DEPTH = 32,
	GUESS_BYTES = 4096, /* of stack, looked through for a return address */
	KEPT = 256,         /* frames; a power of two */
};

#define RELOAD_NS                                                                                                      \
	100000000 /* code that is in no file must not make us read the maps all the time: twice as long each */

/* Executable memory. */
struct code {
	struct look_map map;
	char *path;
	struct look_elf *elf;
	bool opened; /* or tried */
	bool libc;
};

struct kept {
	uint64_t ip;
	int err;
	struct look_frame frame;
};

struct look_native {
	pid_t pid;
	struct code *codes; /* by rising address */
	size_t count, room;
	int64_t loaded, patience;
	struct kept kept[KEPT];
};

/* Its memory ------------------------------------------------------------------------------------------------------ */

static void drop_codes(struct look_native *n)
{
	for (size_t i = 0; i < n->count; i++) {
		look_elf_close(n->codes[i].elf);
		sys.free(n->codes[i].path);
	}
	sys.free(n->codes);
	n->codes = NULL;
	n->count = n->room = 0;
}

static bool is_libc(const char *path)
{
	static const char *const names[] = { "libc.so", "libc-2", "libpthread", "ld-linux", "ld-musl", "libc.musl" };
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strncmp(name, names[i], strlen(names[i])))
			return true;
	return path[0] == '['; /* the kernel's own: [vdso] */
}

static int grow(struct look_native *n)
{
	size_t room = n->room ? n->room * 2 : 16;
	struct code *more = sys.alloc(room * sizeof *more);
	if (!more)
		return -ENOMEM;
	if (n->count)
		memcpy(more, n->codes, n->count * sizeof *more);
	sys.free(n->codes);
	n->codes = more;
	n->room = room;
	return 0;
}

static int add_code(void *arg, const struct look_map *m)
{
	struct look_native *n = arg;
	if (!m->execute || (!m->inode && m->path[0] != '['))
		return 0;
	if (n->count == n->room && grow(n))
		return -ENOMEM;
	size_t bytes = strlen(m->path) + 1;
	char *path = sys.alloc(bytes);
	if (!path)
		return -ENOMEM;
	memcpy(path, m->path, bytes);
	struct code *c = &n->codes[n->count++];
	*c = (struct code){ .map = *m, .path = path, .libc = is_libc(path) };
	c->map.path = path;
	return 0;
}

static int load(struct look_native *n)
{
	drop_codes(n);
	memset(n->kept, 0, sizeof n->kept);
	n->loaded = sys.now_coarse();
	return look_maps(n->pid, add_code, n);
}

static struct code *code_at(struct look_native *n, uint64_t ip)
{
	size_t low = 0, high = n->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (n->codes[middle].map.end <= ip)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n->count && n->codes[low].map.start <= ip ? &n->codes[low] : NULL;
}

static struct look_elf *elf_of(struct look_native *n, struct code *c)
{
	if (!c->opened && look_elf_open(n->pid, &c->map, &c->elf))
		c->elf = NULL;
	c->opened = true;
	return c->elf;
}

int look_native_open(pid_t pid, struct look_native **out)
{
	struct look_native *n = sys.alloc(sizeof *n);
	if (!n)
		return -ENOMEM;
	n->pid = pid;
	n->patience = RELOAD_NS;
	int err = load(n);
	if (err) {
		look_native_close(n);
		return err == -EACCES ? -EPERM : err;
	}
	*out = n;
	return 0;
}

void look_native_close(struct look_native *n)
{
	if (!n)
		return;
	drop_codes(n);
	sys.free(n);
}

/* Outwards -------------------------------------------------------------------------------------------------------- */

/* Is there a call right before this address? */
static bool follows_call(pid_t pid, uint64_t address)
{
#ifdef __x86_64__
	unsigned char b[7]; /* those before the address */
	if (look_peek(pid, address - sizeof b, b, sizeof b))
		return false;
	if (b[2] == 0xe8) /* call rel32 */
		return true;
	for (unsigned bytes = 2; bytes <= 7; bytes++) /* call r/m: ff, and 2 in the middle of the next byte */
		if (b[7 - bytes] == 0xff && (b[8 - bytes] & 0x38) == 0x10)
			return true;
	return false;
#else
	uint32_t instruction;
	if (look_peek(pid, address - 4, &instruction, sizeof instruction))
		return false;
	return (instruction & 0xfc000000) == 0x94000000 || (instruction & 0xfffffc1f) == 0xd63f0000; /* bl, blr */
#endif
}

static int guess(struct look_native *n, struct look_cursor *at)
{
	uint64_t words[GUESS_BYTES / 8];
	uint64_t sp = at->sp & ~(uint64_t)7;
	size_t count = sizeof words / sizeof words[0];
	while (count && look_peek(n->pid, sp, words, count * sizeof words[0]))
		count /= 2; /* the stack ends before */
	for (size_t i = 0; i < count; i++) {
		if (!code_at(n, words[i]) || !follows_call(n->pid, words[i]))
			continue;
		*at = (struct look_cursor){ .ip = words[i], .sp = sp + (i + 1) * 8, .called = true };
		return 0;
	}
	return -ENOENT;
}

static int step(struct look_native *n, struct code *c, struct look_cursor *at)
{
	struct look_elf *elf = elf_of(n, c);
	if (elf && !look_elf_unwind(elf, n->pid, at) && code_at(n, at->ip))
		return 0;
	return guess(n, at);
}

/* Of a name that a C++ compiler made, the part that a person wrote: "_ZN2os7Monitor4waitEl" is os::Monitor::wait. */
static void unmangle(struct look_frame *f)
{
	char text[sizeof f->function];
	size_t used = 0;
	if (strncmp(f->function, "_Z", 2))
		return;
	const char *at = f->function + 2;
	bool nested = *at == 'N';
	at += nested;
	at += strspn(at, "rVK");
	if (*at < '1' || *at > '9')
		return;
	do {
		char *id;
		size_t len = strtoul(at, &id, 10), there = strlen(id);
		len = len < there ? len : there; /* it was cut */
		if (used + len + 3 > sizeof text)
			break;
		if (used) {
			memcpy(text + used, "::", 2);
			used += 2;
		}
		memcpy(text + used, id, len);
		used += len;
		at = id + len;
	} while (nested && *at >= '1' && *at <= '9');
	text[used] = '\0';
	if (used)
		memcpy(f->function, text, used + 1);
}

/* What a compiler split off a function is still that function: "take_two.isra.0" is take_two. */
static void unsplit(struct look_frame *f)
{
	static const char *const marks[] = { ".isra.", ".constprop.", ".part.", ".cold" };
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
		char *at = strstr(f->function, marks[i]);
		if (at && at != f->function)
			*at = '\0';
	}
}

/* What an address is called. Where the file tells no line it is the file itself that is named. */
static int name(struct look_native *n, struct code *c, uint64_t ip, struct look_frame *out)
{
	struct look_elf *elf = elf_of(n, c);
	int err = elf ? look_elf_function(elf, ip, out->function, sizeof out->function) : -ENOTSUP;
	if (err)
		out->function[0] = '\0';
	unmangle(out);
	unsplit(out);
	if (!elf || look_elf_line(elf, ip, out->file, sizeof out->file, &out->line)) {
		size_t len = strlen(c->path);
		strncpy(out->file, len < sizeof out->file ? c->path : c->path + len - sizeof out->file + 1,
			sizeof out->file - 1);
	}
	return err == -ENOMEM ? err : 0;
}

static int name_kept(struct look_native *n, struct code *c, uint64_t ip, struct look_frame *out)
{
	struct kept *k = &n->kept[(ip ^ ip >> 8) % KEPT];
	if (k->ip != ip) {
		*k = (struct kept){ .ip = ip };
		k->err = name(n, c, ip, &k->frame);
	}
	*out = k->frame;
	return k->err;
}

/* What was mapped after we looked is looked for again, now and then. */
static struct code *code_now(struct look_native *n, uint64_t ip)
{
	struct code *c = code_at(n, ip);
	if (c || sys.now_coarse() - n->loaded < n->patience)
		return c;
	n->patience *= 2;
	return load(n) ? NULL : code_at(n, ip);
}

bool look_native_knows(struct look_native *n, uint64_t place)
{
	struct code *c = code_now(n, place);
	return c && elf_of(n, c);
}

int look_native_place(struct look_native *n, uint64_t sp, uint64_t ip, uint64_t *place)
{
	struct look_cursor at = { .ip = ip, .sp = sp };
	for (unsigned depth = 0; depth < MAX_DEPTH; depth++) {
		struct code *c = depth ? code_at(n, at.ip) : code_now(n, at.ip);
		if (!c)
			break;
		if (!c->libc) {
			*place = at.ip - at.called;
			elf_of(n, c); /* so that it can be named when the process has gone */
			return 0;
		}
		if (step(n, c, &at))
			break;
	}
	return -ENOENT;
}

int look_native_name(struct look_native *n, uint64_t place, struct look_frame *out)
{
	struct code *c = code_at(n, place);
	*out = (struct look_frame){ 0 };
	return c ? name_kept(n, c, place, out) : -ENOENT;
}

int look_native_frame(struct look_native *n, uint64_t sp, uint64_t ip, struct look_frame *out)
{
	uint64_t place;
	*out = (struct look_frame){ 0 };
	int err = look_native_place(n, sp, ip, &place);
	return err ? err : look_native_name(n, place, out);
}

/* Tasks --------------------------------------------------------------------------------------------------------- */

/* What fiber_swap leaves there: src/fiber/switch_*.S. */
int look_native_parked(pid_t pid, uint64_t sp, struct look_cursor *out)
{
#ifdef __x86_64__
	enum { FRAME = 5, RETURN = 6, WORDS = 7, BYTES = 56 };
#else
	enum { FRAME = 0, RETURN = 1, WORDS = 2, BYTES = 160 };
#endif
	uint64_t words[WORDS];
	int err = look_peek(pid, sp, words, sizeof words);
	if (err)
		return err;
	*out = (struct look_cursor){
		.ip = words[RETURN], .sp = sp + BYTES, .fp = words[FRAME], .knows_fp = true, .called = true
	};
	return 0;
}

/* Where a task's stack begins: nothing of the program's is above. */
static bool is_root(const struct look_frame *f)
{
	static const char *const names[] = { "fiber_trampoline", "fiber_entry", "fiber_ended", "task_main" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(f->function, names[i]))
			return true;
	return false;
}

unsigned look_native_stack(struct look_native *n, const struct look_cursor *from, struct look_frame *out, unsigned most)
{
	struct look_cursor at = *from;
	unsigned depth = 0;
	while (depth < most) {
		struct code *c = code_at(n, at.ip);
		struct look_elf *elf = c ? elf_of(n, c) : NULL;
		if (!c || name_kept(n, c, at.ip - at.called, &out[depth]) || is_root(&out[depth]))
			break;
		depth++;
		int err = elf ? look_elf_unwind(elf, n->pid, &at) : -ENOTSUP;
		if (err == -ENOTSUP || err == -EAGAIN)
			err = guess(n, &at);
		if (err)
			break;
	}
	return depth;
}
