#include "meter/stamp.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

atomic_of(bool) stamp_counts;

static bool is_invariant(void)
{
#if defined(__x86_64__)
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && d >> 8 & 1;
#else
	return true;
#endif
}

static struct stamp_origin both(void)
{
	struct stamp_origin at = { .stamp = stamp_now() };

	at.ns = sys.now();
	return at;
}

struct stamp_origin stamp_begin(void)
{
	at_store(&stamp_counts, sys.now == sys_real.now && is_invariant(), RELAXED);
	return both();
}

double stamp_scale(struct stamp_origin begun)
{
	struct stamp_origin at = both();

	if (!at_load(&stamp_counts, RELAXED) || at.stamp <= begun.stamp)
		return 1;
	return (double)(at.ns - begun.ns) / (double)(at.stamp - begun.stamp);
}
