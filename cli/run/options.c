/* The command line of `hob run`.
 *
 * One table serves getopt, --help and (through --help) the test that holds the man page against it. */
#include "run/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "show/quote.h"
#include "run/steer.h"
#include "run/values.h"

static bool set_null(struct options *o, const char *value)
{
	(void)value;
	o->separator[0] = '\0';
	o->separator_len = 1;
	return true;
}

static bool set_delimiter(struct options *o, const char *value)
{
	return value_escaped(value, o->separator, sizeof o->separator, &o->separator_len);
}

static bool set_arg_file(struct options *o, const char *value)
{
	o->sources[o->source_count++] = (struct source_text){ .file = value };
	return true;
}

static bool set_max_args(struct options *o, const char *value)
{
	unsigned n;
	if (!value_number(value, 0, 1000000, &n))
		return false;
	o->cut.together = n ? n : 1;
	o->cut.bare = n == 0;
	return true;
}

static bool set_max_chars(struct options *o, const char *value)
{
	return value_number(value, 1, INPUT_MAX, &o->max_chars);
}

static bool set_header(struct options *o, const char *value)
{
	o->header = true;
	return !strcmp(value, ":");
}

static bool set_colsep(struct options *o, const char *value)
{
	o->cut.colsep = value;
	return *value;
}

static bool set_jobs(struct options *o, const char *value)
{
	return value_number(value, 1, 1000000, &o->jobs);
}

static bool set_set(struct options *o, const char *value)
{
	o->steer = value;
	return steer_is_word(value);
}

static bool set_min(struct options *o, const char *value)
{
	return value_number(value, 1, 1000000, &o->min);
}

static bool set_max(struct options *o, const char *value)
{
	return value_number(value, 1, 1000000, &o->max);
}

static bool set_resume_failed(struct options *o, const char *value)
{
	(void)value;
	o->resume = o->resume_failed = true;
	return true;
}

static bool set_joblog_sync(struct options *o, const char *value)
{
	static const struct {
		const char *name;
		enum log_sync sync;
	} known[] = { { "batch", SYNC_BATCH }, { "always", SYNC_ALWAYS }, { "never", SYNC_NEVER } };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(known[i].name, value))
			continue;
		o->joblog_sync = known[i].sync;
		return true;
	}
	return false;
}

static bool set_retries(struct options *o, const char *value)
{
	return value_number(value, 1, 1000, &o->tries);
}

static bool set_timeout(struct options *o, const char *value)
{
	size_t len = strlen(value);
	char percent[16] = { 0 };
	if (!len || value[len - 1] != '%')
		return value_seconds(value, &o->timeout) && o->timeout > 0;
	return len < sizeof percent && value_number(memcpy(percent, value, len - 1), 101, 1000000, &o->timeout_percent);
}

static bool set_halt(struct options *o, const char *value)
{
	return value_halt(value, &o->halt);
}

static bool set_delay(struct options *o, const char *value)
{
	return value_seconds(value, &o->delay);
}

static bool set_nice(struct options *o, const char *value)
{
	return value_number(value, 0, 19, &o->nice);
}

static bool set_tag(struct options *o, const char *value)
{
	(void)value;
	o->tag = "";
	return true;
}

static bool set_group(struct options *o, const char *value)
{
	(void)value;
	o->grouping = GROUP;
	return true;
}

static bool set_lines(struct options *o, const char *value)
{
	(void)value;
	o->grouping = LINES;
	return true;
}

static bool set_raw(struct options *o, const char *value)
{
	(void)value;
	o->grouping = RAW;
	return true;
}

static bool set_json(struct options *o, const char *value)
{
	o->json = value ? value : "-";
	return *o->json;
}

static bool set_block(struct options *o, const char *value)
{
	return value_bytes(value, &o->records.block) && o->records.block <= BLOCK_MAX;
}

static bool set_recstart(struct options *o, const char *value)
{
	return value_escaped(value, o->recstart, sizeof o->recstart, &o->records.start_len);
}

