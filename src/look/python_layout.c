/* Where the fields that we read lie in each CPython from 3.8 to 3.14.
 *
 * To 3.12 the offsets are those that the compiler finds in that version's headers; test/look/python_offsets.c compares
 * them with each CPython of the machine. Since 3.13 the interpreter carries a table of them, whose own layout is
 * that of pycore_runtime.h (3.13) and pycore_debug_offsets.h (3.14). */
#include "look/python_layout.h"

#include <pthread.h>
#include <string.h>

/* Behind the count of switches: cond, mutex, switch_cond, switch_mutex. */
static uint32_t gil_bytes(uint32_t switches)
{
	return switches + 8 + 2 * (uint32_t)(sizeof(pthread_cond_t) + sizeof(pthread_mutex_t));
}

static void common(struct look_layout *l)
{
	*l = (struct look_layout){
		.interpreters = 32,
		.threads = 8,
		.gil_holder = 8,
		.gil_locked = 16,
		.gil_switches = 24,
		.gil_bytes = gil_bytes(24),
		.thread_next = 8,
		.object_type = 8,
		.object_bytes = 16,
		.bytes_count = 16,
		.bytes_data = 32,
		.text_length = 16,
		.text_state = 32,
		.text_ascii = 48,
		.text_wide = 72,
	};
}

static void frames_on_heap(struct look_layout *l, unsigned minor)
{
	l->gil = minor == 8 ? 1152 : 352;
	l->thread_id = 176;
	l->thread_frame = 24;
	l->frame_on_heap = true;
	l->frame_code = 32;
	l->frame_back = 24;
	l->frame_instruction = minor == 10 ? 96 : 104;
	l->frame_bytes = l->frame_instruction + 8;
	l->code_first_line = 40;
	l->code_file = 104;
	l->code_name = 112;
	l->code_lines = 120;
	l->code_bytes = 128;
	l->lines = minor == 10 ? LOOK_LINES_RANGES : LOOK_LINES_LNOTAB;
}

static void frames_in_chunks(struct look_layout *l, unsigned minor)
{
	bool has_own_gil = minor == 12;
	l->interpreters = 40;
	l->threads = has_own_gil ? 72 : 16;
	l->gil = has_own_gil ? 384 : 360;
	l->gil_by_interpreter = has_own_gil;
	l->thread_id = has_own_gil ? 136 : 152;
	l->thread_tid = l->thread_id + 8;
	l->thread_frame = 56;
	l->frame_in_cframe = true;
	l->cframe_frame = has_own_gil ? 0 : 8;
	l->frame_code = has_own_gil ? 0 : 32;
	l->frame_back = has_own_gil ? 8 : 48;
	l->frame_instruction = 56;
	l->frame_owner = has_own_gil ? 70 : 69;
	l->frame_bytes = 72;
	l->code_first_line = has_own_gil ? 68 : 72;
	l->code_file = 112;
	l->code_name = 128; /* co_qualname */
	l->code_lines = 136;
	l->code_instructions = has_own_gil ? 192 : 184;
	l->code_bytes = 144;
	l->lines = LOOK_LINES_LOCATIONS;
	if (has_own_gil) {
		l->text_ascii = 40;
		l->text_wide = 56;
	}
}

bool look_layout_of(unsigned minor, struct look_layout *out)
{
	common(out);
	if (minor >= 8 && minor <= 10)
		frames_on_heap(out, minor);
	else if (minor == 11 || minor == 12)
		frames_in_chunks(out, minor);
	else
		return false;
	return true;
}

/* The tables since 3.13 ------------------------------------------------------------------------------------------ */

/* The words of a table are read in turn. An offset is small; the first that is not spoils the rest. */
struct words {
	const uint64_t *at;
	bool bad;
};

static uint32_t word(struct words *w)
{
	uint64_t value = *w->at++;
	if (value > 1 << 22) /* the largest structure is _PyRuntime, of some 300 KiB */
		w->bad = true;
	return (uint32_t)value;
}

static void skip(struct words *w, unsigned n)
{
	w->at += n;
}

static void read_interpreter(struct words *w, struct look_layout *l, bool v14)
{
	skip(w, 2); /* size, finalizing */
	l->interpreters = word(w);
	skip(w, 2); /* size, id */
	l->interpreter_next = word(w);
	l->threads = word(w);
	skip(w, v14 ? 2 : 1); /* (threads_main,) gc */
	l->modules = word(w);
	skip(w, 2); /* sysdict, builtins */
	l->gil = word(w);
	uint32_t state = word(w);
	l->gil_enabled = word(w);
	l->gil_locked = word(w) - state;
	l->gil_holder = word(w) - state;
	l->gil_switches = l->gil_locked + 8;
	skip(w, v14 ? 2 : 0); /* code_object_generation, tlbc_generation */
}

