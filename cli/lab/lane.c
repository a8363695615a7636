/* The GIL as a value: computing under one lock, and ways around it. */
#include <sys/wait.h>
#include <unistd.h>

#include "lab/lab.h"

enum { TASKS = 4 };

static double compute_seconds = 0.04, wait_seconds = 0.05;

struct turn {
	struct hob_lane *lane; /* NULL: none */
	bool waits;
};

/* Computes, or waits, by small steps, between which the lane may change hands. */
static int turn(void *arg)
{
	struct turn *t = arg;

	if (t->waits)
		return hob_sleep(hob_after((int64_t)(wait_seconds * 1e9)));
	for (int i = 0; i < 40; i++) {
		work(compute_seconds / 40);
		hob_lane_yield();
	}
	return 0;
}

static int turns(void *arg)
{
	struct turn *t = arg;
	struct hob_scope *s;
	int err = hob_scope_create(&s), first;

	if (err)
		return err;
	for (int i = 0; !err && i < TASKS; i++)
		err = t->lane ? hob_lane_spawn(s, t->lane, turn, t) : hob_spawn(s, turn, t);
	first = hob_scope_wait(s, HOB_NEVER);
	hob_scope_destroy(s);
	return err ? err : first;
}

static double by_processes(void)
{
	double begin = seconds();
	int made = 0;
	pid_t pid;

	fflush(NULL);
	while (made < TASKS && (pid = fork()) >= 0) {
		if (pid == 0) {
			work(compute_seconds);
			_exit(0);
		}
		made++;
	}
	for (int i = 0; i < made; i++)
		wait(NULL);
	return made == TASKS ? seconds() - begin : -EAGAIN;
}

static int run(const struct lab *lab, struct finding *f)
{
	struct sample free_run = { 0 }, laned = { 0 }, processes = { 0 }, waits = { 0 };
	double alone = TASKS * compute_seconds, on = lab->cores < TASKS ? lab->cores : TASKS, took;
	struct hob_lane *lane;
	int err = hob_lane_create(&lane, NULL);

	if (err)
		return err;
	finding_did(f,
		    "%d tasks of %.0f ms of computing, or %.0f ms of waiting, on %u workers: all under one lane (one "
		    "lock around "
		    "everybody, let go of while a task waits, as CPython's GIL is), without one, and as processes.",
		    TASKS, compute_seconds * 1e3, wait_seconds * 1e3, lab->cores);
	for (unsigned round = 0; round < lab_rounds(lab); round++) {
		struct turn in_lane = { lane, false }, no_lane = { NULL, false }, waiting = { lane, true };
		const struct {
			struct turn *turn;
			struct sample *s;
		} runs[] = { { &no_lane, &free_run }, { &in_lane, &laned }, { &waiting, &waits } };

		for (unsigned i = 0; i < 3; i++) {
			if ((took = lab_run(lab->cores, turns, runs[i].turn)) < 0) {
				hob_lane_destroy(lane);
				return (int)took;
			}
			sample_add(runs[i].s, took);
		}
		if ((took = by_processes()) >= 0)
			sample_add(&processes, took);
	}
	hob_lane_destroy(lane);
	finding_figure(f, &laned, "s", "computing under one lane");
	finding_figure(f, &free_run, "s", "computing without a lane");
	finding_figure(f, &processes, "s", "computing in processes");
	finding_figure(f, &waits, "s", "waiting under one lane");
	f->bars = (struct svg_bars){ .title = "Four tasks under one lock, and without", .unit = "s" };
	finding_bar(f, &laned, "compute, one lane");
	finding_bar(f, &free_run, "compute, no lane");
	finding_bar(f, &processes, "compute, processes");
	finding_bar(f, &waits, "wait, one lane");

	double held = alone / sample_median(&laned), unheld = alone / sample_median(&free_run);
	double around = processes.n ? alone / sample_median(&processes) : 0,
	       slept = sample_median(&waits) / wait_seconds;
	finding_judge(f, held < 1.15 && held > 0.7 && unheld > 0.75 * on && around > 0.7 * on && slept < 1.4,
		      "computing under the lane used %.2f cores of %u, without it %.2f, in processes %.2f; %d waits "
		      "under the lane took as "
		      "long as %.2f",
		      held, lab->cores, unheld, around, TASKS, slept);
	return 0;
}

const struct experiment experiment_lane = { "lane",
					    "Under one lock around everybody computing uses one core, whatever the "
					    "threads; waiting overlaps; processes get around it",
					    run };
