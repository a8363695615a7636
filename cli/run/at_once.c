/* How many at once: what the limit is told and what becomes of its decisions. */
#include "run/at_once.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "run/known.h"
#include "run/run.h"

/* What the descriptors and processes we may have let run: three descriptors a job, and some to look around with. */
unsigned at_once_most(const struct run *r)
{
	const struct options *o = r->options;
	struct rlimit files, processes;
	unsigned most = o->max ? o->max : 100000;
	int lowest_free = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (lowest_free >= 0)
		close(lowest_free);
	if (lowest_free >= 0 && !getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur < 3 * (rlim_t)most) {
		int left = (int)files.rlim_cur - lowest_free - 4;
		most = left > 3 ? (unsigned)left / 3 : 1;
	}
	if (!getrlimit(RLIMIT_NPROC, &processes) && processes.rlim_cur < most)
		most = processes.rlim_cur ? (unsigned)processes.rlim_cur : 1;
	return most;
}

/* Called in the middle of the limit's work, so it must not park: said later. */
static void keep(void *run, const struct limit_note *note)
{
	struct decisions *d = &((struct run *)run)->decisions;
	if (d->count < sizeof d->notes / sizeof *d->notes)
		d->notes[d->count++] = *note;
}

static uint64_t key(const struct run *r)
{
	return known_key(r->options->command, (size_t)r->options->words, r->options->shell);
}

void at_once_init(struct run *r)
{
	const struct options *o = r->options;
	struct limit_options limit = {
		.cores = hob_cores(),
		.min = o->min,
		.max = at_once_most(r),
		.fixed = o->jobs,
		.note = o->explain ? keep : NULL,
		.arg = r,
	};
	bool known = !o->jobs && !o->forget && known_read(key(r), &limit.known);
	limit_init(&r->limit, &limit);
	if (o->explain)
		output_say(&r->output, "explain: 0.00 s: %u at once: %s", r->limit.jobs,
			   o->jobs ? "as told by --jobs" : "one a core, to see what they do");
	if (o->explain && known)
		output_say(&r->output, "explain: 0.00 s: an earlier run settled at %u%s", limit.known.jobs,
			   limit.known.by_knee ? ", where more brought no more" : "");
}

void at_once_explain(struct run *r)
{
	struct decisions taken = r->decisions;
	r->decisions.count = 0;
	for (unsigned i = 0; i < taken.count; i++) {
		char text[300];
		limit_note_text(&taken.notes[i], text, sizeof text);
		output_say(&r->output, "explain: %.2f s: %s", (double)(taken.notes[i].now - r->start) / 1e9, text);
	}
}

void at_once_finish(struct run *r)
{
	struct limit_known known;
	if (!r->options->forget && !r->interrupted && limit_learnt(&r->limit, &known))
		known_write(key(r), &known);
}
