/* What the subcommands have in common. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/* The exit status of every subcommand; hob-run(1) documents those of `hob run`. */
enum {
	EXIT_JOBS = 1,     /* a job failed */
	EXIT_USAGE = 2,    /* bad usage or bad input, and nothing was run */
	EXIT_BROKEN = 3,   /* hob itself failed half way */
	EXIT_CANNOT = 126, /* the command is not executable */
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128, /* plus the number of the signal that interrupted us */
};

int dump_main(int argc, char **argv);
int lab_main(int argc, char **argv);
int run_main(int argc, char **argv);
int top_main(int argc, char **argv);
int why_main(int argc, char **argv);

#endif