static bool set_recend(struct options *o, const char *value)
{
	o->recend_given = true;
	return !*value || value_escaped(value, o->recend, sizeof o->recend, &o->records.end_len);
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

/* What each option does: sets a flag, keeps a text, or calls `set`, which answers false for a value that is not what
 * `takes` says. The one with none of these is --help. */
static const struct option_row {
	int letter; /* 0: none */
	const char *name, *arg, *does;
	size_t flag, text; /* where in the options; 0: nowhere */
	bool (*set)(struct options *o, const char *value);
	const char *takes;
} rows[] = {
#define AT(field) offsetof(struct options, field)
	{ 'a', "arg-file", "FILE", "read the inputs from FILE instead of standard input", .set = set_arg_file },
	{ '0', "null", NULL, "inputs end in a NUL byte, not in a newline", .set = set_null },
	{ 'd', "delimiter", "TEXT", "inputs end in TEXT, which may have escapes", .set = set_delimiter,
	  .takes = "one to 15 characters" },
	{ 'C', "colsep", "REGEXP", "cut each input into columns {1} {2} ...", .set = set_colsep,
	  .takes = "a regular expression" },
	{ 0, "csv", NULL, "inputs are CSV; --colsep is its separator", .flag = AT(cut.csv) },
	{ 0, "header", ":", "the first input names the columns: {name}", .set = set_header, .takes = "':'" },
	{ 'n', "max-args", "N", "N inputs a job", .set = set_max_args, .takes = "a number from 0 to 1000000" },
	{ 'N', "max-replace-args", "N", "the same; they are {1} {2} ...", .set = set_max_args,
	  .takes = "a number from 0 to 1000000" },
	{ 'm', "xargs", NULL, "as many inputs a job as a command line takes", .flag = AT(pack) },
	{ 'X', "context-replace", NULL, "the same; a word with {} is repeated for each", .flag = AT(context) },
	{ 's', "max-chars", "N", "with -m and -X: no longer than N bytes", .set = set_max_chars,
	  .takes = "a number from 1 to 131071" },
	{ 0, "pipe", NULL, "cut standard input into blocks and give each to a job's", .flag = AT(pipe) },
	{ 0, "block", "SIZE", "with --pipe: blocks of up to SIZE, 1M by default", .set = set_block,
	  .takes = "a number of bytes up to 1G, as 500k or 10M" },
	{ 0, "recend", "TEXT", "with --pipe: records end in TEXT, a newline by default", .set = set_recend,
	  .takes = "up to 63 characters" },
	{ 0, "recstart", "TEXT", "with --pipe: records start with TEXT", .set = set_recstart,
	  .takes = "one to 63 characters" },
	{ 'I', "replace", "TEXT", "TEXT stands for the input, instead of {}", .text = AT(replace) },
	{ 'j', "jobs", "N", "run N jobs at once, instead of as many as pay", .set = set_jobs,
	  .takes = "a number from 1 to 1000000" },
	{ 0, "min", "N", "never fewer than N at once", .set = set_min, .takes = "a number from 1 to 1000000" },
	{ 0, "max", "N", "never more than N at once", .set = set_max, .takes = "a number from 1 to 1000000" },
	{ 0, "explain", NULL, "say how many at once is decided on, and why", .flag = AT(explain) },
	{ 0, "set", "N", "tell the running hob, or that of the process id that follows: N, auto, min=N, max=N",
	  .set = set_set, .takes = "a number, auto, min=N or max=N" },
	{ 0, "forget", NULL, "neither use nor keep what an earlier run settled at", .flag = AT(forget) },
	{ 'k', "keep-order", NULL, "print outputs in the order of the inputs", .flag = AT(keep_order) },
	{ 0, "group", NULL, "print the output of a job in one piece: so it is", .set = set_group },
	{ 0, "line-buffer", NULL, "print it as it comes, by lines", .set = set_lines },
	{ 'u', "ungroup", NULL, "let jobs write to our output themselves", .set = set_raw },
	{ 0, "results", "DIR", "keep the outputs in folders of DIR, named by the inputs", .text = AT(results) },
	{ 0, "tag", NULL, "put the inputs and a tab before each line of output", .set = set_tag },
	{ 0, "tagstring", "TEXT", "put TEXT, with its {}, and a tab there", .text = AT(tag) },
	{ 0, "joblog", "FILE", "log each job that has ended to FILE", .text = AT(joblog) },
	{ 0, "joblog-sync", "WHEN", "sync the log to disk: batch, always or never", .set = set_joblog_sync,
	  .takes = "batch, always or never" },
	{ 0, "resume", NULL, "do not run what the log says has ended", .flag = AT(resume) },
	{ 0, "resume-failed", NULL, "the same, but run again what failed", .set = set_resume_failed },
	{ 0, "retries", "N", "run a failing job up to N times", .set = set_retries,
	  .takes = "a number from 1 to 1000" },
	{ 0, "timeout", "TIME", "end a job after TIME: seconds, 5m, 2h, or 300% of the median", .set = set_timeout,
	  .takes = "a time, as 90, 2.5m or 1h30m, or more than 100% of the median, as 300%" },
	{ 0, "halt", "WHEN", "end early: now,fail=1 soon,fail=10% now,success=1 ...", .set = set_halt,
	  .takes = "never, or now or soon and a condition, as now,fail=1 or soon,success=50%" },
	{ 0, "delay", "TIME", "let TIME pass between two starts", .set = set_delay,
	  .takes = "a time, as 90, 2.5m or 1h30m" },
	{ 0, "nice", "N", "run at niceness N", .set = set_nice, .takes = "a number from 0 to 19" },
	{ 0, "shell", NULL, "COMMAND is a script for sh; the input is its \"$1\"", .flag = AT(shell) },
	{ 0, "dry-run", NULL, "print the commands, run nothing", .flag = AT(dry_run) },
	{ 'q', "quiet", NULL, "do not name failing jobs, no summary, no progress", .flag = AT(quiet) },
	{ 0, "summary", NULL, "close with a line about the pile; so it is on a terminal", .set = set_summary },
	{ 0, "json", "[FILE]", "events as JSON lines, instead of outputs or to FILE", .set = set_json,
	  .takes = "a file name" },
	{ 0, "timeline", "FILE", "draw who ran when into FILE, an SVG", .text = AT(timeline) },
	{ 0, "progress", NULL, "show progress; so it is on a terminal", .set = set_progress },
	{ 0, "no-progress", NULL, "show no progress", .set = set_no_progress },
	{ 'h', "help", NULL, "this text", .set = NULL },
#undef AT
};

enum { OPTIONS = sizeof rows / sizeof *rows };

/* What getopt calls the option in a row. */
static int option_key(int row)
{
	return rows[row].letter ? rows[row].letter : 256 + row;
}

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
		snprintf(names, sizeof names, "%s%s--%s%s%s", t->letter ? (char[]){ '-', (char)t->letter, 0 } : "   ",
			 t->letter ? ", " : " ", t->name, t->arg && *t->arg != '[' ? "=" : "",
			 t->arg && *t->arg == '[' ? "[=FILE]"
			 : t->arg                 ? t->arg
						  : "");
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
		if (option_key(i) != optopt)
			continue;
		snprintf(name, sizeof name, "--%s", rows[i].name);
		return bad(status, said == ':' ? "missing value of option" : "no value is taken by option", name);
	}
	return bad(status, "unknown option", optopt ? letter : word);
}

