/* Code objects: the name and file of a function, and its lines. Those seen lately are kept: a thread is mostly in one
 * of a few functions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sys.h"
#include "look/python_inner.h"
#include "look/python_lines.h"
#include "look/remote.h"

enum { MAX_TEXT = 4096 }; /* characters */

/* What is read of a code object each time, to tell whether it is still the one that is kept. */
struct head {
	uint64_t type, file, name, table, copies;
	uint32_t first_line;
};

static int read_head(const struct look_python *p, uint64_t address, struct head *h)
{
	unsigned char bytes[LOOK_CODE_BYTES];
	if (look_peek(p->pid, address, bytes, p->at.code_bytes))
		return -EAGAIN;
	memcpy(&h->type, bytes + p->at.object_type, sizeof h->type);
	memcpy(&h->file, bytes + p->at.code_file, sizeof h->file);
	memcpy(&h->name, bytes + p->at.code_name, sizeof h->name);
	memcpy(&h->table, bytes + p->at.code_lines, sizeof h->table);
	memcpy(&h->first_line, bytes + p->at.code_first_line, sizeof h->first_line);
	h->copies = 0;
	if (p->at.code_tlbc)
		memcpy(&h->copies, bytes + p->at.code_tlbc, sizeof h->copies);
	return p->code_type && h->type != p->code_type ? -EAGAIN : 0;
}

/* Text ------------------------------------------------------------------------------------------------------------ */

/* What a str says of its form: kind (1, 2 or 4 bytes a character), compact, ascii. The bits stand behind `interned`,
 * whose width is not the same in every version; any other place than theirs makes no sense. */
static bool read_form(uint32_t state, unsigned *kind, bool *ascii)
{
	static const unsigned char shifts[] = { 2, 8, 16 };
	for (unsigned i = 0; i < sizeof shifts; i++) {
		unsigned bits = state >> shifts[i] & 31;
		*kind = bits & 7;
		*ascii = bits & 16;
		if ((*kind == 1 || *kind == 2 || *kind == 4) && (bits & 8) && (!*ascii || *kind == 1))
			return true;
	}
	return false;
}

static unsigned encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = c ? (char)c : '?';
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 63));
		out[2] = (char)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | (c >> 18 & 7));
	out[1] = (char)(0x80 | (c >> 12 & 63));
	out[2] = (char)(0x80 | (c >> 6 & 63));
	out[3] = (char)(0x80 | (c & 63));
	return 4;
}

static void to_utf8(const unsigned char *from, size_t count, unsigned kind, char *out, size_t size)
{
	size_t len = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t c = 0;
		char bytes[4];
		memcpy(&c, from + i * kind, kind); /* little-endian, as the machines that hob runs on */
		unsigned n = encode(c, bytes);
		if (len + n >= size)
			break;
		memcpy(out + len, bytes, n);
		len += n;
	}
	out[len] = '\0';
}

int look_python_text(const struct look_python *p, uint64_t address, bool tail, char *out, size_t size)
{
	unsigned char head[LOOK_TEXT_BYTES], text[1024];
	uint64_t count;
	uint32_t state;
	unsigned kind;
	bool ascii;
	if (look_peek(p->pid, address, head, p->at.text_ascii))
		return -EAGAIN;
	memcpy(&count, head + p->at.text_length, sizeof count);
	memcpy(&state, head + p->at.text_state, sizeof state);
	if (count > MAX_TEXT || !read_form(state, &kind, &ascii))
		return -EAGAIN;
	uint64_t data = address + (ascii ? p->at.text_ascii : p->at.text_wide);
	size_t fit = size - 1 < sizeof text / 4 ? size - 1 : sizeof text / 4;
	size_t taken = count < fit ? count : fit;
	if (tail)
		data += (count - taken) * kind;
	if (taken && look_peek(p->pid, data, text, taken * kind))
		return -EAGAIN;
	to_utf8(text, taken, kind, out, size);
	return 0;
}

/* A code object's own ------------------------------------------------------------------------------------------- */

static int read_lines(const struct look_python *p, struct look_code *c)
{
	uint64_t count;
	if (look_peek(p->pid, c->table + p->at.bytes_count, &count, sizeof count) || count > LOOK_PYTHON_LINES)
		return -EAGAIN;
	c->lines = count ? sys.alloc(count) : NULL;
	if (!c->lines)
		return count ? -ENOMEM : 0;
	c->lines_bytes = count;
	return look_peek(p->pid, c->table + p->at.bytes_data, c->lines, count) ? -EAGAIN : 0;
}

/* Python's own library lies in .../python3.N/ itself, and what is installed in a folder of it. */
static bool is_library(const char *path)
{
	const char *at = strstr(path, "/python3.");
	if (!strncmp(path, "<frozen ", 8))
		return true;
	return at && strchr(at + 1, '/') && !strstr(at, "/site-packages/") && !strstr(at, "/dist-packages/");
}

static void forget(struct look_code *c)
{
	sys.free(c->lines);
	*c = (struct look_code){ 0 };
}

static int learn(const struct look_python *p, struct look_code *c, uint64_t address, const struct head *h)
{
	forget(c);
	*c = (struct look_code){ .file = h->file, .name = h->name, .table = h->table, .first_line = h->first_line };
	int err = look_python_text(p, h->file, true, c->path, sizeof c->path);
	if (!err)
		err = look_python_text(p, h->name, false, c->function, sizeof c->function);
	if (!err)
		err = read_lines(p, c);
	if (err) {
		forget(c);
		return err;
	}
	c->library = is_library(c->path);
	c->address = address;
	return 0;
}

/* Where the instructions are that a frame points into: in the code object, or in a thread's copy of them. */
static int instructions_of(const struct look_python *p, uint64_t address, uint64_t copies, uint32_t tlbc,
			   uint64_t *start)
{
	*start = address + p->at.code_instructions;
	if (!tlbc || !copies)
		return 0;
	return look_peek_pointer(p->pid, copies + 8 + (uint64_t)tlbc * 8, start) ? -EAGAIN : 0;
}

int look_python_code(struct look_python *p, uint64_t address, uint64_t instruction, uint32_t tlbc,
		     struct look_frame *out, bool *library)
{
	struct look_code *c = &p->codes[(address >> 4 ^ address >> 12) % LOOK_PYTHON_CODES];
	struct head h;
	int err = read_head(p, address, &h);
	if (!err && (c->address != address || c->file != h.file || c->name != h.name || c->table != h.table ||
		     c->first_line != h.first_line))
		err = learn(p, c, address, &h);
	uint64_t start = 0;
	if (!err && !p->at.frame_on_heap)
		err = instructions_of(p, address, h.copies, tlbc, &start);
	if (err)
		return err;
	memcpy(out->function, c->function, sizeof out->function);
	memcpy(out->file, c->path, sizeof out->file);
	/* An offset before the first instruction, of a function that only begins, is large: it has the first line. */
	uint64_t at = instruction - start;
	out->line = at < UINT32_MAX / 2 ? look_line(p->at.lines, c->lines, c->lines_bytes, c->first_line, at)
					: c->first_line;
	*library = c->library;
	return 0;
}

void look_python_forget_codes(struct look_python *p)
{
	for (unsigned i = 0; i < LOOK_PYTHON_CODES; i++)
		forget(&p->codes[i]);
}
