/* The parallel loop, by lazy binary splitting (Tzannes, Caragea, Barua and Vishkin, PPoPP 2010): who runs a range keeps
 * one half of it on offer, and works through the other range by range; only when the offer has been taken, which shows
 * in that no forked job is left, does it split what remains again. So a loop splits as often as others come for work,
 * and one that nobody comes for is forked log2(n) times. */
#include "compute/loop.h"

struct loop {
	hob_range_fn *fn;
	void *arg;
	bool automatic;
	struct control *control;
};

struct part {
	struct offer offer;
	struct loop *loop;
	size_t begin, end, grain;
};

/* One range. Answers the size for the next. */
static size_t run_range(struct loop *l, size_t begin, size_t end, size_t grain, bool more)
{
	bool timed = l->automatic && more;
	hob_time before = timed ? sys.now() : 0;

	control_fail(l->control, l->fn(begin, end, l->arg));
	return timed ? grain_after(grain, before) : grain;
}

static void run_part(void *arg);

static bool split(struct loop *l, size_t begin, size_t end, size_t grain);

/* Whose caller has just seen that the loop has not ended. */
static void run(struct loop *l, size_t begin, size_t end, size_t grain)
{
	while (end - begin > grain) {
		size_t next = begin + grain;

		if (offer_wanted() && split(l, begin, end, grain))
			return;
		grain = run_range(l, begin, next, grain, true);
		begin = next;
		if (control_ended(l->control))
			return;
	}
	run_range(l, begin, end, grain, false);
}

/* False: nobody may help. */
static bool split(struct loop *l, size_t begin, size_t end, size_t grain)
{
	struct part rest; /* no initialiser, which would clear all of it */

	rest.loop = l;
	rest.begin = split_at(begin, end, grain);
	rest.end = end;
	rest.grain = grain;
	if (!offer_make(&rest.offer, l->control, run_part, &rest))
		return false;
	run(l, begin, rest.begin, grain);
	offer_join(&rest.offer);
	return true;
}

static void run_part(void *arg)
{
	struct part *p = arg;

	if (!control_ended(p->loop->control))
		run(p->loop, p->begin, p->end, p->grain);
}

void loop_under(struct control *c, size_t n, size_t grain, hob_range_fn *fn, void *arg)
{
	struct loop l = { .fn = fn, .arg = arg, .automatic = grain == 0, .control = c };

	if (n && !control_ended(c))
		run(&l, 0, n, grain ? grain : 1);
}

int loop_for(const struct hob_loop *how, size_t n, hob_range_fn *fn, void *arg)
{
	struct control c = control_of(how);

	loop_under(&c, n, how ? how->grain : 0, fn, arg);
	return control_error(&c);
}
