/* Tasks that wait and compute: how many at once pays. */
#include <math.h>

#include "lab/lab.h"

/* Each turn of a task computes, then waits. */
static double compute_seconds = 0.001, wait_seconds = 0.009;

struct closed {
	hob_time until;
	unsigned turns;
};

static int turns(void *arg)
{
	struct closed *c = arg;

	while (hob_now() < c->until) {
		work(compute_seconds);
		if (hob_sleep(hob_after((int64_t)(wait_seconds * 1e9))))
			break;
		c->turns++;
	}
	return 0;
}

enum { MOST = 128 };

struct load {
	unsigned n;
	struct closed tasks[MOST];
};

static int load_main(void *arg)
{
	struct load *l = arg;

	return lab_spawn_all(l->n, turns, l->tasks, sizeof *l->tasks);
}

/* Turns a second of n tasks at once. */
static double throughput(unsigned workers, unsigned n, double length)
{
	static struct load l;
	hob_time until = hob_after((int64_t)(length * 1e9));
	unsigned sum = 0;
	double took;

	l.n = n;
	for (unsigned i = 0; i < n; i++)
		l.tasks[i] = (struct closed){ .until = until };
	took = lab_run(workers, load_main, &l);
	if (took < 0)
		return took;
	for (unsigned i = 0; i < n; i++)
		sum += l.tasks[i].turns;
	return sum / took;
}

static int run(const struct lab *lab, struct finding *f)
{
	double demand = compute_seconds, cycle = compute_seconds + wait_seconds, worst = 0, most = 0;
	double knee = lab->cores * cycle / demand;
	unsigned sizes[SVG_POINTS], nsizes = 0, found = 0;
	struct svg_series *line, *law;

	finding_did(f,
		    "Tasks that compute %.0f ms and wait %.0f ms, turn by turn, so many of them at once on %u workers. "
		    "Predicted: n / (compute + wait) turns a second (Little's law), at most cores / compute (the "
		    "utilisation "
		    "law).",
		    compute_seconds * 1e3, wait_seconds * 1e3, lab->cores);
	for (double n = 1; n <= 4 * knee && n <= MOST && nsizes < SVG_POINTS; n = ceil(n * (lab->quick ? 2 : 1.5)))
		sizes[nsizes++] = (unsigned)n;
	f->plot = (struct svg_plot){
		.title = "How many at once", .x_label = "tasks at once", .y_label = "turns a second", .x_log = true
	};
	line = finding_series(f, "measured", false);
	law = finding_series(f, "predicted", true);
	for (unsigned i = 0; i < nsizes; i++) {
		double bound = fmin(sizes[i] / cycle, lab->cores / demand);
		struct sample s = { 0 }, p = { 1, { bound } };

		for (unsigned round = 0; round < 3; round++) {
			double t = throughput(lab->cores, sizes[i], lab->quick ? 0.15 : 0.3);

			if (t < 0)
				return (int)t;
			sample_add(&s, t);
		}
		finding_point(line, sizes[i], &s);
		finding_point(law, sizes[i], &p);
		finding_figure(f, &s, "/s", "%u at once; at most %.0f by the laws", sizes[i], bound);
		most = fmax(most, sample_median(&s));
		worst = fmax(worst, fabs(log(sample_median(&s) / bound)));
	}
	for (unsigned i = 0; i < nsizes && !found; i++)
		if (line->y[i] > 0.9 * most)
			found = sizes[i];
	finding_judge(f, exp(worst) < 1.35 && found < 2 * knee && 2 * found > knee,
		      "the laws say that about %.0f at once keep the cores busy; %u reached nine tenths of the most, "
		      "and no size was "
		      "further than %.0f%% from the laws",
		      knee, found, (exp(worst) - 1) * 100);
	return 0;
}

const struct experiment experiment_mixed = {
	"mixed",
	"For tasks that wait and compute, cores x (compute + wait) / compute of them at once pay, and more do not", run
};
