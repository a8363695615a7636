/* The program `hob`: a table of subcommands.
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "command.h"

static int version(int argc, char **argv);
static int help(int argc, char **argv);

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *does;
} commands[] = {
	{ "run", run_main, "run a pile of commands, as many at once as pays" },
	{ "why", why_main, "does a program wait or compute, on what, and what would help?" },
	{ "top", top_main, "what the tasks of a program do at this moment" },
	{ "dump", dump_main, "every task of a program, with its stack" },
	{ "lab", lab_main, "claims about concurrency and parallelism, measured on this machine" },
	{ "help", help, "this text, or that of a subcommand: hob help run" },
	{ "version", version, "the version of hob" },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static const struct command *find(const char *name)
{
	for (int i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int version(int argc, char **argv)
{
	if (argc > 1) {
		fprintf(stderr, "hob version: unexpected argument '%s'\n", argv[1]);
		return EXIT_USAGE;
	}
	puts("hob " HOB_VERSION);
	return fflush(stdout) ? EXIT_BROKEN : 0;
}

static int overview(void)
{
	puts("usage: hob COMMAND [ARG...]\n");
	for (int i = 0; i < COMMANDS; i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].does);
	return fflush(stdout) ? EXIT_BROKEN : 0;
}

static int unknown(const char *name)
{
	fprintf(stderr, "hob: unknown command '");
	for (const char *p = name; *p; p++)
		fputc((unsigned char)*p < ' ' || *p == 127 ? '?' : *p, stderr);
	fprintf(stderr, "'; the commands are");
	for (int i = 0; i < COMMANDS; i++)
		fprintf(stderr, "%s %s", i ? "," : "", commands[i].name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

static int help(int argc, char **argv)
{
	if (argc < 2)
		return overview();
	const struct command *c = find(argv[1]);
	if (!c)
		return unknown(argv[1]);
	if (c->main == help || c->main == version)
		return overview();
	char name[] = "hob", option[] = "--help", *asked[] = { name, option, NULL };
	return c->main(2, asked);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "hob: no command given; try 'hob help'\n");
		return EXIT_USAGE;
	}
	const char *name = argv[1];
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	else if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	const struct command *c = find(name);
	return c ? c->main(argc - 1, argv + 1) : unknown(name);
}