/* The kinds of sources behind COMMAND, by the word that opens one; "+": linked to the one before. */
static bool opens_source(const char *word, struct source_text *out)
{
	size_t colons = strspn(word, ":");
	*out = (struct source_text){ .linked = word[colons] == '+' };
	if ((colons != 3 && colons != 4) || strcmp(word + colons, out->linked ? "+" : ""))
		return false;
	out->file = colons == 4 ? word : NULL;
	return true;
}

/* The sources behind COMMAND. */
static bool parse_sources(struct options *o, int argc, char **argv, int *status)
{
	for (int i = 0, next; i < argc; i = next) {
		struct source_text opened, other;
		opens_source(argv[i], &opened);
		for (next = i + 1; next < argc && !opens_source(argv[next], &other);)
			next++;
		if (opened.linked && !o->source_count)
			return bad(status, "nothing to link to before", argv[i]);
		if (!opened.file) {
			opened.words = argv + i + 1;
			opened.count = (size_t)(next - i - 1);
			o->sources[o->source_count++] = opened;
			continue;
		}
		if (next == i + 1)
			return bad(status, "no file given behind", argv[i]);
		for (int file = i + 1; file < next; file++) {
			opened.file = argv[file];
			o->sources[o->source_count++] = opened;
		}
	}
	return true;
}

