/* A CPython that is not there: its memory, as small as the reader may still take it for one, of any version that is
 * known. Two threads: the first waits in a function of Python's own library, called from `wörk` in line 13 of
 * /app/日.py; the second holds the GIL and runs no Python. */
#ifndef TEST_LOOK_MOCK_PYTHON_H
#define TEST_LOOK_MOCK_PYTHON_H

#include <elf.h>

#include "fake.h"
#include "look/python_layout.h"

#define MOCK_BASE 0x7f0000000000u
#define MOCK_PID 1234
#define MOCK_OTHER 1235 /* the thread that holds the GIL */

/* Where things lie. */
enum {
	MOCK_DYNAMIC = 0x200,
	MOCK_NAMES = 0x300,
	MOCK_SYMBOLS = 0x400,
	MOCK_HASH = 0x500,
	MOCK_MODULE_TYPE = 0xfc0,
	MOCK_CODE_TYPE = 0xfd0,
	MOCK_VERSION = 0xfe0,
	MOCK_RUNTIME = 0x1000,
	MOCK_INTERPRETER = 0x3000,
	MOCK_GIL = 0x3800,
	MOCK_THREADS = 0x4000, /* 0x400 each */
	MOCK_CFRAME = 0x4c00,
	MOCK_FRAMES = 0x5000, /* 0x200 each: library, between, own */
	MOCK_CODES = 0x6000,  /* 0x400 each */
	MOCK_TEXTS = 0x7000,  /* 0x100 each */
	MOCK_LINES = 0x8000,
	MOCK_COPIES = 0x8400, /* of the instructions */
	MOCK_DICT = 0x9000,
	MOCK_KEYS = 0x9100,
	MOCK_MODULES = 0x9400,  /* 0x100 each; then their definitions */
	MOCK_PTHREADS = 0xa000, /* 0x1000 each */
	MOCK_BYTES = 0xc000,
};

struct mock {
	unsigned minor;
	bool free_threaded, gil_is_on, gnu_hash;
	struct look_layout at;
	unsigned char memory[MOCK_BYTES];
};

static struct mock mock;
static unsigned mock_reads;
static int (*mock_spoil)(void *buf, size_t len); /* looks at what is read, or fails it */

static uint64_t mock_address(unsigned offset)
{
	return MOCK_BASE + offset;
}

static void mock_put(unsigned at, const void *bytes, size_t len)
{
	CHECK(at + len <= sizeof mock.memory);
	memcpy(mock.memory + at, bytes, len);
}

static void mock_word(unsigned at, uint64_t value)
{
	mock_put(at, &value, 8);
}

static inline uint64_t mock_get(unsigned at)
{
	uint64_t value;
	memcpy(&value, mock.memory + at, sizeof value);
	return value;
}

static void mock_half(unsigned at, uint32_t value)
{
	mock_put(at, &value, 4);
}

static ssize_t mock_read(pid_t pid, uint64_t address, void *to, size_t len)
{
	CHECK_EQ(pid, MOCK_PID);
	CHECK(len < 1 << 20);
	mock_reads++;
	if (address < MOCK_BASE || address - MOCK_BASE >= sizeof mock.memory)
		return -EFAULT;
	size_t left = sizeof mock.memory - (size_t)(address - MOCK_BASE);
	len = len < left ? len : left;
	memcpy(to, mock.memory + (address - MOCK_BASE), len);
	int err = mock_spoil ? mock_spoil(to, len) : 0;
	return err ? err : (ssize_t)len;
}

/* The file that it is in ------------------------------------------------------------------------------------------ */

static const struct {
	const char *name;
	unsigned value;
} mock_symbols[] = { { "", 0 },
		     { "_PyRuntime", MOCK_RUNTIME },
		     { "Py_Version", MOCK_VERSION },
		     { "PyCode_Type", MOCK_CODE_TYPE },
		     { "PyModuleDef_Type", MOCK_MODULE_TYPE } };

enum { MOCK_SYMBOL_COUNT = sizeof mock_symbols / sizeof mock_symbols[0] };

/* One bucket that all are in, in either form. */
static void mock_hashes(void)
{
	if (!mock.gnu_hash) {
		mock_half(MOCK_HASH, 1);
		mock_half(MOCK_HASH + 4, MOCK_SYMBOL_COUNT);
		mock_half(MOCK_HASH + 8, 1);
		for (unsigned i = 0; i < MOCK_SYMBOL_COUNT; i++)
			mock_half(MOCK_HASH + 12 + 4 * i, i && i + 1 < MOCK_SYMBOL_COUNT ? i + 1 : 0);
		return;
	}
	const uint32_t head[4] = { 1, 1, 1, 0 }; /* buckets, first symbol, words of the filter, shift */
	mock_put(MOCK_HASH, head, sizeof head);
	mock_half(MOCK_HASH + 24, 1);
	for (unsigned i = 1; i < MOCK_SYMBOL_COUNT; i++) {
		uint32_t hash = 5381;
		for (const char *c = mock_symbols[i].name; *c; c++)
			hash = hash * 33 + (unsigned char)*c;
		mock_half(MOCK_HASH + 28 + 4 * (i - 1), (hash & ~1u) | (i + 1 == MOCK_SYMBOL_COUNT));
	}
}

