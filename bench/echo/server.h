/* The server under load: started as a child, measured by its process's own CPU clock, killed at the end. */
#ifndef SERVER_H
#define SERVER_H

#include "bench.h"
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct server {
	pid_t pid;
	clockid_t clock;
	uint16_t port;
	bool core_to_spare; /* the load generator has a core of its own */
};

/* Where there are more cores than workers, the load generator takes the last core for itself and the server the
 * others, so that neither is ever moved on to the other's core. The server inherits its cores from here. */
static inline bool server_split_cores(cpu_set_t *server, cpu_set_t *load, long workers)
{
	int last = CPU_SETSIZE - 1;

	bench_must(sched_getaffinity(0, sizeof *server, server), "sched_getaffinity");
	*load = *server;
	if (CPU_COUNT(server) <= workers)
		return false;
	while (!CPU_ISSET(last, server))
		last--;
	CPU_CLR(last, server);
	CPU_ZERO(load);
	CPU_SET(last, load);
	return true;
}

static inline void server_start(struct server *s, char **argv)
{
	extern char **environ;
	cpu_set_t server_cores, load_cores;
	posix_spawn_file_actions_t actions;
	struct rlimit files;
	int out[2], port = 0, status;
	FILE *lines;

	bench_must(getrlimit(RLIMIT_NOFILE, &files), "getrlimit");
	files.rlim_cur = files.rlim_max; /* for the server too: it inherits it */
	bench_must(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
	bench_must(pipe(out), "pipe");
	s->core_to_spare = server_split_cores(&server_cores, &load_cores, strtol(argv[1], NULL, 10));
	bench_must(sched_setaffinity(0, sizeof server_cores, &server_cores), "sched_setaffinity");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	posix_spawn_file_actions_addclose(&actions, out[0]);
	bench_must(posix_spawnp(&s->pid, argv[0], &actions, NULL, argv, environ), "posix_spawn");
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	lines = fdopen(out[0], "r");
	if (!lines || fscanf(lines, "%d", &port) != 1) {
		waitpid(s->pid, &status, 0);
		exit(WIFEXITED(status) && WEXITSTATUS(status) == 77 ? 77 : 1);
	}
	s->port = (uint16_t)port;
	bench_must(clock_getcpuclockid(s->pid, &s->clock), "clock_getcpuclockid");
	bench_must(sched_setaffinity(0, sizeof load_cores, &load_cores), "sched_setaffinity");
}

static inline int64_t server_cpu_ns(const struct server *s)
{
	struct timespec t;

	bench_must(clock_gettime(s->clock, &t), "clock_gettime of the server");
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Says how the server ended, where it has. */
static inline void server_describe(const struct server *s)
{
	siginfo_t info = { 0 };

	if (s->pid && !waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
		fprintf(stderr, "load: the server has ended: %s %d\n", info.si_code == CLD_EXITED ? "status" : "signal",
			info.si_status);
}

static inline void server_stop(const struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

#endif