static void read_thread(struct words *w, struct look_layout *l)
{
	skip(w, 2); /* size, prev */
	l->thread_next = word(w);
	skip(w, 1); /* interp */
	l->thread_frame = word(w);
	l->thread_id = word(w);
	l->thread_tid = word(w);
	skip(w, 2); /* datastack_chunk, status */
}

static void read_frame(struct words *w, struct look_layout *l, bool v14)
{
	l->frame_bytes = word(w);
	l->frame_back = word(w);
	l->frame_code = word(w);
	l->frame_instruction = word(w);
	skip(w, 1); /* localsplus */
	l->frame_owner = word(w);
	skip(w, v14 ? 1 : 0); /* stackpointer */
	l->frame_tlbc = v14 ? word(w) : 0;
}

static void read_code(struct words *w, struct look_layout *l, bool v14)
{
	skip(w, 1);
	l->code_file = word(w);
	skip(w, 1); /* name; qualname says more */
	l->code_name = word(w);
	l->code_lines = word(w);
	l->code_first_line = word(w);
	skip(w, 3); /* argcount, localsplusnames, localspluskinds */
	l->code_instructions = word(w);
	l->code_tlbc = v14 ? word(w) : 0;
	l->code_bytes = l->code_instructions; /* all that is asked for lies before the instructions */
}

static void read_objects(struct words *w, struct look_layout *l, bool v14)
{
	l->object_bytes = word(w);
	l->object_type = word(w);
	skip(w, 4 + 3 + 3 + (v14 ? 4 : 0)); /* type, tuple, list, (set) */
	skip(w, 1);
	l->dict_keys = word(w);
	skip(w, 1);
	skip(w, 2 + 3); /* float, long */
	skip(w, 1);
	l->bytes_count = word(w);
	l->bytes_data = word(w);
	skip(w, 1);
	l->text_state = word(w);
	l->text_length = word(w);
	l->text_ascii = word(w);
	l->text_wide = l->text_ascii + 16; /* utf8_length, utf8 */
}

static bool inside(uint32_t field, uint32_t field_bytes, uint32_t bytes)
{
	return field + field_bytes <= bytes; /* neither is above 1 << 22 */
}

/* Each field lies in what is read of its structure, and that in the buffers of ours. */
static bool fits(const struct look_layout *l)
{
	return l->gil_locked < 128 && inside(l->gil_holder, 8, l->gil_switches) && l->gil_enabled < l->gil_switches &&
	       inside(l->thread_next, 8, LOOK_THREAD_BYTES) && inside(l->thread_frame, 8, LOOK_THREAD_BYTES) &&
	       inside(l->thread_id, 8, LOOK_THREAD_BYTES) && inside(l->thread_tid, 8, LOOK_THREAD_BYTES) &&
	       l->frame_bytes <= LOOK_FRAME_BYTES && inside(l->frame_back, 8, l->frame_bytes) &&
	       inside(l->frame_code, 8, l->frame_bytes) && inside(l->frame_instruction, 8, l->frame_bytes) &&
	       inside(l->frame_owner, 1, l->frame_bytes) && inside(l->frame_tlbc, 4, l->frame_bytes) &&
	       l->code_bytes <= LOOK_CODE_BYTES && inside(l->code_file, 8, l->code_bytes) &&
	       inside(l->code_name, 8, l->code_bytes) && inside(l->code_lines, 8, l->code_bytes) &&
	       inside(l->code_first_line, 4, l->code_bytes) && inside(l->code_tlbc, 8, l->code_bytes) &&
	       inside(l->object_type, 8, l->code_bytes) && l->text_ascii <= LOOK_TEXT_BYTES &&
	       inside(l->text_state, 4, l->text_ascii) && inside(l->text_length, 8, l->text_ascii);
}

bool look_layout_read(const uint64_t words[LOOK_DEBUG_WORDS], uint32_t *version, struct look_layout *out)
{
	struct words w = { .at = words + 3 };
	if (memcmp(words, "xdebugpy", 8) || words[1] >> 32)
		return false;
	*version = (uint32_t)words[1];
	unsigned minor = *version >> 16 & 0xff;
	if (*version >> 24 != 3 || (minor != 13 && minor != 14))
		return false;
	bool v14 = minor == 14;
	*out = (struct look_layout){ .free_threaded = words[2] != 0,
				     .gil_by_interpreter = true,
				     .lines = LOOK_LINES_LOCATIONS };
	read_interpreter(&w, out, v14);
	read_thread(&w, out);
	read_frame(&w, out, v14);
	read_code(&w, out, v14);
	read_objects(&w, out, v14);
	out->gil_bytes = gil_bytes(out->gil_switches);
	return !w.bad && fits(out);
}
