/* The sort of numbers: a radix sort (radix.h) over unsigned keys of the same order. */
#include <errno.h>
#include <string.h>

#include "compute/loop.h"
#include "compute/sort.h"

/* How a number becomes an unsigned one of the same order: the sign bit is flipped where there are signs, and where they
 * are floats all other bits of negative ones, too. */
struct mask {
	uint64_t negative; /* bits flipped of negative numbers, beside the sign */
	uint64_t sign;     /* 1: it is flipped */
};

struct radix {
	struct hob_sort sort;
	struct mask mask;
	unsigned width;
};

#define DIGITS 256  /* values of a digit: more would not fit into the first-level caches, of data and addresses */
#define LEAF 256    /* keys that are not worth a division */
#define AHEAD 128   /* keys: fetched so long before use, since caches look ahead by themselves to a page's end only */
#define SAMPLE 32   /* keys to guess from */
#define BLOCK 16384 /* keys in a block, at least */
#define BLOCKS 4    /* a core, to balance */

#define HOB_LESS(o, a, b) ((void)(o), *(a) < *(b))

#define UNIT uint32_t
#define SIGNED int32_t
#define NAME(x) x##_32
#include "compute/radix.h"
#undef UNIT
#undef SIGNED
#undef NAME
#define UNIT uint64_t
#define SIGNED int64_t
#define NAME(x) x##_64
#include "compute/radix.h"

static struct mask mask_of(enum hob_key kind)
{
	switch (kind) {
	case HOB_KEY_UINT32:
	case HOB_KEY_UINT64:
		break;
	case HOB_KEY_INT32:
	case HOB_KEY_INT64:
		return (struct mask){ .sign = 1 };
	case HOB_KEY_FLOAT:
	case HOB_KEY_DOUBLE:
		return (struct mask){ .negative = UINT64_MAX, .sign = 1 };
	}
	return (struct mask){ 0 };
}

int sort_keys(const struct hob_loop *how, void *keys, size_t n, enum hob_key kind)
{
	bool narrow = kind == HOB_KEY_INT32 || kind == HOB_KEY_UINT32 || kind == HOB_KEY_FLOAT;
	struct radix r = { .sort.control = control_of(how), .mask = mask_of(kind) };
	size_t bytes = n * (narrow ? 4 : 8);
	void *scratch;

	if (n < 2)
		return 0;
	scratch = scratch_get(bytes);
	if (!scratch)
		return -ENOMEM;
	r.width = control_width(&r.sort.control);
	if (narrow)
		radix_sort_32(&r, keys, n, scratch);
	else
		radix_sort_64(&r, keys, n, scratch);
	scratch_put(scratch, bytes);
	return control_error(&r.sort.control);
}
