/* The command line of `hob why`: one table serves getopt, --help and the test that holds the man page against it. */
#include "why/options.h"

#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "show/usage.h"

enum { HZ = 256, JSON, HTML, FLAME, COMPARE, EXPECT, FREE_THREADING };

static const struct option_text {
	int key; /* a letter, or one of the above */
	const char *name, *arg, *does;
} texts[] = {
	{ 'p', "pid", "PID", "watch a process that runs already, and its children" },
	{ 'd', "duration", "SECONDS", "watch for so long, not to the end" },
	{ 'o', "output", "FILE", "write the report to FILE instead of standard error" },
	{ 'w', "workers", "N", "what would the models give with N at once?" },
	{ HZ, "hz", "N", "look N times a second (250)" },
	{ JSON, "json", NULL, "the report as JSON" },
	{ HTML, "html", "FILE", "write a page with the timeline of every thread, too" },
	{ FLAME, "flame", "FILE", "write folded stacks by state, for a flame graph, too" },
	{ COMPARE, "compare", NULL, "compare two JSON reports: hob why --compare A B" },
	{ EXPECT, "expect", "KIND", "exit with 1 unless it is compute, wait or gil" },
	{ FREE_THREADING, "free-threading", NULL, "which extensions would turn the GIL on again?" },
	{ 'h', "help", NULL, "this text" },
};

enum { OPTIONS = sizeof texts / sizeof *texts };

static int help(void)
{
	printf("usage: hob why [OPTION...] COMMAND [ARG...]\n"
	       "       hob why [OPTION...] -p PID\n"
	       "       hob why --compare A.json B.json\n\n"
	       "Watches a program and all that it starts, and answers: does it wait or compute, on what,\n"
	       "and which model (concurrency, threads, processes, a Python without the GIL, more cores)\n"
	       "would help, by how much at most. Nothing of the program is stopped or changed.\n\n");
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_text *t = &texts[i];
		usage_option(t->key, t->name, t->arg, t->does);
	}
	printf("\nExit status: that of COMMAND, 128 and the signal that ended it; 0 for a process that was\n"
	       "attached to; 1 not what --expect says, 2 bad usage, 3 hob itself failed, 126 and 127\n"
	       "COMMAND cannot be run or found. More: man hob-why\n");
	return fflush(stdout) ? EXIT_BROKEN : 0;
}

static bool bad(int *status, const char *what, const char *which)
{
	return usage_bad("why", status, what, which);
}

static bool bad_option(int *status, int said, const char *word)
{
	char letter[] = { '-', (char)optopt, '\0' }, name[40];
	for (int i = 0; i < OPTIONS; i++) {
		if (texts[i].key != optopt)
			continue;
		snprintf(name, sizeof name, "--%s", texts[i].name);
		return bad(status, said == ':' ? "missing value of option" : "no value is taken by option", name);
	}
	return bad(status, "unknown option", optopt ? letter : word);
}

static bool take(struct why_options *o, int key, const char *value, int *status)
{
	double n = 0;
	switch (key) {
	case 'p':
		if (!usage_number(value, 1, 1 << 22, &n) || n != floor(n))
			return bad(status, "--pid takes the number of a process, not", value);
		o->pid = (pid_t)n;
		return true;
	case 'd':
		if (!usage_number(value, 0.001, 1e9, &o->duration))
			return bad(status, "--duration takes seconds, not", value);
		return true;
	case 'w':
		if (!usage_number(value, 1, 100000, &n) || n != floor(n))
			return bad(status, "--workers takes a number from 1 to 100000, not", value);
		o->workers = (unsigned)n;
		return true;
	case HZ:
		if (!usage_number(value, 1, 10000, &o->hz))
			return bad(status, "--hz takes a number from 1 to 10000, not", value);
		return true;
	case EXPECT:
		if (strcmp(value, "compute") && strcmp(value, "wait") && strcmp(value, "gil"))
			return bad(status, "--expect takes compute, wait or gil, not", value);
		o->expect = value;
		return true;
	case 'o':
		o->output = value;
		return true;
	case HTML:
		o->html = value;
		return true;
	case FLAME:
		o->flame = value;
		return true;
	case JSON:
		o->json = true;
		return true;
	default:
		o->free_threading = true;
		return true;
	}
}

static bool check(struct why_options *o, char **words, int count, bool compare, int *status)
{
	if (compare) {
		if (count != 2)
			return bad(status, "--compare takes two reports, written with --json", NULL);
		o->compare[0] = words[0];
		o->compare[1] = words[1];
		return true;
	}
	if (o->pid && count)
		return bad(status, "both --pid and a command:", words[0]);
	if (!o->pid && !count)
		return bad(status, "no command and no --pid given", NULL);
	o->command = count ? words : NULL;
	return true;
}

bool why_options_parse(struct why_options *o, int argc, char **argv, int *status)
{
	struct option longs[OPTIONS + 1] = { 0 };
	char shorts[3 * OPTIONS + 3] = "+:", *to = shorts + 2;
	bool compare = false;
	*o = (struct why_options){ 0 };
	for (int i = 0; i < OPTIONS; i++) {
		longs[i] = (struct option){ texts[i].name, texts[i].arg ? required_argument : no_argument, NULL,
					    texts[i].key };
		if (texts[i].key < 256)
			to += sprintf(to, "%c%s", texts[i].key, texts[i].arg ? ":" : "");
	}
	optind = 0;
	for (int key; (key = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
		if (key == 'h') {
			*status = help();
			return false;
		}
		if (key == ':' || key == '?')
			return bad_option(status, key, argv[optind - 1]);
		if (key == COMPARE)
			compare = true;
		else if (!take(o, key, optarg, status))
			return false;
	}
	return check(o, argv + optind, argc - optind, compare, status);
}