static void mock_file(void)
{
	Elf64_Ehdr head = { .e_phoff = sizeof head, .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2 };
	memcpy(head.e_ident, ELFMAG, SELFMAG);
	head.e_ident[EI_CLASS] = ELFCLASS64;
	head.e_ident[EI_DATA] = ELFDATA2LSB;
	Elf64_Phdr segments[2] = {
		{ .p_type = PT_LOAD, .p_filesz = MOCK_BYTES, .p_memsz = MOCK_BYTES },
		{ .p_type = PT_DYNAMIC, .p_vaddr = MOCK_DYNAMIC, .p_memsz = 5 * sizeof(Elf64_Dyn) },
	};
	Elf64_Dyn dynamic[5] = {
		{ .d_tag = DT_SYMTAB, .d_un.d_val = mock_address(MOCK_SYMBOLS) }, /* moved already, as glibc does */
		{ .d_tag = DT_STRTAB, .d_un.d_val = MOCK_NAMES },                 /* and not */
		{ .d_tag = DT_STRSZ, .d_un.d_val = 0x100 },
		{ .d_tag = mock.gnu_hash ? DT_GNU_HASH : DT_HASH, .d_un.d_val = MOCK_HASH },
	};
	mock_put(0, &head, sizeof head);
	mock_put(sizeof head, segments, sizeof segments);
	mock_put(MOCK_DYNAMIC, dynamic, sizeof dynamic);
	unsigned name = 0;
	for (unsigned i = 0; i < MOCK_SYMBOL_COUNT; i++) {
		Elf64_Sym symbol = { .st_name = name, .st_value = mock_symbols[i].value, .st_shndx = i ? 1 : 0 };
		mock_put(MOCK_SYMBOLS + i * (unsigned)sizeof symbol, &symbol, sizeof symbol);
		mock_put(MOCK_NAMES + name, mock_symbols[i].name, strlen(mock_symbols[i].name) + 1);
		name += (unsigned)strlen(mock_symbols[i].name) + 1;
	}
	mock_hashes();
}

/* The table that 3.13 and 3.14 carry ------------------------------------------------------------------------------ */

/* In the order of the headers. What nobody reads is 1. */
static void mock_table(void)
{
	bool v14 = mock.minor == 14;
	unsigned object = mock.free_threaded ? 32 : 16, text = object + (mock.free_threaded ? 24 : 24);
	const uint64_t all[] = {
		1,           1,
		0x300, /* runtime: size, finalizing, interpreters_head */
		1,           1,
		0x20,        0x28, /* interpreter: size, id, next, threads_head */
		14,          1,
		0x58,        1,
		1,           0x60, /* threads_main; gc, imports, sysdict, builtins, gil */
		0x100,       mock.free_threaded ? 8 : 0,
		0x120,       0x118, /* _gil, enabled, locked, holder */
		14,          14,    /* code_object_generation, tlbc_generation */
		1,           1,
		8,           1,
		0x48,        0x98,
		0xa0,        1,
		1, /* thread */
		0x58,        8,
		0,           0x38,
		1,           0x46,
		14,          14, /* frame; stackpointer, tlbc_index */
		1,           0x70,
		1,           0x80,
		0x88,        0x44,
		1,           1,
		1,           0xd0,
		14,                      /* code; co_tlbc */
		object,      object - 8, /* object */
		1,           1,
		1,           1,
		1,           1,
		1,           1,
		1,           1, /* type, tuple, list */
		14,          14,
		14,          14, /* set */
		1,           object + 16,
		1, /* dict */
		1,           1,
		1,           1,
		1, /* float, long */
		1,           object,
		object + 16, /* bytes */
		1,           object + 16,
		object,      text, /* unicode: size, state, length, ascii */
	};
	unsigned fields14 = 0, at = MOCK_RUNTIME;
	mock_put(at, "xdebugpy", 8);
	mock_word(at + 8, 3u << 24 | mock.minor << 16 | 0x5f0);
	mock_word(at + 16, mock.free_threaded);
	at += 24;
	for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
		uint64_t value = all[i];
		if (value == 14) { /* only 3.14 has it */
			static const unsigned values[] = { 1, 1, 1, 1, 0x50, 0xc0, 1, 1, 1, 1 };
			value = values[fields14++];
			if (fields14 == 5 || fields14 == 6)
				value = mock.free_threaded ? value : 0;
			if (!v14)
				continue;
		}
		mock_word(at, value);
		at += 8;
	}
}

