/* --timeline: what is seen. show/picture.c draws it. */
#include "run/show/timeline.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "show/quote.h"
#include "run/run.h"
#include "run/show/picture.h"

enum { TITLE_MAX = 130 };

int timeline_init(struct timeline *t)
{
	int fd = files_unnamed();
	if (fd < 0)
		return fd;
	t->seen = fdopen(fd, "w+");
	if (!t->seen)
		close(fd);
	return t->seen ? 0 : -ENOMEM;
}

static void keep(struct run *r, const struct span *s, const char *text)
{
	struct timeline *t = &r->timeline;
	if (fwrite(s, sizeof *s, 1, t->seen) != 1 || fwrite(text, 1, s->text, t->seen) != s->text)
		t->broken = true;
}

static struct span span_of(const struct job *j, hob_time begin, hob_time end, double share)
{
	const struct run *r = j->run;
	return (struct span){
		.slot = j->slot,
		.begin = (double)(begin - r->start) / 1e9,
		.end = (double)(end - r->start) / 1e9,
		.share = (float)(share < 0   ? 0
				 : share > 1 ? 1
					     : share),
	};
}

void timeline_look(struct job *j, bool computes, hob_time now)
{
	struct doing *d = &j->doing;
	if (!j->run->timeline.seen)
		return;
	if (d->looked && d->computes != computes) {
		struct span s = span_of(j, d->since, now, d->computes);
		keep(j->run, &s, "");
		d->since = now;
	}
	d->looked = true;
	d->computes = computes;
}

void timeline_end(struct job *j, bool failed, bool killed)
{
	struct run *r = j->run;
	const struct outcome *o = &j->outcome;
	char text[QUOTE_SHOWN];
	if (!r->timeline.seen)
		return;
	double life = (double)(o->end - j->start) / 1e9, share = life > 0 ? o->cpu / life : 0;
	/* What was never seen to change is known by its CPU time alone. */
	bool changed = j->doing.since != j->start;
	struct span s = span_of(j, j->doing.since, o->end, changed ? j->doing.computes : share);
	keep(r, &s, "");
	s = span_of(j, j->start, o->end, share);
	s.number = j->number;
	s.mark = killed ? SPAN_KILLED : failed ? SPAN_FAILED : SPAN_JOB;
	quote_shown(text, j->args.argv);
	s.text = (uint32_t)strlen(text);
	keep(r, &s, text);
	if (j->slot > r->timeline.slots)
		r->timeline.slots = j->slot;
	r->timeline.end = o->end;
}

int timeline_draw(struct run *r, const char *path)
{
	struct timeline *t = &r->timeline;
	char name[QUOTE_SHOWN], subtitle[160];
	double time = (double)(hob_now() - r->start) / 1e9;
	int err = 0;
	if (fflush(t->seen) || t->broken)
		err = -ENOSPC; /* of the temporary file */
	FILE *out = err ? NULL : fopen(path, "we");
	if (!out)
		return err ? err : -errno;
	const struct counts *c = &r->counts;
	snprintf(subtitle, sizeof subtitle, "%zu job%s%s in %.*f s, up to %u at once, %.0f%% computing",
		 c->done + c->killed, c->done + c->killed == 1 ? "" : "s", c->failed ? ", some failed," : "",
		 time < 10 ? 2 : 1, time, c->most, c->life > 0 ? 100 * (c->cpu < c->life ? c->cpu / c->life : 1) : 0);
	quote_shown(name, r->options->command);
	if (strlen(name) > TITLE_MAX)
		strcpy(name + TITLE_MAX - 3, "...");
	const struct picture p = {
		.title = name,
		.subtitle = subtitle,
		.slots = t->slots ? t->slots : 1,
		.end = t->end ? (double)(t->end - r->start) / 1e9 : time,
	};
	rewind(t->seen);
	err = picture_draw(out, &p, t->seen);
	if (fclose(out) && !err)
		err = -errno;
	return err;
}
