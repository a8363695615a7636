/* pool: two processes and 64 bytes each way, over a pipe for each direction. pipe.c 1 MS */
#include "bench.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { BATCH = 100, RESTS = 200, BYTES = 64 };

static int to[2], from[2];

static _Noreturn void child(void)
{
	char bytes[BYTES];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(to[0], bytes, BYTES) == BYTES && write(from[1], bytes, BYTES) == BYTES)
		;
	_exit(0);
}

static void call(void)
{
	char bytes[BYTES] = "hello";

	bench_must(write(to[1], bytes, BYTES) != BYTES || read(from[0], bytes, BYTES) != BYTES, "a pipe");
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000, calls = 0, start, took = 0;
	pid_t pid;

	bench_must(pipe(to) || pipe(from), "pipe");
	pid = fork();
	bench_must(pid < 0, "fork");
	if (pid == 0)
		child();
	call();
	start = bench_now();
	do {
		for (int i = 0; i < BATCH; i++)
			call();
		calls += BATCH;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("trip", (double)took / 1e3 / (double)calls, "us");
	took = 0;
	for (int i = 0; i < RESTS; i++) {
		usleep(1000);
		start = bench_now();
		call();
		took += bench_now() - start;
	}
	bench_report("trip_rested", (double)took / 1e3 / RESTS, "us");
	kill(pid, SIGKILL);
	bench_must(waitpid(pid, NULL, 0) != pid, "waitpid");
	return 0;
}
