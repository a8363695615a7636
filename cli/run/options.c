/* The command line of `hob run`.
 *
 * One table serves getopt, --help and (through --help) the test that holds the man page against it. */
#include "run/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "run/quote.h"

enum { DRY_RUN = 256, PROGRESS, NO_PROGRESS, SHELL, SUMMARY };

static const struct option_text {
	int key; /* a letter, or one of the above */
	const char *name, *arg, *does;
} texts[] = {
	{ 'a', "arg-file", "FILE", "read the inputs from FILE instead of standard input" },
	{ '0', "null", NULL, "inputs end in a NUL byte, not in a newline" },
	{ 'j', "jobs", "N", "run N jobs at once, instead of as many as pay" },
	{ SHELL, "shell", NULL, "COMMAND is a script for sh; the input is its \"$1\"" },
	{ DRY_RUN, "dry-run", NULL, "print the commands, run nothing" },
	{ 'q', "quiet", NULL, "do not name failing jobs, no summary, no progress" },
	{ SUMMARY, "summary", NULL, "close with a line about the pile; so it is on a terminal" },
	{ PROGRESS, "progress", NULL, "show progress; so it is on a terminal" },
	{ NO_PROGRESS, "no-progress", NULL, "show no progress" },
	{ 'h', "help", NULL, "this text" },
};

enum { OPTIONS = sizeof texts / sizeof *texts };

static const char usage[] = "usage: hob run [OPTION...] COMMAND [ARG...] [::: INPUT...]";

static int help(void)
{
	printf("%s\n\n", usage);
	printf("Runs COMMAND once for each input, as many at once as pays: one a core where the jobs\n"
	       "compute, more where they wait. Inputs stand behind ::: or are read, one a line. {} in\n"
	       "COMMAND or an ARG is replaced by the input; without any {} it is the last argument.\n\n");
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_text *t = &texts[i];
		char names[40];
		snprintf(names, sizeof names, "%s%s--%s%s%s", t->key < 256 ? (char[]){ '-', (char)t->key, 0 } : "   ",
			 t->key < 256 ? ", " : " ", t->name, t->arg ? "=" : "", t->arg ? t->arg : "");
		printf("  %-22s %s\n", names, t->does);
	}
	printf("\nExit status: 0 all jobs succeeded, 1 a job failed, 2 bad usage or input and nothing was\n"
	       "run, 3 hob itself failed half way, 126 and 127 COMMAND cannot be run or found, 129, 130\n"
	       "and 143 interrupted by SIGHUP, SIGINT and SIGTERM. More: man hob-run\n");
	return fflush(stdout) ? EXIT_BROKEN : 0;
}

static bool bad(int *status, const char *what, const char *which)
{
	char shown[QUOTE_SHOWN];
	fprintf(stderr, "hob run: %s%s%s; try 'hob run --help'\n", what, which ? " " : "",
		which ? quote_shown(shown, (char *[]){ (char *)(uintptr_t)which, NULL }) : "");
	*status = EXIT_USAGE;
	return false;
}

/* getopt has said ':' or '?'. `word` is what it read last. */
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

static bool parse_jobs(const char *text, unsigned *out)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < 1 || n > 1000000)
		return false;
	*out = (unsigned)n;
	return true;
}

/* COMMAND [ARG...] [::: INPUT...], what getopt has left. */
static bool parse_rest(struct options *o, int argc, char **argv, int *status)
{
	o->command = argv;
	o->words = argc;
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "::::"))
			return bad(status, ":::: is not supported yet; use --arg-file", NULL);
		if (strcmp(argv[i], ":::"))
			continue;
		if (o->inputs)
			return bad(status, "more than one ::: is not supported yet", NULL);
		o->words = i;
		o->inputs = argv + i + 1;
		o->input_count = argc - i - 1;
	}
	if (!o->words)
		return bad(status, "no command given", NULL);
	if (o->inputs && o->arg_file)
		return bad(status, "inputs from both ::: and --arg-file", NULL);
	if (o->shell && o->words > 1)
		return bad(status, "--shell takes the script as one word; not expected:", o->command[1]);
	return true;
}

bool options_parse(struct options *o, int argc, char **argv, int *status)
{
	struct option longs[OPTIONS + 1] = { 0 };
	char shorts[2 * OPTIONS + 3] = "+:", *to = shorts + 2; /* +: options end at COMMAND */
	for (int i = 0; i < OPTIONS; i++) {
		longs[i] = (struct option){ texts[i].name, texts[i].arg ? required_argument : no_argument, NULL,
					    texts[i].key };
		if (texts[i].key < 256) {
			*to++ = (char)texts[i].key;
			if (texts[i].arg)
				*to++ = ':';
		}
	}

	*o = (struct options){ .separator = '\n' };
	optind = 1;
	for (int key; (key = getopt_long(argc, argv, shorts, longs, NULL)) >= 0;) {
		switch (key) {
		case 'a':
			o->arg_file = optarg;
			break;
		case '0':
			o->separator = '\0';
			break;
		case 'j':
			if (!parse_jobs(optarg, &o->jobs))
				return bad(status, "--jobs takes a number from 1 to 1000000, not", optarg);
			break;
		case SHELL:
			o->shell = true;
			break;
		case DRY_RUN:
			o->dry_run = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case SUMMARY:
			o->summary = ALWAYS;
			break;
		case PROGRESS:
			o->progress = ALWAYS;
			break;
		case NO_PROGRESS:
			o->progress = NEVER;
			break;
		case 'h':
			*status = help();
			return false;
		default:
			return bad_option(status, key, argv[optind - 1]);
		}
	}
	return parse_rest(o, argc - optind, argv + optind, status);
}
