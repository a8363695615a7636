/* What AddressSanitizer, ThreadSanitizer, LeakSanitizer and Valgrind must be told of fibers: the one place that knows
 * them. Nothing at all without HOB_ANNOTATE, and Valgrind is who is meant where no sanitizer is compiled in. */
#ifndef FIBER_ANNOTATE_H
#define FIBER_ANNOTATE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define ANNOTATE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ANNOTATE_ASAN 1
#endif
#endif

#if defined(__SANITIZE_THREAD__)
#define ANNOTATE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ANNOTATE_TSAN 1
#endif
#endif

#if (defined(ANNOTATE_ASAN) || defined(ANNOTATE_TSAN)) && !defined(HOB_ANNOTATE)
#error "a build with a sanitizer needs -DHOB_ANNOTATE: it would not follow the switches"
#endif

#if defined(ANNOTATE_ASAN)
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#elif defined(ANNOTATE_TSAN)
#include <sanitizer/tsan_interface.h>
#elif defined(HOB_ANNOTATE)
#include <valgrind/valgrind.h>
#define ANNOTATE_VALGRIND 1
#endif

/* What the tool in question keeps of one fiber. */
struct annotation {
#if defined(ANNOTATE_ASAN)
	void *low; /* the stack: a thread's own, too */
	size_t bytes;
	void *fake_stack; /* while switched off */
#elif defined(ANNOTATE_TSAN)
	void *tsan;
#elif defined(ANNOTATE_VALGRIND)
	unsigned id;
#endif
};

/* Stands for the calling thread. */
static inline void annotate_init_thread(struct annotation *a)
{
#if defined(ANNOTATE_ASAN)
	pthread_attr_t attr;
	*a = (struct annotation){ 0 };
	if (pthread_getattr_np(pthread_self(), &attr) == 0) {
		pthread_attr_getstack(&attr, &a->low, &a->bytes);
		pthread_attr_destroy(&attr);
	}
#elif defined(ANNOTATE_TSAN)
	a->tsan = __tsan_get_current_fiber();
#endif
	(void)a;
}

static inline void annotate_init(struct annotation *a, void *low, size_t bytes)
{
#if defined(ANNOTATE_ASAN)
	*a = (struct annotation){ .low = low, .bytes = bytes };
#elif defined(ANNOTATE_TSAN)
	a->tsan = __tsan_create_fiber(0);
#elif defined(ANNOTATE_VALGRIND)
	a->id = VALGRIND_STACK_REGISTER(low, (char *)low + bytes);
#endif
	(void)a, (void)low, (void)bytes;
}

/* Frames that never returned have left their red zones behind, which the next user of the stack would run into. */
static inline void annotate_finish(struct annotation *a)
{
#if defined(ANNOTATE_ASAN)
	ASAN_UNPOISON_MEMORY_REGION(a->low, a->bytes);
#elif defined(ANNOTATE_TSAN)
	__tsan_destroy_fiber(a->tsan);
#elif defined(ANNOTATE_VALGRIND)
	VALGRIND_STACK_DEREGISTER(a->id);
#endif
	(void)a;
}

/* The two that stand around a switch are always inlined: ThreadSanitizer keeps a call stack for each fiber, so a call
 * that is entered on one and left on the other would upset both.
 *
 * Just before `from` is left for `to`; `last` where from never runs again, so that its fake stack can go. */
static inline __attribute__((always_inline)) void annotate_leave(struct annotation *from, struct annotation *to,
								 bool last)
{
#if defined(ANNOTATE_ASAN)
	__sanitizer_start_switch_fiber(last ? NULL : &from->fake_stack, to->low, to->bytes);
#elif defined(ANNOTATE_TSAN)
	__tsan_switch_to_fiber(to->tsan, 0); /* flag 0: what ran before the switch happens before what runs after */
#endif
	(void)from, (void)to, (void)last;
}

/* Just after a switch, first thing on the stack of `self`. */
static inline __attribute__((always_inline)) void annotate_arrive(struct annotation *self)
{
#if defined(ANNOTATE_ASAN)
	__sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
#endif
	(void)self;
}

/* A stack is out of its pool: LeakSanitizer looks for pointers there, since by itself it knows only the stacks of
 * threads. The guard must not be part of it. */
static inline void annotate_stack_out(void *mem, size_t bytes)
{
#if defined(ANNOTATE_ASAN)
	__lsan_register_root_region(mem, bytes);
#endif
	(void)mem, (void)bytes;
}

static inline void annotate_stack_back(void *mem, size_t bytes)
{
#if defined(ANNOTATE_ASAN)
	__lsan_unregister_root_region(mem, bytes);
#endif
	(void)mem, (void)bytes;
}

/* Whether guards must be such as mprotect makes. Valgrind looks into the memory that is handed to system calls, and
 * dies of a fault there that it could not foresee. */
static inline bool annotate_guard_by_protect(void)
{
#if defined(ANNOTATE_VALGRIND)
	return RUNNING_ON_VALGRIND;
#else
	return false;
#endif
}

#endif