/* Objects --------------------------------------------------------------------------------------------------------- */

static unsigned mock_texts;

static uint64_t mock_text(const void *characters, unsigned count, unsigned kind, bool ascii)
{
	unsigned at = MOCK_TEXTS + 0x100 * mock_texts++;
	unsigned shift = mock.minor == 14 ? 16 : 2;
	mock_word(at + mock.at.text_length, count);
	mock_half(at + mock.at.text_state, 1 | kind << shift | 8u << shift | (ascii ? 16u : 0) << shift);
	mock_put(at + (ascii ? mock.at.text_ascii : mock.at.text_wide), characters, count * kind);
	return mock_address(at);
}

static void mock_code(unsigned at, uint64_t file, uint64_t name)
{
	const struct look_layout *l = &mock.at;
	static const unsigned char tables[][6] = {
		[LOOK_LINES_LNOTAB] = { 2, 1, 2, 2, 2, 5 },
		[LOOK_LINES_RANGES] = { 2, 0, 4, 3, 2, 5 },
		[LOOK_LINES_LOCATIONS] = { 0xe8, 0, 0xe9, 6, 0xe8, 10 },
	};
	mock_word(at + l->object_type, mock_address(MOCK_CODE_TYPE));
	mock_word(at + l->code_file, file);
	mock_word(at + l->code_name, name);
	mock_word(at + l->code_lines, mock_address(MOCK_LINES));
	mock_half(at + l->code_first_line, 10);
	mock_word(MOCK_LINES + l->bytes_count, 6);
	mock_put(MOCK_LINES + l->bytes_data, tables[l->lines], 6);
	if (l->code_tlbc) {
		mock_word(at + l->code_tlbc, mock_address(MOCK_COPIES));
		mock_word(MOCK_COPIES, 2);
		mock_word(MOCK_COPIES + 16, mock_address(MOCK_COPIES + 0x100)); /* copy number 1 */
	}
}

static void mock_frame(unsigned at, unsigned code, unsigned back, bool real)
{
	const struct look_layout *l = &mock.at;
	unsigned start = l->frame_tlbc ? MOCK_COPIES + 0x100 : code + l->code_instructions;
	mock_word(at + l->frame_code, mock_address(code) | (mock.minor == 14 ? 1 : 0));
	mock_word(at + l->frame_back, back ? mock_address(back) : 0);
	if (l->frame_on_heap)
		mock_half(at + l->frame_instruction, mock.minor == 10 ? 2 : 4);
	else
		mock_word(at + l->frame_instruction, mock_address(start + 4));
	if (l->frame_tlbc)
		mock_half(at + l->frame_tlbc, 1);
	if (l->frame_owner)
		mock.memory[at + l->frame_owner] = real ? 0 : 3;
}

static void mock_frames(void)
{
	static const unsigned char work[] = { 'w', 0xf6, 'r', 'k' };
	static const uint16_t app[] = { '/', 'a', 'p', 'p', '/', 0x65e5, '.', 'p', 'y' };
	static const char library[] = "/usr/lib/python3.9/threading.py";
	uint64_t wait = mock_text("wait", 4, 1, true);
	unsigned between = MOCK_FRAMES + 0x200, own = MOCK_FRAMES + 0x400;
	mock_code(MOCK_CODES, mock_text(library, sizeof library - 1, 1, true), wait);
	mock_code(MOCK_CODES + 0x400, mock_text(app, 9, 2, false), mock_text(work, 4, 1, false));
	mock_frame(MOCK_FRAMES, MOCK_CODES, mock.minor >= 12 ? between : own, true);
	mock_frame(between, 0, own, false); /* stands for a call from C: no code at all */
	mock_frame(own, MOCK_CODES + 0x400, 0, true);
}

/* Threads, the GIL, modules --------------------------------------------------------------------------------------- */

