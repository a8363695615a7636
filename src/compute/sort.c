/* The sort by a comparator: pieces by a stable quicksort (quick.h), then, on more than a few cores, merged by twos,
 * each merge divided among as many cores as come. The pieces change sides with every merge, from the array to as
 * much room beside it and back; the number of levels is even, so they end in the array. Items of the usual sizes
 * are moved themselves, others by way of pointers to them. */
#include <errno.h>
#include <string.h>

#include "compute/loop.h"
#include "compute/sort.h"

#define PIECE_MIN 2048    /* items; below, it does not pay */
#define MERGE_ITEMS 16384 /* in a range of a merge */

struct engine {
	size_t size;
	void (*sort)(void *v, size_t n, void *scratch, struct order o);
	size_t (*left_of)(size_t k, const void *left, size_t nleft, const void *right, size_t nright, struct order o);
	void (*merge)(const void *left, size_t nleft, const void *right, size_t nright, void *to, struct order o);
};

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

#define LESS(o, a, b) ((o).compare((a), (b), (o).arg) < 0)
#define UNIT unit4
#define NAME(x) x##_4
#include "compute/engine.h"
#define UNIT unit8
#define NAME(x) x##_8
#include "compute/engine.h"
#define UNIT unit16
#define NAME(x) x##_16
#include "compute/engine.h"
#define UNIT unit24
#define NAME(x) x##_24
#include "compute/engine.h"
#define UNIT unit32
#define NAME(x) x##_32
#include "compute/engine.h"
#undef LESS
#define LESS(o, a, b) ((o).compare(*(a), *(b), (o).arg) < 0)
#define UNIT unit_at
#define NAME(x) x##_at
#include "compute/engine.h"

struct sort {
	const struct engine *engine;
	struct order order;
	struct control control;
};

/* Some items, and as much room beside them. */
struct node {
	struct offer offer;
	struct sort *sort;
	char *v, *scratch;
	size_t n;
	unsigned level; /* of merges still to come */
};

struct merge {
	struct sort *sort;
	const char *from;
	char *to;
	size_t n; /* the first n / 2 are the left run */
};

static int merge_range(size_t begin, size_t end, void *arg)
{
	const struct merge *m = arg;
	const struct engine *e = m->sort->engine;
	struct order o = m->sort->order;
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
	size_t half = t->n / 2, bytes = half * t->sort->engine->size;
	struct node left = { .sort = t->sort, .v = t->v, .scratch = t->scratch, .n = half, .level = t->level - 1 };
	struct node right = { .sort = t->sort,
			      .v = t->v + bytes,
			      .scratch = t->scratch + bytes,
			      .n = t->n - half,
			      .level = t->level - 1 };
	bool offered = offer_make(&right.offer, &t->sort->control, run_node, &right);

	run_node(&left);
	if (offered)
		offer_join(&right.offer);
	else
		run_node(&right);
}

static void run_node(void *arg)
{
	struct node *t = arg;
	struct sort *s = t->sort;
	bool back = t->level % 2 == 0;
	struct merge m = { .sort = s, .from = back ? t->scratch : t->v, .to = back ? t->v : t->scratch, .n = t->n };

	if (t->level == 0) {
		if (!control_ended(&s->control))
			s->engine->sort(t->v, t->n, t->scratch, s->order);
		return;
	}
	sort_halves(t);
	loop_under(&s->control, t->n, MERGE_ITEMS, merge_range, &m);
	if (control_error(&s->control)) /* all items are to be there, in whatever order */
		memcpy(m.to, m.from, t->n * s->engine->size);
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

static int sort_units(struct sort *s, void *base, size_t n)
{
	size_t bytes = n * s->engine->size;
	struct node all = { .sort = s, .v = base, .n = n, .level = levels(n, control_width(&s->control)) };

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

static int sort_by_pointers(struct sort *s, struct gather *g, size_t n)
{
	int err;

	for (size_t i = 0; i < n; i++)
		g->at[i] = g->base + i * g->size;
	s->engine = &engine_at;
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

static int sort_any(struct sort *s, void *base, size_t n, size_t size)
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

int sort_items(const struct hob_loop *how, void *base, size_t n, size_t size, hob_compare_fn *compare, void *arg)
{
	static const struct engine *const engines[] = { &engine_4, &engine_8, &engine_16, &engine_24, &engine_32 };
	struct sort s = { .control = control_of(how) };

	s.order = (struct order){ .compare = compare, .arg = arg, .control = &s.control };
	if (n < 2 || size == 0)
		return 0;
	for (size_t i = 0; i < sizeof engines / sizeof *engines; i++)
		if (engines[i]->size == size)
			s.engine = engines[i];
	return s.engine ? sort_units(&s, base, n) : sort_any(&s, base, n, size);
}
