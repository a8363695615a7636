#include "process/size.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cpus.h"
#include "base/sys.h"

#define SHORT_NS (200 * HOB_US) /* so short a call is taken to have computed: a look would be dear beside it */

unsigned size_most(void)
{
	unsigned cores = cpus_count();

	return cores > SIZE_MOST ? cores : SIZE_MOST;
}

unsigned size_init(struct size *s, unsigned min)
{
	const struct limit_options o = { .cores = cpus_count(), .min = min, .max = size_most() };

	limit_init(&s->limit, &o);
	s->first = s->last = s->due = sys.now();
	s->own = sys.cpu_clock(getpid());
	return s->limit.jobs;
}

/* ns that it was on a core, or in the queue for one; negative where that is not told. */
static int64_t times(struct sized *w, int32_t pid)
{
	char text[64];
	ssize_t n;
	char *end;
	int64_t ran;

	if (w->file == SIZED_CLOSED && pid <= 0) /* it is being made */
		return -1;
	if (w->file == SIZED_CLOSED) {
		snprintf(text, sizeof text, "/proc/%d/schedstat", pid);
		w->file = sys.open(text, O_RDONLY);
	}
	n = w->file < 0 ? -1 : sys.pread(w->file, text, sizeof text - 1, 0);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	ran = strtoll(text, &end, 10);
	return ran + strtoll(end, NULL, 10);
}

void size_began(struct size *s, struct sized *w, hob_time now)
{
	w->counted = true;
	limit_job_started(&s->limit, &w->job, now);
}

void size_ended(struct size *s, struct sized *w, int32_t pid, hob_time now, bool failed)
{
	int64_t life = now - w->job.start, ran = life, at;

	if (!w->counted)
		return;
	w->counted = false;
	at = life < SHORT_NS ? -1 : times(w, pid);
	if (at >= 0) {
		ran = at - w->at_call < life ? at - w->at_call : life;
		w->at_call = at;
	}
	limit_job_ended(&s->limit, &w->job, now, ran > 0 ? ran : 0, failed);
}

double size_demand(struct sized *w, int32_t pid, hob_time now)
{
	/* What it did between calls, before this one, is little. */
	hob_time since = w->looked > w->job.start ? w->looked : w->job.start;
	int64_t at = times(w, pid), span = now - since, ran = at - w->at_look;

	if (at < 0 || span <= 0)
		return 1;
	w->at_look = at;
	w->looked = now;
	return ran < 0 ? 0 : ran < span ? (double)ran / (double)span : 1;
}

unsigned size_sample(struct size *s, double demand, bool waiting, hob_time now)
{
	int64_t own = sys.cpu_clock(getpid()), span = now - s->last;
	struct limit_sample sample = {
		.now = now,
		.runnable = demand,
		.own = span > 0 && own > s->own ? (double)(own - s->own) / (double)span : 0,
		.idle = -1,
		.held_back = waiting,
		.room = UINT32_MAX,
	};

	limit_update(&s->limit, &sample);
	s->last = now;
	s->own = own;
	s->due = now + limit_interval(sys.now() - now, now - s->first, sys.random());
	return s->limit.jobs;
}
