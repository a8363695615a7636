/* hob lab: the experiments, one after the other, and what it says about each. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lab/lab.h"
#include "show/term.h"

static const struct experiment *const experiments[] = {
	&experiment_cook, &experiment_compute, &experiment_mixed, &experiment_waiters, &experiment_makers,
	&experiment_lane, &experiment_python,  &experiment_wrong, &experiment_prices,
};

enum { EXPERIMENTS = sizeof experiments / sizeof *experiments };

struct options {
	bool quick, json, chosen[EXPERIMENTS];
	const char *html;
};

static void usage(void)
{
	puts("usage: hob lab [OPTION...]\n\n"
	     "Runs claims about concurrency and parallelism as experiments on this machine: the claim,\n"
	     "what was done, the figures with their spread, and whether it holds here.\n\n"
	     "      --only=NAME,...  these experiments alone\n"
	     "      --list           their names and claims, and nothing is run\n"
	     "      --quick          smaller, with fewer rounds: half a minute instead of two\n"
	     "      --html=FILE      a page with all of it, and pictures, that opens offline\n"
	     "      --json           one JSON object a line for each experiment\n"
	     "  -h, --help           this text\n\n"
	     "Exit status: 0 all claims held or could not be seen, 1 a claim does not hold here, 2 bad\n"
	     "usage, 3 an experiment could not be made. More: man hob-lab");
}

static int list(void)
{
	for (int i = 0; i < EXPERIMENTS; i++)
		printf("%-9s %s\n", experiments[i]->name, experiments[i]->claim);
	return fflush(stdout) ? EXIT_BROKEN : 0;
}

static bool choose(struct options *o, const char *names)
{
	while (*names) {
		size_t n = strcspn(names, ",");
		int i = 0;

		while (i < EXPERIMENTS && (strncmp(experiments[i]->name, names, n) || experiments[i]->name[n]))
			i++;
		if (i == EXPERIMENTS) {
			fprintf(stderr,
				"hob lab: --only: there is no experiment of that name; 'hob lab --list' names them\n");
			return false;
		}
		o->chosen[i] = true;
		names += n + (names[n] == ',');
	}
	return true;
}

/* 0, or 1 + the exit status to end with. */
static int parse(int argc, char **argv, struct options *o)
{
	enum { ONLY = 256, LIST, QUICK, HTML, JSON };
	static const struct option known[] = {
		{ "only", required_argument, NULL, ONLY },
		{ "list", no_argument, NULL, LIST },
		{ "quick", no_argument, NULL, QUICK },
		{ "html", required_argument, NULL, HTML },
		{ "json", no_argument, NULL, JSON },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	bool some = false;
	int c;

	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1)
		switch (c) {
		case ONLY:
			some = true;
			if (!choose(o, optarg))
				return 1 + EXIT_USAGE;
			break;
		case LIST:
			return 1 + list();
		case QUICK:
			o->quick = true;
			break;
		case HTML:
			o->html = optarg;
			break;
		case JSON:
			o->json = true;
			break;
		case 'h':
			usage();
			return 1 + (fflush(stdout) ? EXIT_BROKEN : 0);
		default:
			fprintf(stderr, "hob lab: unknown or incomplete option; try 'hob lab --help'\n");
			return 1 + EXIT_USAGE;
		}
	if (optind < argc) {
		fprintf(stderr, "hob lab: it takes options alone; try 'hob lab --help'\n");
		return 1 + EXIT_USAGE;
	}
	for (int i = 0; i < EXPERIMENTS && !some; i++)
		o->chosen[i] = true;
	return 0;
}

/* Progress: one line that is written over, on a terminal alone. */
static void note(const char *doing)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s%s", doing, *doing ? " ..." : "");
}

/* Answers the verdict, or a negative errno. */
static int one(const struct lab *lab, const struct options *o, const struct experiment *e, FILE *page)
{
	struct finding *f = calloc(1, sizeof *f);
	double begin = seconds();
	int err = f ? 0 : -ENOMEM;

	note(e->name);
	if (!err)
		err = e->run(lab, f);
	note("");
	if (err) {
		fprintf(stderr, "hob lab: %s: the experiment could not be made: %s\n", e->name, strerror(-err));
	} else {
		err = (int)f->verdict;
		if (o->json)
			show_json(stdout, e, f, seconds() - begin);
		else
			show_text(e, f);
		if (page)
			page_finding(page, e, f);
		fflush(stdout);
	}
	free(f);
	return err;
}

static int run_all(const struct lab *lab, const struct options *o, FILE *page)
{
	unsigned counts[3] = { 0 }, broken = 0;
	double begin = seconds();

	work_calibrate();
	for (int i = 0; i < EXPERIMENTS; i++) {
		int verdict = o->chosen[i] ? one(lab, o, experiments[i], page) : -1;

		if (!o->chosen[i])
			continue;
		if (verdict < 0)
			broken++;
		else
			counts[verdict]++;
	}
	if (!o->json)
		printf("%u hold, %u do not hold here, %u could not be seen; %.0f s\n", counts[VERDICT_HOLDS],
		       counts[VERDICT_FAILS], counts[VERDICT_NONE], seconds() - begin);
	return broken ? EXIT_BROKEN : counts[VERDICT_FAILS] ? 1 : 0;
}

int lab_main(int argc, char **argv)
{
	struct lab lab = { .cores = hob_cores(), .note = note };
	struct options o = { 0 };
	FILE *page = NULL;
	int status = parse(argc, argv, &o);

	if (status)
		return status - 1;
	lab.quick = o.quick;
	if (o.html) {
		page = fopen(o.html, "we");
		if (!page) {
			fprintf(stderr, "hob lab: cannot write %s: %s\n", o.html, strerror(errno));
			return EXIT_USAGE;
		}
		page_begin(page, &lab);
	}
	status = run_all(&lab, &o, page);
	if (page) {
		page_end(page);
		if (fflush(page) || ferror(page))
			status = EXIT_BROKEN;
		if (fclose(page) || status == EXIT_BROKEN)
			fprintf(stderr, "hob lab: %s was not written whole\n", o.html);
	}
	return fflush(stdout) || ferror(stdout) ? EXIT_BROKEN : status;
}
