/* hob lab: claims about concurrency and parallelism, each an experiment on the machine at hand.
 *
 * An experiment measures, fills in a finding and judges its own claim. How findings are shown is no concern of it. */
#ifndef CLI_LAB_LAB_H
#define CLI_LAB_LAB_H

#include <errno.h>
#include <hob.h>
#include <stdbool.h>

#include "show/svg.h"

enum verdict {
	VERDICT_HOLDS,
	VERDICT_FAILS, /* does not hold here */
	VERDICT_NONE,  /* could not be seen here */
};

struct figure {
	char name[72];
	const char *unit;
	double median, low, high; /* over the rounds; low > high: it was measured once */
};

enum { FIGURES = 32, SPANS = 256, ROWS = 16, WHY = 400, SAID = 4 };

struct finding {
	char did[WHY];
	unsigned nfigures;
	struct figure figures[FIGURES];
	enum verdict verdict;
	char why[WHY];
	unsigned nsaid;
	char said[SAID][WHY]; /* by the runtime of it: what, and its words */

	/* Its pictures; without a title: none. */
	struct svg_plot plot;
	struct svg_bars bars;
	struct svg_timeline timeline;
	char row_names[ROWS][24];
	const char *rows[ROWS];
	struct svg_span spans[SPANS];
};

struct lab {
	bool quick;                      /* fewer rounds and sizes */
	unsigned cores;                  /* hob_cores() */
	void (*note)(const char *doing); /* progress */
};

struct experiment {
	const char *name, *claim;
	/* 0, or a negative errno where it could not be made. */
	int (*run)(const struct lab *lab, struct finding *f);
};

extern const struct experiment experiment_cook, experiment_compute, experiment_mixed, experiment_waiters,
	experiment_makers, experiment_lane, experiment_python, experiment_wrong, experiment_prices;

/* finding.c */
__attribute__((format(printf, 2, 3))) void finding_did(struct finding *f, const char *format, ...);
__attribute__((format(printf, 3, 4))) void finding_judge(struct finding *f, bool holds, const char *format, ...);
__attribute__((format(printf, 2, 3))) void finding_said(struct finding *f, const char *format, ...);
__attribute__((format(printf, 2, 3))) void finding_skip(struct finding *f, const char *format, ...);

struct sample;
__attribute__((format(printf, 4, 5))) void finding_figure(struct finding *f, const struct sample *s, const char *unit,
							  const char *format, ...);
struct svg_series *finding_series(struct finding *f, const char *name, bool dashed);
void finding_point(struct svg_series *s, double x, const struct sample *y);
__attribute__((format(printf, 3, 4))) void finding_bar(struct finding *f, const struct sample *s, const char *format,
						       ...);
unsigned finding_row(struct finding *f, const char *name);
void finding_span(struct finding *f, unsigned row, double begin, double end, enum svg_state state);

/* overhear.c: by a task; "" where its report finds nothing wrong. */
void lab_overhear(char *to, size_t size);

/* measure.c */
enum { SAMPLES = 9 };

/* The same thing measured some times. */
struct sample {
	unsigned n;
	double values[SAMPLES];
};

void sample_add(struct sample *s, double value);
double sample_median(const struct sample *s);
double sample_low(const struct sample *s);
double sample_high(const struct sample *s);
unsigned lab_rounds(const struct lab *lab);

/* Seconds, since any point. */
double seconds(void);

/* Work of so much computing time on one core that is otherwise idle: a number of turns that was measured once. */
void work_calibrate(void);
void work(double seconds);

/* Runs the task in a runtime of so many workers: the seconds it took, or a negative errno. */
double lab_run(unsigned workers, hob_task_fn *fn, void *arg);

/* The first two cores this process may use; the second is -1 where there is one. */
void lab_two_cores(int cpu[2]);

/* The calling thread, and those that it will start, to that core; -1: anywhere. */
void lab_pin(int cpu);

/* Spawns n tasks of fn(arg), arg + step, arg + 2 step ..., and waits for all. */
int lab_spawn_all(unsigned n, hob_task_fn *fn, void *arg, size_t step);

/* text.c, page.c */
void show_text(const struct experiment *e, const struct finding *f);
void show_json(FILE *out, const struct experiment *e, const struct finding *f, double took);
void page_begin(FILE *out, const struct lab *lab);
void page_finding(FILE *out, const struct experiment *e, const struct finding *f);
void page_end(FILE *out);

const char *verdict_words(enum verdict v);

#endif
