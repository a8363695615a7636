/* The reduction. Usually it is the loop of loop.c, and an accumulator is begun only where a split is: so who works
 * alone folds all into one, and how the items are bracketed depends on who came when. The repeatable one folds
 * equal ranges each into its own, and combines them up a binary tree over their numbers, whoever runs which. */
#include <errno.h>
#include <string.h>

#include "compute/fold.h"
#include "compute/loop.h"

#define RANGES 256 /* of a repeatable reduction whose grain is automatic */

struct reduce {
	const struct hob_reduction *how;
	bool automatic;
	size_t n;
	size_t range; /* of a repeatable one, whose parts count in ranges */
	struct control control;
};

/* What is right of a split, with an accumulator of its own. */
struct part {
	struct offer offer;
	struct reduce *reduce;
	size_t begin, end, grain;
	void *acc;
	_Alignas(max_align_t) char room[64]; /* for most there are */
};

void fold_begin(void *acc, const void *identity, size_t size)
{
	if (identity)
		memcpy(acc, identity, size);
	else
		memset(acc, 0, size);
}

static bool part_begin(struct part *p, struct reduce *r, size_t begin, size_t end, size_t grain)
{
	p->reduce = r;
	p->begin = begin;
	p->end = end;
	p->grain = grain;
	p->acc = r->how->size <= sizeof p->room ? p->room : sys.alloc(r->how->size);
	if (!p->acc)
		return false;
	fold_begin(p->acc, r->how->identity, r->how->size);
	return true;
}

/* Its result goes into the accumulator left of it. Of what failed nothing is combined: it may be half done. */
static void part_end(struct part *p, void *acc)
{
	if (acc && !control_error(&p->reduce->control))
		p->reduce->how->combine(acc, p->acc, p->reduce->how->arg);
	if (p->acc != p->room)
		sys.free(p->acc);
}

static size_t fold_range(struct reduce *r, size_t begin, size_t end, size_t grain, bool more, void *acc)
{
	bool timed = r->automatic && more;
	hob_time before = timed ? sys.now() : 0;

	control_fail(&r->control, r->how->fold(begin, end, acc, r->how->arg));
	return timed ? grain_after(grain, before) : grain;
}

static void run_part(void *arg);

static bool split(struct reduce *r, size_t begin, size_t end, size_t grain, void *acc);

/* Whose caller has just seen that it has not ended. */
static void run(struct reduce *r, size_t begin, size_t end, size_t grain, void *acc)
{
	while (end - begin > grain) {
		size_t next = begin + grain;

		if (offer_wanted() && split(r, begin, end, grain, acc))
			return;
		grain = fold_range(r, begin, next, grain, true, acc);
		begin = next;
		if (control_ended(&r->control))
			return;
	}
	fold_range(r, begin, end, grain, false, acc);
}

static void run_part(void *arg)
{
	struct part *p = arg;

	if (!control_ended(&p->reduce->control))
		run(p->reduce, p->begin, p->end, p->grain, p->acc);
}

/* False: nobody may help, or memory is short, and then one does without. */
static bool split(struct reduce *r, size_t begin, size_t end, size_t grain, void *acc)
{
	struct part rest;
	bool offered;

	if (!part_begin(&rest, r, split_at(begin, end, grain), end, grain))
		return false;
	offered = offer_make(&rest.offer, &r->control, run_part, &rest);
	if (offered) {
		run(r, begin, rest.begin, grain, acc);
		offer_join(&rest.offer);
	}
	part_end(&rest, offered ? acc : NULL);
	return offered;
}

static void run_subtree(void *arg);

/* The ranges begin to end - 1. */
static void run_tree(struct reduce *r, size_t begin, size_t end, void *acc)
{
	struct part rest;

	if (control_ended(&r->control))
		return;
	if (end - begin == 1) {
		size_t first = begin * r->range, left = r->n - first;

		fold_range(r, first, first + (left < r->range ? left : r->range), 0, false, acc);
		return;
	}
	if (!part_begin(&rest, r, begin + (end - begin) / 2, end, 0)) {
		control_fail(&r->control, -ENOMEM);
		return;
	}
	if (offer_wanted() && offer_make(&rest.offer, &r->control, run_subtree, &rest)) {
		run_tree(r, begin, rest.begin, acc);
		offer_join(&rest.offer);
	} else {
		run_tree(r, begin, rest.begin, acc);
		run_subtree(&rest);
	}
	part_end(&rest, acc);
}

static void run_subtree(void *arg)
{
	struct part *p = arg;

	run_tree(p->reduce, p->begin, p->end, p->acc);
}

int fold_reduce(const struct hob_loop *how, size_t n, const struct hob_reduction *h, void *result)
{
	struct reduce r = { .how = h, .n = n, .control = control_of(how) };
	size_t grain = how ? how->grain : 0;

	fold_begin(result, h->identity, h->size);
	r.automatic = !grain;
	r.range = grain ? grain : (n - 1) / RANGES + 1;
	if (n && h->repeatable)
		run_tree(&r, 0, (n - 1) / r.range + 1, result);
	else if (n && !control_ended(&r.control))
		run(&r, 0, n, grain ? grain : 1, result);
	return control_error(&r.control);
}
