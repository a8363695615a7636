/* Many hands: parallelism, and Amdahl's law. */
#include "lab/lab.h"

#include <sched.h>

enum { PIECES = 24 };

static double piece_seconds = 0.004;

static int piece(void *arg)
{
	(void)arg;
	work(piece_seconds);
	return 0;
}

static int pieces(void *arg)
{
	(void)arg;
	return lab_spawn_all(PIECES, piece, NULL, 0);
}

static int one_after_the_other(void *arg)
{
	for (int i = 0; i < PIECES; i++)
		piece(arg);
	return 0;
}

/* A program of which a share cannot be divided. */
static double serial_share = 0.2;

static int partly_serial(void *arg)
{
	work(PIECES * piece_seconds * serial_share / (1 - serial_share));
	return pieces(arg);
}

/* One worker is to be one core: else the stand-in that runs beside a task which computes for long would use another. */
static double run_on(unsigned workers, hob_task_fn *fn)
{
	cpu_set_t all;
	int cpu[2];
	double took;

	if (workers > 1 || sched_getaffinity(0, sizeof all, &all))
		return lab_run(workers, fn, NULL);
	lab_two_cores(cpu);
	lab_pin(cpu[0]);
	took = lab_run(workers, fn, NULL);
	sched_setaffinity(0, sizeof all, &all);
	return took;
}

static int measure(const struct lab *lab, unsigned workers, hob_task_fn *fn, struct sample *s)
{
	for (unsigned round = 0; round < lab_rounds(lab); round++) {
		double took = run_on(workers, fn);

		if (took < 0)
			return (int)took;
		sample_add(s, took);
	}
	return 0;
}

/* How many times faster than on one worker, by round. */
static struct sample speedup(const struct sample *one, const struct sample *s)
{
	struct sample up = { 0 };

	for (unsigned i = 0; i < s->n; i++)
		sample_add(&up, sample_median(one) / s->values[i]);
	return up;
}

/* The serial share that fits 1 / speedup = share + (1 - share) / workers best, by least squares (Amdahl 1967). */
static double amdahl(const struct svg_series *s)
{
	double above = 0, below = 0;

	for (unsigned i = 0; i < s->n; i++) {
		double part = 1 / s->x[i];

		above += (1 / s->y[i] - part) * (1 - part);
		below += (1 - part) * (1 - part);
	}
	return below > 0 ? above / below : 1;
}

static void predicted(struct finding *f, const struct svg_series *measured, double share)
{
	struct svg_series *line = finding_series(f, "Amdahl's law, fitted", true);

	for (unsigned i = 0; i < measured->n; i++) {
		struct sample y = { 1, { 1 / (share + (1 - share) / measured->x[i]) } };

		finding_point(line, measured->x[i], &y);
	}
}

/* The numbers of workers to try: all up to 8, then by steps. */
static unsigned next(unsigned w, unsigned cores)
{
	unsigned step = w < 8 ? 1 : w / 4;

	return w < cores && w + step > cores ? cores : w + step;
}

static int run(const struct lab *lab, struct finding *f)
{
	struct sample plain = { 0 }, tasks = { 0 }, all = { 0 }, serial_one = { 0 }, shared = { 0 };
	struct svg_series *whole, *part;
	double share;
	int err;

	finding_did(f,
		    "%d pieces of %.0f ms of computing: one after the other, as tasks on one worker and core, as tasks "
		    "on each number of workers up to %u; and the same behind a part of %.0f%% that cannot be divided.",
		    PIECES, piece_seconds * 1e3, lab->cores, serial_share * 100);
	err = measure(lab, 1, one_after_the_other, &plain);
	if (err || (err = measure(lab, 1, pieces, &tasks)) || (err = measure(lab, 1, partly_serial, &serial_one)))
		return err;
	finding_figure(f, &plain, "s", "one after the other");
	finding_figure(f, &tasks, "s", "as concurrent tasks, on one worker");

	f->plot = (struct svg_plot){ .title = "Computing on more cores",
				     .x_label = "workers",
				     .y_label = "times faster than one" };
	whole = finding_series(f, "all divided", false);
	part = finding_series(f, "a part that is not", false);
	for (unsigned w = 1; w <= lab->cores; w = next(w, lab->cores)) {
		struct sample a = { 0 }, b = { 0 };

		if ((err = measure(lab, w, pieces, &a)) || (err = measure(lab, w, partly_serial, &b)))
			return err;
		all = speedup(&tasks, &a);
		shared = speedup(&serial_one, &b);
		finding_point(whole, w, &all);
		finding_point(part, w, &shared);
		if (w > 1)
			finding_figure(f, &all, "x", "speed-up on %u workers", w);
	}
	share = amdahl(part);
	predicted(f, part, share);
	finding_figure(f, &shared, "x", "speed-up on %u workers, with a part that is serial", lab->cores);

	double slower = sample_median(&tasks) / sample_median(&plain), up = sample_median(&all);
	if (lab->cores == 1) {
		finding_judge(f, slower > 0.95,
			      "as tasks it took %.2f times as long; there is one core, so nothing to divide over",
			      slower);
		return 0;
	}
	finding_judge(f, slower > 0.9 && up > 0.8 * lab->cores,
		      "on one core tasks took %.2f times the plain loop; on %u cores it went %.2f times faster; "
		      "Amdahl's law fits a "
		      "serial share of %.0f%% (put in: %.0f%%)",
		      slower, lab->cores, up, share * 100, serial_share * 100);
	return 0;
}

const struct experiment experiment_compute = {
	"compute",
	"Concurrency does nothing for computing on one core; parallelism does, up to the part that is serial", run
};
