/* Where the fields that we read lie in each CPython from 3.8 to 3.14. */
#ifndef LOOK_PYTHON_LAYOUT_H
#define LOOK_PYTHON_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

/* How a code object says which instruction is which line. */
enum look_lines { LOOK_LINES_LNOTAB, LOOK_LINES_RANGES, LOOK_LINES_LOCATIONS };

/* So much is read of a structure at the most; every field that is asked for lies in it. */
enum { LOOK_THREAD_BYTES = 256, LOOK_FRAME_BYTES = 256, LOOK_CODE_BYTES = 512, LOOK_TEXT_BYTES = 128 };

/* Offsets in bytes; 0 where there is no such field, but for those that say so. */
struct look_layout {
	uint32_t interpreters;              /* in _PyRuntime: the list of interpreters, newest first */
	uint32_t interpreter_next, modules; /* in an interpreter; the first may be 0 */
	uint32_t threads;                   /* its list of threads */
	uint32_t gil; /* in an interpreter a pointer to its GIL; before 3.12 the GIL itself, in _PyRuntime */
	uint32_t gil_holder, gil_locked, gil_switches, gil_enabled, gil_bytes; /* in the GIL; gil_enabled may be 0 */
	uint32_t thread_next, thread_id, thread_tid;                           /* in a thread; thread_tid since 3.11 */
	uint32_t thread_frame, cframe_frame; /* the innermost frame; in 3.11 and 3.12 behind one more pointer */
	uint32_t frame_code, frame_back, frame_instruction, frame_owner, frame_tlbc, frame_bytes;
	uint32_t code_file, code_name, code_lines, code_first_line, code_instructions, code_tlbc, code_bytes;
	uint32_t object_type, object_bytes; /* in any object */
	uint32_t bytes_count, bytes_data, text_length, text_state, text_ascii, text_wide;
	uint32_t dict_keys; /* since 3.13, as is `modules` */
	enum look_lines lines;
	bool gil_by_interpreter; /* 3.12 */
	bool frame_on_heap;      /* to 3.10: the frame has a number of an instruction, later a pointer to it */
	bool frame_in_cframe;    /* 3.11, 3.12 */
	bool free_threaded;
};

/* A CPython from 3.8 to 3.12, as its own headers lay it out on 64-bit Linux. False: another version. */
bool look_layout_of(unsigned minor, struct look_layout *out);

/* The table that a CPython since 3.13 carries at the start of _PyRuntime, as 64-bit words. */
enum { LOOK_DEBUG_WORDS = 90 };

/* False where it is no such table, of a version that is not known, or with an offset that cannot be. The version comes
 * as PY_VERSION_HEX. */
bool look_layout_read(const uint64_t words[LOOK_DEBUG_WORDS], uint32_t *version, struct look_layout *out);

#endif
