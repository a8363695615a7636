/* The sleeping half of base/atomic.h. */
#include <stddef.h>

#include "base/atomic.h"
#include "base/sys.h"

#ifdef BASE_TSAN
uint32_t base_tsan_fence;
#endif

int futex_wait(atomic_of(uint32_t) *word, uint32_t expected, int64_t deadline)
{
	if (deadline == INT64_MAX)
		return sys.futex_wait(word, expected, NULL);
	if (deadline < 0)
		deadline = 0; /* the kernel calls a negative time invalid; to us it is one that is past */
	struct timespec at = { .tv_sec = deadline / 1000000000, .tv_nsec = deadline % 1000000000 };
	return sys.futex_wait(word, expected, &at);
}

void futex_wake(atomic_of(uint32_t) *word, int n)
{
	sys.futex_wake(word, n);
}
