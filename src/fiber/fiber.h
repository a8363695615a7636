/* A stack of its own for a function, and the switch between two of them. What sanitizers, Valgrind and debuggers must
 * be told of it stands behind fiber/annotate.h. */
#ifndef FIBER_FIBER_H
#define FIBER_FIBER_H

#include <stddef.h>

#include "fiber/annotate.h"

typedef void fiber_fn(void *arg);

struct fiber {
	void *sp;                     /* where its registers lie, while it is switched off */
	void *stack_low;              /* the usable stack; NULL for a thread's own */
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
void fiber_swap_first(void **save, void *load); /* the same, where `load` is new: fiber_init has made it */

/* Switches from the running fiber `from` to `to`. Returns when something switches back, perhaps on another thread: so
 * no address of a thread-local variable may be kept across it, which compilers do within one function. */
static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
	annotate_leave(&from->annotation, &to->annotation, false);
	fiber_swap(&from->sp, to->sp);
	annotate_arrive(&from->annotation);
}

/* The same where `to` has never run: predicted better than fiber_switch, which does for it, too. */
static inline void fiber_switch_first(struct fiber *from, struct fiber *to)
{
	annotate_leave(&from->annotation, &to->annotation, false);
	fiber_swap_first(&from->sp, to->sp);
	annotate_arrive(&from->annotation);
}

/* The same where `from` will never run again: its stack may be freed once `to` runs. To be called by the function that
 * fiber_init was given, for the best of predictions: nothing between the two is returned from. */
static inline __attribute__((always_inline)) _Noreturn void fiber_switch_last(struct fiber *from, struct fiber *to)
{
	annotate_leave(&from->annotation, &to->annotation, true);
	/* A jump: a call would push an address that nobody returns to, and upset all predictions above. */
#if defined(__x86_64__)
	__asm__ volatile("jmp fiber_resume" : : "D"(to->sp) : "memory");
#elif defined(__aarch64__)
	register void *sp __asm__("x0") = to->sp;
	__asm__ volatile("b fiber_resume" : : "r"(sp) : "memory");
#endif
	__builtin_unreachable();
}

#endif
