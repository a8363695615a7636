/* Compares look_layout_of() with what the headers of one CPython (3.8 to 3.12) say: built and run by python_live.py,
 * with that CPython's folder of headers. A line for each difference. */
#define Py_BUILD_CORE 1
#include <Python.h>

#if PY_VERSION_HEX < 0x03090000
#include <internal/pycore_pystate.h>
#else
#include <internal/pycore_interp.h>
#include <internal/pycore_runtime.h>
#endif
#if PY_VERSION_HEX < 0x030b0000
#include <code.h>
#include <frameobject.h>
#else
#include <internal/pycore_frame.h>
#endif
#include <internal/pycore_gil.h>
#include <stddef.h>
#include <stdio.h>

#include "look/python_layout.h"

static int differ;

static void compare(const char *what, size_t ours, size_t theirs)
{
	if (ours == theirs)
		return;
	printf("%s: %zu, the headers say %zu\n", what, ours, theirs);
	differ = 1;
}

#define FIELD(field, type, member) compare(#field, l.field, offsetof(type, member))

static void compare_frames(struct look_layout l)
{
#if PY_VERSION_HEX < 0x030b0000
	FIELD(threads, PyInterpreterState, tstate_head);
	FIELD(thread_frame, PyThreadState, frame);
	FIELD(frame_code, PyFrameObject, f_code);
	FIELD(frame_back, PyFrameObject, f_back);
	FIELD(frame_instruction, PyFrameObject, f_lasti);
	FIELD(code_name, PyCodeObject, co_name);
#else
	FIELD(threads, PyInterpreterState, threads.head);
	FIELD(thread_tid, PyThreadState, native_thread_id);
	FIELD(thread_frame, PyThreadState, cframe);
	FIELD(cframe_frame, _PyCFrame, current_frame);
	FIELD(frame_code, _PyInterpreterFrame, f_code);
	FIELD(frame_back, _PyInterpreterFrame, previous);
	FIELD(frame_instruction, _PyInterpreterFrame, prev_instr);
	FIELD(frame_owner, _PyInterpreterFrame, owner);
	FIELD(code_name, PyCodeObject, co_qualname);
	FIELD(code_instructions, PyCodeObject, co_code_adaptive);
#endif
}

static void compare_objects(struct look_layout l)
{
	FIELD(code_file, PyCodeObject, co_filename);
	FIELD(code_first_line, PyCodeObject, co_firstlineno);
#if PY_VERSION_HEX < 0x030a0000
	FIELD(code_lines, PyCodeObject, co_lnotab);
#else
	FIELD(code_lines, PyCodeObject, co_linetable);
#endif
	FIELD(object_type, PyObject, ob_type);
	FIELD(bytes_count, PyBytesObject, ob_base.ob_size);
	FIELD(bytes_data, PyBytesObject, ob_sval);
	FIELD(text_length, PyASCIIObject, length);
	FIELD(text_state, PyASCIIObject, state);
	compare("object_bytes", l.object_bytes, sizeof(PyObject));
	compare("text_ascii", l.text_ascii, sizeof(PyASCIIObject));
	compare("text_wide", l.text_wide, sizeof(PyCompactUnicodeObject));
}

int main(void)
{
	struct look_layout l;
	if (!look_layout_of(PY_MINOR_VERSION, &l)) {
		printf("no layout of 3.%d\n", PY_MINOR_VERSION);
		return 1;
	}
	FIELD(interpreters, _PyRuntimeState, interpreters.head);
	FIELD(interpreter_next, PyInterpreterState, next);
#if PY_VERSION_HEX < 0x030c0000
	FIELD(gil, _PyRuntimeState, ceval.gil);
#else
	FIELD(gil, PyInterpreterState, ceval.gil);
#endif
	FIELD(gil_holder, struct _gil_runtime_state, last_holder);
	FIELD(gil_locked, struct _gil_runtime_state, locked);
	FIELD(gil_switches, struct _gil_runtime_state, switch_number);
	compare("gil_bytes", l.gil_bytes, sizeof(struct _gil_runtime_state));
	FIELD(thread_next, PyThreadState, next);
	FIELD(thread_id, PyThreadState, thread_id);
	compare_frames(l);
	compare_objects(l);
	return differ;
}
