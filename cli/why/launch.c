/* Starting the command that is watched, as a shell would: same group, same terminal, same limits and signals. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "show/quote.h"
#include "why/watching.h"
#include "why/why.h"

static void in_child(const struct why *w, int report)
{
	watching_undo();
	execvp(w->options->command[0], w->options->command);
	int err = errno;
	(void)!write(report, &err, sizeof err);
	_exit(127);
}

static int cannot(const char *what, int err)
{
	fprintf(stderr, "hob why: ");
	quote_put(stderr, what);
	fprintf(stderr, ": %s\n", err == ENOENT ? "command not found" : strerror(err));
	return err == ENOENT                                      ? EXIT_NOT_FOUND
	       : err == EACCES || err == ENOEXEC || err == EISDIR ? EXIT_CANNOT
								  : EXIT_BROKEN;
}

int why_launch(struct why *w)
{
	int report[2], err = 0;
	if (pipe2(report, O_CLOEXEC))
		return cannot("a pipe", errno);
	w->pid = fork();
	if (w->pid < 0) {
		err = errno;
		close(report[0]);
		close(report[1]);
		return cannot("a process", err);
	}
	if (!w->pid)
		in_child(w, report[1]);
	close(report[1]);
	ssize_t got;
	do
		got = read(report[0], &err, sizeof err); /* ends when the command has started: execve closes its end */
	while (got < 0 && errno == EINTR);
	close(report[0]);
	if (got != sizeof err)
		return 0;
	waitpid(w->pid, NULL, 0);
	return cannot(w->options->command[0], err);
}
