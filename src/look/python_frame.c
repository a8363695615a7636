/* The Python function that a thread is in. */
#include <errno.h>
#include <string.h>

#include "look/python.h"
#include "look/python_inner.h"
#include "look/remote.h"

#define TAGS 7 /* 3.14 marks references in the lowest bits of a pointer to an object */

enum { OWNED_BY_C = 3 };

/* The innermost frame of a thread, 0 where it has none; -EAGAIN where the thread at this place is another by now. */
static int first_frame(const struct look_python *p, const struct look_pythread *t, uint64_t *frame)
{
	unsigned char state[LOOK_THREAD_BYTES];
	uint64_t id;
	int err = look_peek(p->pid, t->state, state, sizeof state);
	if (err)
		return err == -EFAULT ? -EAGAIN : err;
	memcpy(&id, state + p->at.thread_id, sizeof id);
	memcpy(frame, state + p->at.thread_frame, sizeof *frame);
	if (id != t->id)
		return -EAGAIN;
	if (p->at.frame_in_cframe && *frame && look_peek_pointer(p->pid, *frame + p->at.cframe_frame, frame))
		return -EAGAIN;
	return 0;
}

struct frame {
	uint64_t code, back, instruction;
	uint32_t tlbc;
	bool real; /* some stand for a call from C and have no function */
};

static int read_frame(const struct look_python *p, uint64_t address, struct frame *f)
{
	unsigned char bytes[LOOK_FRAME_BYTES];
	uint32_t number;
	if (look_peek(p->pid, address, bytes, p->at.frame_bytes))
		return -EAGAIN;
	*f = (struct frame){ .real = true };
	memcpy(&f->code, bytes + p->at.frame_code, sizeof f->code);
	memcpy(&f->back, bytes + p->at.frame_back, sizeof f->back);
	f->code &= ~(uint64_t)TAGS;
	if (p->at.frame_on_heap) {
		memcpy(&number, bytes + p->at.frame_instruction, sizeof number);
		f->instruction = p->at.lines == LOOK_LINES_RANGES ? (uint64_t)number * 2 : number;
		return 0;
	}
	memcpy(&f->instruction, bytes + p->at.frame_instruction, sizeof f->instruction);
	if (p->at.frame_tlbc)
		memcpy(&f->tlbc, bytes + p->at.frame_tlbc, sizeof f->tlbc);
	f->real = p->minor < 12 || bytes[p->at.frame_owner] < OWNED_BY_C;
	return 0;
}

/* Outwards until a function is not of Python's own library; where all are, the innermost stands. */
static int search(struct look_python *p, uint64_t address, struct look_frame *out)
{
	bool found = false;
	for (unsigned depth = 0; address && depth < LOOK_PYTHON_DEPTH; depth++) {
		struct frame f;
		struct look_frame here;
		bool library;
		if (read_frame(p, address, &f))
			return found ? 0 : -EAGAIN;
		address = f.back;
		if (!f.real)
			continue;
		if (look_python_code(p, f.code, f.instruction, f.tlbc, &here, &library))
			return found ? 0 : -EAGAIN;
		if (!found || !library)
			*out = here;
		found = true;
		if (!library)
			break;
	}
	return found ? 0 : -ENOENT;
}

int look_python_frame(struct look_python *p, pid_t tid, struct look_frame *out)
{
	int err = -ENOENT;
	uint64_t frame = 0;
	*out = (struct look_frame){ 0 };
	for (int again = 0; again < 2; again++) {
		const struct look_pythread *t = look_python_thread(p, tid);
		err = t ? first_frame(p, t, &frame) : -ENOENT;
		if ((err != -ENOENT && err != -EAGAIN) || look_python_refresh(p))
			break;
	}
	return err ? err : search(p, frame, out);
}