/* What --pipe goes with, and how it tells records apart. */
static bool settle_pipe(struct options *o, int *status)
{
	struct records *r = &o->records;
	if (!o->pipe)
		return true;
	if (o->source_count > 1 || (o->source_count && o->sources->words))
		return bad(status, "--pipe cuts standard input or one --arg-file; no other inputs go with it", NULL);
	if (o->cut.colsep || o->cut.csv || o->header || o->cut.pack)
		return bad(status, "--pipe does not go with columns, --header, -m or -X", NULL);
	if (!r->start_len && !r->end_len && !o->recend_given)
		r->end_len = (size_t)(stpcpy(o->recend, "\n") - o->recend);
	if (!r->start_len && !r->end_len)
		return bad(status, "--pipe: records need a --recstart or a --recend", NULL);
	r->start = o->recstart;
	r->end = o->recend;
	r->block = r->block ? r->block : 1 << 20;
	r->together = o->cut.together;
	return true;
}

/* COMMAND [ARG...] [::: INPUT...], what getopt has left. */
static bool parse_rest(struct options *o, int argc, char **argv, int *status)
{
	struct source_text opened;
	int words = 0;
	while (words < argc && !opens_source(argv[words], &opened))
		words++;
	o->command = argv;
	o->words = words;
	if (o->steer)
		return argc < 2 || bad(status, "--set takes one process id; not expected:", argv[1]);
	if (!words)
		return bad(status, "no command given", NULL);
	if (o->max && o->min > o->max)
		return bad(status, "--min is above --max", NULL);
	if (o->jobs && (o->min || o->max))
		return bad(status, "--jobs leaves nothing to choose; not with --min or --max", NULL);
	if (o->shell && words > 1)
		return bad(status, "--shell takes the script as one word; not expected:", o->command[1]);
	if (o->cut.csv && o->cut.colsep && o->cut.colsep[1] && strcmp(o->cut.colsep, "\\t"))
		return bad(status, "--csv takes one character as its --colsep, not", o->cut.colsep);
	if (o->resume && !o->joblog)
		return bad(status, "--resume goes by a --joblog, and none is given", NULL);
	if (o->replace && !*o->replace)
		return bad(status, "--replace takes a text, not", o->replace);
	if (o->context || o->pack)
		o->cut.pack = o->max_chars ? o->max_chars : INPUT_MAX;
	if (!parse_sources(o, argc - words, argv + words, status) || !settle_pipe(o, status))
		return false;
	argv[words] = NULL; /* where ::: was, if anything: the command ends here */
	return true;
}

static const struct option_row *row_of(int key)
{
	for (int i = 0; i < OPTIONS; i++)
		if (option_key(i) == key)
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
		longs[i] = (struct option){ rows[i].name,
					    !rows[i].arg          ? no_argument
					    : *rows[i].arg == '[' ? optional_argument
								  : required_argument,
					    NULL, option_key(i) };
		if (rows[i].letter) {
			*to++ = (char)rows[i].letter;
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
	*o = (struct options){ .separator = "\n", .separator_len = 1 };
	o->sources = calloc((size_t)argc, sizeof *o->sources);
	if (!o->sources) {
		fprintf(stderr, "hob run: %s\n", strerror(ENOMEM));
		*status = EXIT_BROKEN;
		return false;
	}
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
