/* A radix sort of keys of one type, from the most significant digit on. No include guard: included once for each type,
 * with UNIT, the type, SIGNED, the signed integer of the same size, and NAME(x), the name of x for this type.
 *
 * A digit is taken from the highest bit on in which the keys at hand differ, so keys that lie close together (as
 * doubles do, by their exponents) are told apart as quickly as others. Which bit that is, is guessed from a few keys;
 * who counts sees whether the others agree, and if not, they are counted again: so as a rule memory is read once less.
 * Keys stay in the array until the first digit is counted; then buckets go from side to side, and come home at the
 * end. Small ones are left to the quicksort of hob/sort.h.
 */
#define HOB_UNIT UNIT
#define HOB_NAME NAME
#include <hob/sort.h>

/* The bijection to unsigned numbers of the same order, and back: see struct mask. */
static inline UNIT NAME(to_order)(UNIT k, struct mask m)
{
	UNIT sign = (UNIT)((SIGNED)k >> (8 * sizeof k - 1));

	return k ^ (UNIT)((sign & (UNIT)m.negative) | (UNIT)(m.sign << (8 * sizeof k - 1)));
}

static inline UNIT NAME(from_order)(UNIT k, struct mask m)
{
	UNIT sign = (UNIT)((SIGNED)k >> (8 * sizeof k - 1));

	return k ^ (UNIT)((~sign & (UNIT)m.negative) | (UNIT)(m.sign << (8 * sizeof k - 1)));
}

/* One division by a digit, in blocks that may be done at the same time. */
struct NAME(division) {
	struct radix *radix;
	UNIT *from, *to;
	size_t n, block, nblocks;
	struct mask mask; /* of `from` */
	bool home;        /* `from` is the array itself */
	UNIT first;       /* one of the keys */
	unsigned shift;   /* of the digit */
	size_t (*counts)[DIGITS];
	UNIT *differ; /* a block's: all bits in which some key differs from `first` */
};

static int NAME(count_blocks)(size_t begin, size_t end, void *arg)
{
	const struct NAME(division) *d = arg;
	const struct mask mask = d->mask;
	const UNIT *from = d->from, first = d->first;
	const unsigned shift = d->shift;

	for (size_t b = begin; b < end; b++) {
		size_t last = (b + 1) * d->block < d->n ? (b + 1) * d->block : d->n, *counts = d->counts[b];
		UNIT differ = 0;

		memset(counts, 0, sizeof d->counts[b]);
		for (size_t i = b * d->block; i < last; i++) {
			UNIT k = NAME(to_order)(from[i], mask);

			__builtin_prefetch(from + i + AHEAD);
			differ |= k ^ first;
			counts[k >> shift & (DIGITS - 1)]++;
		}
		d->differ[b] = differ;
	}
	return 0;
}

/* The counts are by now where each block's next key of each digit goes. */
static int NAME(scatter_blocks)(size_t begin, size_t end, void *arg)
{
	const struct NAME(division) *d = arg;
	const struct mask mask = d->mask;
	const UNIT *from = d->from;
	const unsigned shift = d->shift;
	UNIT *to = d->to;

	for (size_t b = begin; b < end; b++) {
		size_t last = (b + 1) * d->block < d->n ? (b + 1) * d->block : d->n, *next = d->counts[b];

		for (size_t i = b * d->block; i < last; i++) {
			UNIT k = NAME(to_order)(from[i], mask), *place = to + next[k >> shift & (DIGITS - 1)]++;

			*place = k;
			__builtin_prefetch(from + i + AHEAD);
			__builtin_prefetch(place + 64 / sizeof k, 1); /* a bucket's next cache line */
		}
	}
	return 0;
}

/* The last step of every key: it is in the array, and itself again. */
static void NAME(bring_home)(struct NAME(division) * d)
{
	UNIT *home = d->home ? d->from : d->to;

	for (size_t i = 0; i < d->n; i++)
		home[i] = NAME(from_order)(NAME(to_order)(d->from[i], d->mask), d->radix->mask);
}

static void NAME(sort_leaf)(struct NAME(division) * d)
{
	struct hob_sort_order o = { .sort = &d->radix->sort };

	for (size_t i = 0; i < d->n; i++)
		d->from[i] = NAME(to_order)(d->from[i], d->mask);
	d->mask = (struct mask){ 0 };
	NAME(sort_piece)(d->from, d->n, d->to, o);
	NAME(bring_home)(d);
}

static void NAME(sort_bucket)(struct radix *r, UNIT *from, UNIT *to, size_t n, bool home, struct mask mask);

/* The buckets of digits begin to end - 1. */
struct NAME(buckets) {
	struct NAME(division) * division;
	size_t begin, end;
};

