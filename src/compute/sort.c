/* The sort by a comparator: pieces by a stable quicksort (hob/sort.h), then, on more than a few cores, merged by twos,
 * each merge divided among as many cores as come. The pieces change sides with every merge, from the array to as
 * much room beside it and back; the number of levels is even, so they end in the array. Items of the usual sizes
 * are moved themselves, others by way of pointers to them. */
#include <errno.h>
#include <string.h>

#include "compute/loop.h"
#include "compute/sort.h"

#define PIECE_MIN 2048    /* items; below, it does not pay */
#define MERGE_ITEMS 16384 /* in a range of a merge */

typedef uint32_t __attribute__((aligned(1), may_alias)) unit4;
typedef uint64_t __attribute__((aligned(1), may_alias)) unit8;
typedef struct __attribute__((packed, may_alias)) {
	uint64_t word[2];
} unit16;
typedef struct __attribute__((packed, may_alias)) {
	uint64_t word[3];
} unit24;
typedef struct __attribute__((packed, may_alias)) {
	uint64_t word[4];
} unit32;
typedef const void *unit_at;

#define HOB_LESS(o, a, b) ((o).compare((a), (b), (o).arg) < 0)
#define HOB_UNIT unit4
#define HOB_NAME(x) x##_4
#include <hob/sort.h>
#define HOB_UNIT unit8
#define HOB_NAME(x) x##_8
#include <hob/sort.h>
#define HOB_UNIT unit16
#define HOB_NAME(x) x##_16
#include <hob/sort.h>
#define HOB_UNIT unit24
#define HOB_NAME(x) x##_24
#include <hob/sort.h>
#define HOB_UNIT unit32
#define HOB_NAME(x) x##_32
#include <hob/sort.h>
#undef HOB_LESS
#define HOB_LESS(o, a, b) ((o).compare(*(a), *(b), (o).arg) < 0)
#define HOB_UNIT unit_at
#define HOB_NAME(x) x##_at
#include <hob/sort.h>

static const struct hob_sort_kind kinds[] = {
	{ 4, sort_items_4, left_of_items_4, merge_items_4 },
	{ 8, sort_items_8, left_of_items_8, merge_items_8 },
	{ 16, sort_items_16, left_of_items_16, merge_items_16 },
	{ 24, sort_items_24, left_of_items_24, merge_items_24 },
	{ 32, sort_items_32, left_of_items_32, merge_items_32 },
};
static const struct hob_sort_kind kind_at = { sizeof(unit_at), sort_items_at, left_of_items_at, merge_items_at };

/* Some items, and as much room beside them. */
struct node {
	struct hob_sort *sort;
	char *v, *scratch;
	size_t n;
	unsigned level; /* of merges still to come */
};

struct merge {
	struct hob_sort *sort;
	const char *from;
	char *to;
	size_t n; /* the first n / 2 are the left run */
};

static int merge_range(size_t begin, size_t end, void *arg)
{
	const struct merge *m = arg;
	const struct hob_sort_kind *e = m->sort->kind;
	struct hob_sort_order o = m->sort->order;
	size_t nleft = m->n / 2, nright = m->n - nleft;
	const char *right = m->from + nleft * e->size;
	size_t i = e->left_of(begin, m->from, nleft, right, nright, o);
	size_t i_end = e->left_of(end, m->from, nleft, right, nright, o);

	e->merge(m->from + i * e->size, i_end - i, right + (begin - i) * e->size, (end - i_end) - (begin - i),
		 m->to + begin * e->size, o);
	return 0;
}

static void run_node(void *arg);

static void sort_halves(struct node *t)
{
	size_t half = t->n / 2, bytes = half * t->sort->kind->size;
	struct node left = { .sort = t->sort, .v = t->v, .scratch = t->scratch, .n = half, .level = t->level - 1 };
	struct node right = { .sort = t->sort,
			      .v = t->v + bytes,
			      .scratch = t->scratch + bytes,
			      .n = t->n - half,
			      .level = t->level - 1 };

	hob_sort_both(t->sort, run_node, &left, &right);
}

