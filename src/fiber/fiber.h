/* A stack of its own for a function, and the switch between two of them. What sanitizers, Valgrind and debuggers must
 * be told of it stands behind fiber/annotate.h. */
#ifndef FIBER_FIBER_H
#define FIBER_FIBER_H

#include <stddef.h>

#include "fiber/annotate.h"

typedef void fiber_fn(void *arg);

struct fiber {
	void *sp;        /* where its registers lie, while it is switched off */
	void *stack_low; /* the usable stack; NULL for a thread's own */
	size_t stack_bytes;
	struct annotation annotation; /* empty in a release build */
#ifdef HOB_ANNOTATE
	fiber_fn *fn; /* called once the arrival is told */
	void *arg;
#endif
};

/* Makes `f` stand for the calling thread as it runs now, so that it can be switched from and back to. */
void fiber_init_thread(struct fiber *f);
void fiber_finish_thread(struct fiber *f);

/* Makes `f` ready to run fn(arg) on [low, low + bytes), at the first switch to it. fn must never return. */
void fiber_init(struct fiber *f, void *low, size_t bytes, fiber_fn *fn, void *arg);

/* After the last switch away from `f`, before its stack is used again. */
void fiber_finish(struct fiber *f);

/* fiber/switch_<machine>.S: saves the callee-saved registers and the stack pointer, loads those of another. */
void fiber_swap(void **save, void *load);

/* Switches from the running fiber `from` to `to`. Returns when something switches back, perhaps on another thread: so
 * no address of a thread-local variable may be kept across it, which compilers do within one function. */
static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
	annotate_leave(&from->annotation, &to->annotation, false);
	fiber_swap(&from->sp, to->sp);
	annotate_arrive(&from->annotation);
}

/* The same where `from` will never run again: its stack may be freed once `to` runs. */
static inline _Noreturn void fiber_switch_last(struct fiber *from, struct fiber *to)
{
	annotate_leave(&from->annotation, &to->annotation, true);
	fiber_swap(&from->sp, to->sp);
	__builtin_unreachable();
}

#endif
