/* jobs: the limit. Reads lines, keeps WORKERS children going by posix_spawn, reaps whichever ends first: by wait, or as
 * an event loop must, by a pidfd each in epoll. spawn.c WORKERS COMMAND [pidfd] */
#define _GNU_SOURCE
#include "bench.h"
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

static int ep = -1;

static void start(char *command, char *input)
{
	char *argv[] = { command, input, NULL };
	struct epoll_event ev = { .events = EPOLLIN };
	pid_t pid;

	bench_must(posix_spawn(&pid, command, NULL, NULL, argv, environ), "posix_spawn");
	if (ep < 0)
		return;
	ev.data.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	bench_must(epoll_ctl(ep, EPOLL_CTL_ADD, ev.data.fd, &ev), "epoll_ctl");
}

static void reap(void)
{
	struct epoll_event ev;
	siginfo_t info;
	int status = 0;

	if (ep < 0) {
		bench_must(wait(&status) < 0 || status, "a job");
		return;
	}
	bench_must(epoll_wait(ep, &ev, 1, -1) != 1, "epoll_wait");
	bench_must(waitid(P_PIDFD, (id_t)ev.data.fd, &info, WEXITED), "waitid");
	bench_must(info.si_status, "a job");
	/* A child just spawned may hold a copy until it has executed: closing alone would leave the event in place. */
	bench_must(epoll_ctl(ep, EPOLL_CTL_DEL, ev.data.fd, NULL), "epoll_ctl");
	close(ev.data.fd);
}

int main(int argc, char **argv)
{
	long workers = bench_arg(argc, argv, 1), running = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	if (argc > 3 && !strcmp(argv[3], "pidfd"))
		ep = epoll_create1(EPOLL_CLOEXEC);
	while ((n = getline(&line, &room, stdin)) > 0) {
		line[n - 1] = '\0';
		if (running == workers)
			reap();
		else
			running++;
		start(argv[2], line);
	}
	while (running--)
		reap();
	return 0;
}
