/* Begins and ends fibers. The first switch to a fiber returns into fiber_entry, which calls fn(arg). */
#include "fiber/fiber.h"

#include <stdint.h>

#include "base/check.h"

void fiber_entry(void); /* not to be called: the first return address of a new stack */

/* What fiber_swap takes off a stack; the order is told in switch_<machine>.S. */
#if defined(__x86_64__)
struct parked {
	void *r15, *r14, *r13;
	void *arg;    /* r12 */
	fiber_fn *fn; /* rbx */
	void *frame;  /* rbp: none above this one */
	void (*entry)(void);
};
#elif defined(__aarch64__)
struct parked {
	void *frame;         /* x29: none above this one */
	void (*entry)(void); /* x30 */
	fiber_fn *fn;        /* x19 */
	void *arg;           /* x20 */
	void *x21_to_x28[8];
	double d8_to_d15[8];
};
#else
#error "no fiber switch for this machine yet: add a switch_<machine>.S"
#endif

#ifdef HOB_ANNOTATE
/* The first switch to a fiber has no call of fiber_switch to return into that would report the arrival. */
static void arrive_first(void *arg)
{
	struct fiber *f = arg;
	annotate_arrive(&f->annotation);
	f->fn(f->arg);
}
#endif

void fiber_init_thread(struct fiber *f)
{
	*f = (struct fiber){ .sp = NULL };
	annotate_init_thread(&f->annotation);
}

/* Nothing is held for a thread: the counterpart keeps callers free of knowing that. */
void fiber_finish_thread(struct fiber *f)
{
	*f = (struct fiber){ .sp = NULL };
}

void fiber_init(struct fiber *f, void *low, size_t bytes, fiber_fn *fn, void *arg)
{
	DEBUG_CHECK(bytes > sizeof(struct parked) + 16);
	*f = (struct fiber){ .stack_low = low };
#ifdef HOB_ANNOTATE
	f->fn = fn;
	f->arg = arg;
	fn = arrive_first;
	arg = f;
#endif
	/* Both ABIs want the stack pointer at a multiple of 16 before a call, and fiber_entry makes one. */
	uintptr_t top = ((uintptr_t)low + bytes) & ~(uintptr_t)15;
	struct parked *p = (struct parked *)top - 1;
	*p = (struct parked){ .fn = fn, .arg = arg, .entry = fiber_entry };
	f->sp = p;
	annotate_init(&f->annotation, low, bytes);
}

void fiber_finish(struct fiber *f)
{
	annotate_finish(&f->annotation);
}
