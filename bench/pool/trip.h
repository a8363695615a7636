/* pool: what two bare processes, a caller and one that answers, have in common whatever lies between them. */
#ifndef TRIP_H
#define TRIP_H

#include "bench.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { BATCH = 100, RESTS = 200 };

static inline pid_t answerer_start(void (*answer_for_ever)(void))
{
	const pid_t pid = fork();

	bench_must(pid < 0, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	answer_for_ever();
	_exit(1);
}

static inline void answerer_end(pid_t pid)
{
	kill(pid, SIGKILL);
	bench_must(waitpid(pid, NULL, 0) != pid, "waitpid");
}

/* One call after the other, for so many ns. */
static inline void report_trip(void (*call)(void), int64_t budget)
{
	int64_t calls = 0, start, took;

	call();
	start = bench_now();
	do {
		for (int i = 0; i < BATCH; i++)
			call();
		calls += BATCH;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("trip", (double)took / 1e3 / (double)calls, "us");
}

/* Each after a millisecond of rest. */
static inline void report_rested(void (*call)(void))
{
	int64_t took = 0;

	for (int i = 0; i < RESTS; i++) {
		int64_t start;

		usleep(1000);
		start = bench_now();
		call();
		took += bench_now() - start;
	}
	bench_report("trip_rested", (double)took / 1e3 / RESTS, "us");
}

#endif
