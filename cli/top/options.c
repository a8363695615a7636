/* The command lines of `hob top` and `hob dump`: one table serves getopt, --help and the test of the man pages. */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "command.h"
#include "show/usage.h"
#include "top/top.h"

enum { ONCE = 256, JSON, NO_STACKS };

static const char *const names[] = { "top", "dump" };

static const struct option_text {
	int command;
	int key; /* a letter, or one of the above */
	const char *name, *arg, *does;
} texts[] = {
	{ TOP_TOP, 'd', "delay", "SECONDS", "look so often (1)" },
	{ TOP_TOP, ONCE, "once", NULL, "one look, on standard output, and no more" },
	{ TOP_TOP, JSON, "json", NULL, "the same as JSON" },
	{ TOP_TOP, 'h', "help", NULL, "this text" },
	{ TOP_DUMP, NO_STACKS, "no-stacks", NULL, "leave the stack traces out" },
	{ TOP_DUMP, JSON, "json", NULL, "as JSON" },
	{ TOP_DUMP, 'h', "help", NULL, "this text" },
};

enum { OPTIONS = sizeof texts / sizeof *texts };

static int help(int command)
{
	printf("usage: hob %s [OPTION...] PID\n\n%s\n\n", names[command],
	       command == TOP_TOP
		       ? "Shows what the tasks of a program that uses hob do at this moment: how many compute, wait,\n"
			 "are ready or held, on which workers, for what, and where they were spawned. Nothing of the\n"
			 "program is stopped or asked. Keys: q quits, p pauses and goes on."
		       : "Prints every task of a program that uses hob: where it was spawned, its state, what it\n"
			 "waits for and who has that, its age and its stack. Nothing of the program is stopped or\n"
			 "asked, so it works where everything in it stands still.");
	for (int i = 0; i < OPTIONS; i++) {
		const struct option_text *t = &texts[i];

		if (t->command == command)
			usage_option(t->key, t->name, t->arg, t->does);
	}
	printf("\nExit status: 0; 2 bad usage; 3 the process cannot be looked at. More: man hob-%s\n", names[command]);
	return fflush(stdout) ? EXIT_BROKEN : 0;
}

static bool bad(int command, int *status, const char *what, const char *which)
{
	return usage_bad(names[command], status, what, which);
}

static bool take_pid(struct top_options *o, int command, char **words, int count, int *status)
{
	double n;

	if (count == 0)
		return bad(command, status, "no process given", NULL);
	if (count > 1)
		return bad(command, status, "one process at a time, not also", words[1]);
	if (!usage_number(words[0], 1, 1 << 22, &n) || n != (double)(pid_t)n)
		return bad(command, status, "the number of a process is wanted, not", words[0]);
	o->pid = (pid_t)n;
	return true;
}

bool top_options_parse(struct top_options *o, int command, int argc, char **argv, int *status)
{
	struct option longs[OPTIONS + 1] = { 0 };
	char letter[] = "-?";
	int n = 0;

	*o = (struct top_options){ .delay = 1 };
	for (int i = 0; i < OPTIONS; i++)
		if (texts[i].command == command)
			longs[n++] = (struct option){ texts[i].name, texts[i].arg ? required_argument : no_argument,
						      NULL, texts[i].key };
	optind = 0;
	for (int key; (key = getopt_long(argc, argv, command == TOP_TOP ? ":hd:" : ":h", longs, NULL)) != -1;) {
		letter[1] = (char)optopt;
		switch (key) {
		case 'h':
			*status = help(command);
			return false;
		case ':':
			return bad(command, status, "missing value of option", argv[optind - 1]);
		case '?':
			return bad(command, status, "unknown option",
				   optopt && optopt < 256 ? letter : argv[optind - 1]);
		case 'd':
			if (!usage_number(optarg, 0.05, 3600, &o->delay))
				return bad(command, status, "--delay takes seconds, 0.05 to 3600, not", optarg);
			break;
		case ONCE:
			o->once = true;
			break;
		case JSON:
			o->json = o->once = true;
			break;
		default:
			o->no_stacks = true;
		}
	}
	return take_pid(o, command, argv + optind, argc - optind, status);
}

int top_refused(const char *command, pid_t pid, int err, bool newer)
{
	const char *why = err == -ESRCH                     ? "there is no such process"
			  : err == -EACCES || err == -EPERM ? "it is not yours to look at"
			  : err == -ENOENT && newer         ? "it uses another version of hob"
			  : err == -ENOENT ? "no hob runs in it now, or it had no descriptor left for its page"
					   : strerror(-err);

	fprintf(stderr, "hob %s: process %d: %s\n", command, (int)pid, why);
	return EXIT_BROKEN;
}

void top_name(struct look_native *n, uint64_t address, char *out, size_t size)
{
	struct look_frame f;

	if (n && address && !look_native_name(n, address, &f) && *f.function)
		snprintf(out, size, "%s", f.function);
	else
		snprintf(out, size, "0x%llx", (unsigned long long)address);
}

void top_caller(struct look_native *n, uint64_t caller, char *out, size_t size)
{
	if (caller)
		top_name(n, caller - 1, out, size); /* the call, not what follows it */
	else
		snprintf(out, size, "hob");
}