/* A tree, not a loop: whatever ends the call, every key has to be brought home. */
static void NAME(sort_buckets)(void *arg)
{
	struct NAME(buckets) *all = arg;
	struct NAME(division) *d = all->division;
	const size_t *ends = d->counts[d->nblocks - 1];
	size_t begin = all->begin, first = begin ? ends[begin - 1] : 0, half = (all->end - begin) / 2;
	struct NAME(buckets) left = { .division = d, .begin = begin, .end = begin + half };
	struct NAME(buckets) right = { .division = d, .begin = begin + half, .end = all->end };

	if (half && ends[all->end - 1] - first > HOB_SORT_OFFERED) {
		hob_sort_both(&d->radix->sort, NAME(sort_buckets), &left, &right);
		return;
	}
	for (size_t b = begin; b < all->end; b++) {
		NAME(sort_bucket)
		(d->radix, d->to + first, d->from + first, ends[b] - first, !d->home, (struct mask){ 0 });
		first = ends[b];
	}
}

/* From how often to where: by digit, and within one by block. */
static void NAME(add_up)(struct NAME(division) * d)
{
	size_t sum = 0;

	for (size_t digit = 0; digit < DIGITS; digit++)
		for (size_t b = 0; b < d->nblocks; b++) {
			size_t count = d->counts[b][digit];

			d->counts[b][digit] = sum;
			sum += count;
		}
}

/* The digit for keys that differ in these bits. */
static unsigned NAME(shift_for)(UNIT differ)
{
	unsigned shift = 0;

	while (differ >> shift >= DIGITS)
		shift++;
	return shift;
}

static UNIT NAME(differ_in_sample)(const struct NAME(division) * d)
{
	UNIT differ = 0;

	for (size_t i = 0; i < SAMPLE; i++)
		differ |= NAME(to_order)(d->from[d->n / SAMPLE * i], d->mask) ^ d->first;
	return differ;
}

/* Runs fn over all blocks; where the call ends before, they may not all be done. */
static bool NAME(each_block)(struct NAME(division) * d, hob_range_fn *fn)
{
	loop_under(&d->radix->sort.control, d->nblocks, 1, fn, d);
	return control_error(&d->radix->sort.control) == 0;
}

/* Counts the digits. False: the call has ended, or all keys are equal. */
static bool NAME(count)(struct NAME(division) * d)
{
	unsigned guess;
	UNIT differ = 0;

	d->first = NAME(to_order)(d->from[0], d->mask);
	d->shift = guess = NAME(shift_for)(NAME(differ_in_sample)(d));
	if (!NAME(each_block)(d, NAME(count_blocks)))
		return false;
	for (size_t b = 0; b < d->nblocks; b++)
		differ |= d->differ[b];
	d->shift = NAME(shift_for)(differ);
	return differ && (d->shift == guess || NAME(each_block)(d, NAME(count_blocks)));
}

/* Where the call ends before all keys have moved, or they are all equal, they are brought home from where they were. */
static void NAME(divide)(struct NAME(division) * d)
{
	bool done = NAME(count)(d);

	if (done) {
		NAME(add_up)(d);
		done = NAME(each_block)(d, NAME(scatter_blocks));
	}
	if (!done) {
		NAME(bring_home)(d);
		return;
	}
	NAME(sort_buckets)(&(struct NAME(buckets)){ .division = d, .end = DIGITS });
}

static void NAME(sort_bucket)(struct radix *r, UNIT *from, UNIT *to, size_t n, bool home, struct mask mask)
{
	struct NAME(division) d = { .radix = r, .from = from, .to = to, .n = n, .mask = mask, .home = home };
	size_t blocks = n / BLOCK < BLOCKS * r->width ? n / BLOCK : BLOCKS * r->width;
	size_t counts[1][DIGITS];
	UNIT differ;
	void *shared = NULL;

	if (n <= LEAF) {
		NAME(sort_leaf)(&d);
		return;
	}
	if (r->width > 1 && blocks > 1)
		shared = sys.alloc(blocks * (sizeof *d.counts + sizeof *d.differ));
	d.nblocks = shared ? blocks : 1;
	d.block = (n - 1) / d.nblocks + 1;
	d.counts = shared ? shared : counts;
	d.differ = shared ? (void *)(d.counts + blocks) : &differ;
	NAME(divide)(&d);
	sys.free(shared);
}

/* The whole of it, with as much room in scratch. */
static void NAME(radix_sort)(struct radix *r, UNIT *keys, size_t n, UNIT *scratch)
{
	NAME(sort_bucket)(r, keys, scratch, n, true, r->mask);
}