static void mock_threads(void)
{
	const struct look_layout *l = &mock.at;
	for (unsigned i = 0; i < 2; i++) {
		unsigned at = MOCK_THREADS + 0x400 * i, tid = i ? MOCK_PID : MOCK_OTHER; /* the newest first */
		mock_word(at + l->thread_next, i ? 0 : mock_address(at + 0x400));
		mock_word(at + l->thread_id, mock_address(MOCK_PTHREADS + 0x1000 * i));
		if (l->thread_tid)
			mock_word(at + l->thread_tid, tid);
		mock_half(MOCK_PTHREADS + 0x1000 * i + 720, tid);
	}
	mock_word(MOCK_CFRAME + l->cframe_frame, mock_address(MOCK_FRAMES));
	mock_word(MOCK_THREADS + 0x400 + l->thread_frame, mock_address(l->frame_in_cframe ? MOCK_CFRAME : MOCK_FRAMES));
	mock_word(MOCK_INTERPRETER + l->threads, mock_address(MOCK_THREADS));
	mock_word(MOCK_RUNTIME + l->interpreters, mock_address(MOCK_INTERPRETER));
}

static unsigned mock_gil(void)
{
	return mock.at.gil_by_interpreter ? MOCK_GIL : MOCK_RUNTIME + mock.at.gil;
}

static void mock_gils(void)
{
	const struct look_layout *l = &mock.at;
	if (l->gil_by_interpreter)
		mock_word(MOCK_INTERPRETER + l->gil, mock_address(MOCK_GIL));
	if (mock.free_threaded)
		mock_half(mock_gil() + l->gil_enabled, mock.gil_is_on ? INT32_MAX : 0);
	mock_word(mock_gil() + l->gil_holder, mock_address(MOCK_THREADS));
	mock_half(mock_gil() + l->gil_locked, 1);
	mock_word(mock_gil() + l->gil_switches, 77);
}

/* Two extension modules, `safe` and `greedy`, and `pure`, which is none. */
static void mock_modules(void)
{
	const struct look_layout *l = &mock.at;
	static const char *const names[] = { "safe", "greedy", "pure" };
	mock_word(MOCK_INTERPRETER + l->modules, mock_address(MOCK_DICT));
	mock_word(MOCK_DICT + l->dict_keys, mock_address(MOCK_KEYS));
	mock.memory[MOCK_KEYS + 9] = 3;  /* 8 bytes of indices */
	mock.memory[MOCK_KEYS + 10] = 1; /* keys are str: entries are key, value */
	mock_word(MOCK_KEYS + 24, 3);
	for (unsigned i = 0; i < 3; i++) {
		unsigned module = MOCK_MODULES + 0x100 * i, definition = MOCK_MODULES + 0x400 + 0x100 * i;
		unsigned slots = definition + 0x80;
		mock_word(MOCK_KEYS + 40 + 16 * i, mock_text(names[i], (unsigned)strlen(names[i]), 1, true));
		mock_word(MOCK_KEYS + 48 + 16 * i, mock_address(module));
		if (i == 2)
			continue;
		mock_word(module + l->object_bytes + 8, mock_address(definition));
		mock_word(module + l->object_bytes + 40, i == 0); /* md_gil: 1 is Py_MOD_GIL_NOT_USED */
		mock_word(definition + l->object_type, mock_address(MOCK_MODULE_TYPE));
		mock_word(definition + l->object_bytes + 56, mock_address(slots));
		mock_word(slots, 2); /* Py_mod_exec */
		mock_word(slots + 16, i == 0 ? 4 : 0);
		mock_word(slots + 24, 1);
	}
}

/* Makes it, and lets /proc and memory be read from it until fake_end(). */
static void mock_start(unsigned minor, bool free_threaded, bool gil_is_on)
{
	static char maps[256];
	static const struct fake_file files[] = { { .path = "/proc/1234/maps", .text = maps }, { .path = NULL } };
	mock = (struct mock){ .minor = minor, .free_threaded = free_threaded, .gil_is_on = gil_is_on };
	mock.gnu_hash = minor % 2;
	mock_texts = 0;
	mock_spoil = NULL;
	snprintf(maps, sizeof maps, "%llx-%llx rw-p 00000000 08:01 77 /usr/bin/python3.%u\n",
		 (unsigned long long)MOCK_BASE, (unsigned long long)MOCK_BASE + MOCK_BYTES, minor);
	mock_file();
	if (minor >= 13) {
		uint32_t version;
		uint64_t words[LOOK_DEBUG_WORDS];
		mock_table();
		memcpy(words, mock.memory + MOCK_RUNTIME, sizeof words);
		CHECK(look_layout_read(words, &version, &mock.at));
	} else {
		CHECK(look_layout_of(minor, &mock.at));
		if (minor >= 11)
			mock_word(MOCK_VERSION, 3u << 24 | minor << 16 | 0x5f0);
	}
	mock_frames();
	mock_threads();
	mock_gils();
	if (minor >= 13)
		mock_modules();
	fake_start(files);
	sys.vm_read = mock_read;
}

#endif
