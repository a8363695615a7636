/* The command line of `hob run`.
 *
 * One table serves getopt, --help and (through --help) the test that holds the man page against it. */
#include "run/options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "run/quote.h"
#include "run/values.h"

static bool set_null(struct options *o, const char *value)
{
	(void)value;
	o->separator = '\0';
	return true;
}

static bool set_jobs(struct options *o, const char *value)
{
	return value_number(value, 1, 1000000, &o->jobs);
}

static bool set_min(struct options *o, const char *value)
{
	return value_number(value, 1, 1000000, &o->min);
}

static bool set_max(struct options *o, const char *value)
{
	return value_number(value, 1, 1000000, &o->max);
}

static bool set_summary(struct options *o, const char *value)
{
	(void)value;
	o->summary = ALWAYS;
	return true;
}

static bool set_progress(struct options *o, const char *value)
{
	(void)value;
	o->progress = ALWAYS;
	return true;
}

static bool set_no_progress(struct options *o, const char *value)
{
	(void)value;
	o->progress = NEVER;
	return true;
}

/* What a long option without a letter is called by. */
enum { DRY_RUN = 256, EXPLAIN, FORGET, MAX, MIN, PROGRESS, NO_PROGRESS, SHELL, SUMMARY };

/* What each option does: sets a flag, keeps a text, or calls `set`, which answers false for a value that is not what
 * `takes` says. The one with none of these is --help. */
static const struct option_row {
	int key; /* a letter, or one of the above */
	const char *name, *arg, *does;
	size_t flag, text; /* where in the options; 0: nowhere */
	bool (*set)(struct options *o, const char *value);
	const char *takes;
} rows[] = {
#define AT(field) offsetof(struct options, field)
	{ 'a', "arg-file", "FILE", "read the inputs from FILE instead of standard input", .text = AT(arg_file) },
	{ '0', "null", NULL, "inputs end in a NUL byte, not in a newline", .set = set_null },
	{ 'j', "jobs", "N", "run N jobs at once, instead of as many as pay", .set = set_jobs,
	  .takes = "a number from 1 to 1000000" },
	{ MIN, "min", "N", "never fewer than N at once", .set = set_min, .takes = "a number from 1 to 1000000" },
	{ MAX, "max", "N", "never more than N at once", .set = set_max, .takes = "a number from 1 to 1000000" },
	{ EXPLAIN, "explain", NULL, "say how many at once is decided on, and why", .flag = AT(explain) },
	{ FORGET, "forget", NULL, "neither use nor keep what an earlier run settled at", .flag = AT(forget) },
	{ SHELL, "shell", NULL, "COMMAND is a script for sh; the input is its \"$1\"", .flag = AT(shell) },
	{ DRY_RUN, "dry-run", NULL, "print the commands, run nothing", .flag = AT(dry_run) },
	{ 'q', "quiet", NULL, "do not name failing jobs, no summary, no progress", .flag = AT(quiet) },
	{ SUMMARY, "summary", NULL, "close with a line about the pile; so it is on a terminal", .set = set_summary },
	{ PROGRESS, "progress", NULL, "show progress; so it is on a terminal", .set = set_progress },
	{ NO_PROGRESS, "no-progress", NULL, "show no progress", .set = set_no_progress },
	{ 'h', "help", NULL, "this text", .set = NULL },
#undef AT
};

enum { OPTIONS = sizeof rows / sizeof *rows };

static const char usage[] = "usage: hob run [OPTION...] COMMAND [ARG...] [::: INPUT...]";

static int help(void)
{
	printf("%s\n\n", usage);
	printf("Runs COMMAND once for each input, as many at once as pays: one a core where the jobs\n"
	       "compute, more where they wait. Inputs stand behind ::: or are read, one a line. {} in\n"
	       "COMMAND or an ARG is replaced by the input; without any {} it is the last argument.\n\n");
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_row *t = &rows[i];
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
		if (rows[i].key != optopt)
			continue;
		snprintf(name, sizeof name, "--%s", rows[i].name);
		return bad(status, said == ':' ? "missing value of option" : "no value is taken by option", name);
	}
	return bad(status, "unknown option", optopt ? letter : word);
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
	if (o->max && o->min > o->max)
		return bad(status, "--min is above --max", NULL);
	if (o->jobs && (o->min || o->max))
		return bad(status, "--jobs leaves nothing to choose; not with --min or --max", NULL);
	if (o->shell && o->words > 1)
		return bad(status, "--shell takes the script as one word; not expected:", o->command[1]);
	return true;
}

static const struct option_row *row_of(int key)
{
	for (int i = 0; i < OPTIONS; i++)
		if (rows[i].key == key)
			return &rows[i];
	return NULL;
}

static bool bad_value(int *status, const struct option_row *row, const char *value)
{
	char what[160];
	snprintf(what, sizeof what, "--%s takes %s, not", row->name, row->takes);
	return bad(status, what, value);
}

/* False where the options end here: *status is what to exit with. */
static bool obey(struct options *o, const struct option_row *row, char *value, int *status)
{
	if (row->flag)
		*(bool *)((char *)o + row->flag) = true;
	else if (row->text)
		*(const char **)((char *)o + row->text) = value;
	else if (row->set)
		return row->set(o, value) || bad_value(status, row, value);
	else
		*status = help();
	return row->flag || row->text;
}

/* What getopt wants to know. */
static void spell(struct option longs[OPTIONS + 1], char shorts[2 * OPTIONS + 3])
{
	char *to = stpcpy(shorts, "+:"); /* +: options end at COMMAND */
	for (int i = 0; i < OPTIONS; i++) {
		longs[i] = (struct option){ rows[i].name, rows[i].arg ? required_argument : no_argument, NULL,
					    rows[i].key };
		if (rows[i].key < 256) {
			*to++ = (char)rows[i].key;
			if (rows[i].arg)
				*to++ = ':';
		}
	}
	*to = '\0';
}

bool options_parse(struct options *o, int argc, char **argv, int *status)
{
	struct option longs[OPTIONS + 1] = { 0 };
	char shorts[2 * OPTIONS + 3];
	spell(longs, shorts);
	*o = (struct options){ .separator = '\n' };
	optind = 1;
	for (int key; (key = getopt_long(argc, argv, shorts, longs, NULL)) >= 0;) {
		const struct option_row *row = key == '?' || key == ':' ? NULL : row_of(key);
		if (!row)
			return bad_option(status, key, argv[optind - 1]);
		if (!obey(o, row, optarg, status))
			return false;
	}
	return parse_rest(o, argc - optind, argv + optind, status);
}