static void run_node(void *arg)
{
	struct node *t = arg;
	struct hob_sort *s = t->sort;
	bool back = t->level % 2 == 0;
	struct merge m = { .sort = s, .from = back ? t->scratch : t->v, .to = back ? t->v : t->scratch, .n = t->n };

	if (t->level == 0) {
		if (!control_ended(&s->control))
			s->kind->sort(t->v, t->n, t->scratch, s->order);
		return;
	}
	sort_halves(t);
	loop_under(&s->control, t->n, MERGE_ITEMS, merge_range, &m);
	if (control_error(&s->control)) /* all items are to be there, in whatever order */
		memcpy(m.to, m.from, t->n * s->kind->size);
}

/* Within a piece the quicksort forks, too, but its first partition is one core's: so as many pieces as make two
 * cores for each. */
static unsigned levels(size_t n, unsigned width)
{
	unsigned l = 0;

	while (1u << l < width / 2 && n >> (l + 2) >= PIECE_MIN)
		l += 2;
	return l;
}

static int sort_units(struct hob_sort *s, void *base, size_t n)
{
	size_t bytes = n * s->kind->size;
	struct node all = { .sort = s, .v = base, .n = n, .level = levels(n, control_width(&s->control)) };

	s->order.sort = s;
	all.scratch = scratch_get(bytes);
	if (!all.scratch)
		return -ENOMEM;
	run_node(&all);
	scratch_put(all.scratch, bytes);
	return control_error(&s->control);
}

/* Items of any size. */
struct gather {
	char *base, *sorted;
	const void **at;
	size_t size;
};

static int gather_range(size_t begin, size_t end, void *arg)
{
	const struct gather *g = arg;

	for (size_t i = begin; i < end; i++)
		memcpy(g->sorted + i * g->size, g->at[i], g->size);
	return 0;
}

static int put_back_range(size_t begin, size_t end, void *arg)
{
	const struct gather *g = arg;

	memcpy(g->base + begin * g->size, g->sorted + begin * g->size, (end - begin) * g->size);
	return 0;
}

static int sort_by_pointers(struct hob_sort *s, struct gather *g, size_t n)
{
	int err;

	for (size_t i = 0; i < n; i++)
		g->at[i] = g->base + i * g->size;
	s->kind = &kind_at;
	err = sort_units(s, g->at, n);
	if (err)
		return err;
	loop_under(&s->control, n, 0, gather_range, g);
	if (control_error(&s->control))
		return control_error(&s->control);
	/* From here on to the end: half of it would leave items twice. */
	put_back_range(0, n, g);
	return 0;
}

static int sort_any(struct hob_sort *s, void *base, size_t n, size_t size)
{
	struct gather g = { .base = base, .size = size };
	size_t at_bytes = n * sizeof *g.at, bytes = n * size;
	int err = -ENOMEM;

	g.at = scratch_get(at_bytes);
	g.sorted = scratch_get(bytes);
	if (g.at && g.sorted)
		err = sort_by_pointers(s, &g, n);
	scratch_put(g.sorted, bytes);
	scratch_put(g.at, at_bytes);
	return err;
}

static struct hob_sort sort_of(const struct hob_loop *how, hob_compare_fn *compare, void *arg)
{
	return (struct hob_sort){ .control = control_of(how), .order = { .compare = compare, .arg = arg } };
}

int sort_items(const struct hob_loop *how, void *base, size_t n, size_t size, hob_compare_fn *compare, void *arg)
{
	struct hob_sort s = sort_of(how, compare, arg);

	if (n < 2 || size == 0)
		return 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].size == size)
			s.kind = &kinds[i];
	return s.kind ? sort_units(&s, base, n) : sort_any(&s, base, n, size);
}

int sort_run(const struct hob_loop *how, void *base, size_t n, void *arg, const struct hob_sort_kind *kind)
{
	struct hob_sort s = sort_of(how, NULL, arg);

	s.kind = kind;
	return n < 2 ? 0 : sort_units(&s, base, n);
}

int hob_sort_ended(struct hob_sort *s)
{
	return control_ended(&s->control);
}

void hob_sort_both(struct hob_sort *s, hob_job_fn *fn, void *left, void *right)
{
	struct offer offer;
	bool offered = offer_make(&offer, &s->control, fn, right);

	fn(left);
	if (offered)
		offer_join(&offer);
	else
		fn(right);
}
