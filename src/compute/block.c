/* The loop over two dimensions: the longer side is halved until the block is small enough, which visits blocks in an
 * order that is good for every level of cache at once (Frigo, Leiserson, Prokop and Ramachandran, "Cache-Oblivious
 * Algorithms", 1999). A half is put on offer only where none is, as in loop.c. */
#include "compute/loop.h"

struct grid {
	hob_block_fn *fn;
	void *arg;
	bool automatic;
	struct control *control;
};

struct part {
	struct offer offer;
	struct grid *grid;
	struct hob_block block;
	size_t grain; /* what one who runs parts has found, from one to the next */
};

static size_t area(const struct hob_block *b)
{
	size_t items;

	return __builtin_mul_overflow(b->row_end - b->row, b->column_end - b->column, &items) ? SIZE_MAX : items;
}

/* Cuts the second half off. */
static struct hob_block halve(struct hob_block *b)
{
	size_t rows = b->row_end - b->row, columns = b->column_end - b->column;
	struct hob_block rest = *b;

	if (rows >= columns)
		b->row_end = rest.row = b->row + rows / 2;
	else
		b->column_end = rest.column = b->column + columns / 2;
	return rest;
}

static void run_block(struct grid *g, const struct hob_block *b, size_t *grain)
{
	hob_time before = g->automatic ? sys.now() : 0;

	control_fail(g->control, g->fn(b, g->arg));
	if (g->automatic && area(b) > *grain / 2)
		*grain = grain_after(*grain, before);
}

static void run_part(void *arg);

static void run(struct grid *g, struct hob_block b, size_t *grain)
{
	while (area(&b) > *grain && !control_ended(g->control)) {
		struct part rest = { .grid = g, .block = halve(&b), .grain = *grain };

		if (offer_wanted() && offer_make(&rest.offer, g->control, run_part, &rest)) {
			run(g, b, grain);
			offer_join(&rest.offer);
			return;
		}
		run(g, b, grain);
		b = rest.block;
	}
	if (!control_ended(g->control))
		run_block(g, &b, grain);
}

static void run_part(void *arg)
{
	struct part *p = arg;

	run(p->grid, p->block, &p->grain);
}

int loop_2d(const struct hob_loop *how, size_t rows, size_t columns, hob_block_fn *fn, void *arg)
{
	struct control c = control_of(how);
	struct grid g = { .fn = fn, .arg = arg, .automatic = !how || !how->grain, .control = &c };
	size_t grain = g.automatic ? 1 : how->grain;

	if (rows && columns)
		run(&g, (struct hob_block){ .row_end = rows, .column_end = columns }, &grain);
	return control_error(&c);
}
