/* --halt: ending before the inputs do. */
#include "run/run.h"

static bool reached(const struct run *r, size_t *n)
{
	const struct halt *h = &r->options->halt;
	const struct counts *c = &r->counts;
	*n = h->why == HALT_FAIL ? c->failed : h->why == HALT_SUCCESS ? c->done - c->failed : c->done;
	if (!h->percent)
		return *n >= h->count;
	size_t total = inputs_total(&r->inputs);
	total = total ? total - c->skipped : c->done + r->alive; /* as far as is known */
	return *n >= 3 && 100 * *n >= (size_t)h->count * total;
}

void halt_consider(struct run *r)
{
	static const char *const words[] = { "failed", "succeeded", "done" };
	const struct halt *h = &r->options->halt;
	size_t n;
	if (h->when == HALT_NEVER || r->halted || !reached(r, &n))
		return;
	r->halted = true;
	r->halted_well = h->why != HALT_FAIL;
	run_stop(r);
	if (!r->options->quiet && (r->alive || !inputs_total(&r->inputs)))
		output_say(&r->output, "--halt: %zu job%s %s; %s %u running job%s", n, n == 1 ? "" : "s", words[h->why],
			   h->when == HALT_NOW ? "ending" : "waiting for", r->alive, r->alive == 1 ? "" : "s");
	if (h->when == HALT_NOW)
		run_kill(r);
}
