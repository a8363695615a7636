/* One cook, one stove: concurrency without parallelism. */
#include <string.h>

#include "lab/lab.h"

/* A dish: chopped for a while (computing), then on the stove (waiting), then served (computing). */
struct dish {
	const char *name;
	double chop, boil, serve;
	double times[4]; /* when each of those began and the last ended */
};

static double kitchen_begin;

static int cook(void *arg)
{
	struct dish *d = arg;

	d->times[0] = seconds() - kitchen_begin;
	work(d->chop);
	d->times[1] = seconds() - kitchen_begin;
	hob_sleep(hob_after((int64_t)(d->boil * 1e9)));
	d->times[2] = seconds() - kitchen_begin;
	work(d->serve);
	d->times[3] = seconds() - kitchen_begin;
	return 0;
}

enum { DISHES = 3 };

static int dinner(void *arg)
{
	kitchen_begin = seconds();
	return lab_spawn_all(DISHES, cook, arg, sizeof(struct dish));
}

static void draw(struct finding *f, const struct dish *dishes)
{
	f->timeline.title = "one cook: who computes (dark) and who waits (light), on one core";
	for (int i = 0; i < DISHES; i++) {
		unsigned row = finding_row(f, dishes[i].name);
		const double *t = dishes[i].times;

		finding_span(f, row, 0, t[0], SVG_READY);
		finding_span(f, row, t[0], t[1], SVG_COMPUTE);
		finding_span(f, row, t[1], t[2], SVG_WAIT);
		finding_span(f, row, t[2], t[3], SVG_COMPUTE);
	}
}

static double nap_seconds = 0.02;

static int nap(void *arg)
{
	(void)arg;
	return hob_sleep(hob_after((int64_t)(nap_seconds * 1e9)));
}

static int naps(void *arg)
{
	return lab_spawn_all(*(unsigned *)arg, nap, NULL, 0);
}

/* Seconds that so many naps take, all at once on one core. */
static int many(const struct lab *lab, struct finding *f, unsigned n, struct svg_series *line, struct svg_series *ideal,
		struct sample *s)
{
	struct sample whole = { 1, { nap_seconds } };

	for (unsigned round = 0; round < lab_rounds(lab); round++) {
		double took = lab_run(1, naps, &n);

		if (took < 0)
			return (int)took;
		sample_add(s, took);
	}
	finding_figure(f, s, "s", "%u task%s that sleep%s %.0f ms", n, n == 1 ? "" : "s", n == 1 ? "s" : "",
		       nap_seconds * 1e3);
	finding_point(line, n, s);
	finding_point(ideal, n, &whole);
	return 0;
}

static int run(const struct lab *lab, struct finding *f)
{
	struct sample dinners = { 0 }, thousand = { 0 };
	double alone = 0, longest = 0, took;
	struct svg_series *line, *ideal;

	finding_did(
		f,
		"Three dishes, each chopped, boiled and served by a task of its own, on one worker. Then up to 100,000 "
		"tasks that sleep %.0f ms, all at once, on one worker.",
		nap_seconds * 1e3);
	for (unsigned round = 0; round < lab_rounds(lab); round++) {
		struct dish dishes[DISHES] = {
			{ .name = "rice", .chop = 0.004, .boil = 0.12, .serve = 0.004 },
			{ .name = "vegetables", .chop = 0.02, .boil = 0.06, .serve = 0.004 },
			{ .name = "sauce", .chop = 0.01, .boil = 0.03, .serve = 0.006 },
		};

		took = lab_run(1, dinner, dishes);
		if (took < 0)
			return (int)took;
		sample_add(&dinners, took);
		alone = longest = 0;
		for (int i = 0; i < DISHES; i++) {
			double d = dishes[i].chop + dishes[i].boil + dishes[i].serve;

			alone += d;
			longest = d > longest ? d : longest;
		}
		if (round == 0)
			draw(f, dishes);
	}
	finding_figure(f, &dinners, "s", "the dinner; one dish after the other would take %.2f s", alone);

	f->plot = (struct svg_plot){ .title = "Tasks that wait, all at once, on one core",
				     .x_label = "tasks",
				     .y_label = "seconds until all are done",
				     .x_log = true,
				     .y_log = true };
	line = finding_series(f, "measured", false);
	ideal = finding_series(f, "one nap", true);
	for (unsigned n = 1; n <= (lab->quick ? 10000 : 100000); n *= 10) {
		struct sample s = { 0 };
		int err = many(lab, f, n, line, ideal, &s);

		if (err)
			return err;
		if (n == 1000)
			thousand = s;
	}
	took = sample_median(&dinners);
	finding_judge(f, took < 1.25 * longest && sample_median(&thousand) < 1.5 * nap_seconds,
		      "the dinner took %.2f times its longest dish (%.2f s), and a thousand naps %.2f times one",
		      took / longest, longest, sample_median(&thousand) / nap_seconds);
	return 0;
}

const struct experiment experiment_cook = { "cook",
					    "Tasks that wait take, all together on one core, about the time of the "
					    "longest: concurrency without parallelism",
					    run };
