/* pool: two processes and 64 bytes each way, over a pipe for each direction. pipe.c 1 MS */
#include "trip.h"

enum { BYTES = 64 };

static int to[2], from[2];

static void answer(void)
{
	char bytes[BYTES];

	while (read(to[0], bytes, BYTES) == BYTES && write(from[1], bytes, BYTES) == BYTES)
		;
}

static void call(void)
{
	char bytes[BYTES] = "hello";

	bench_must(write(to[1], bytes, BYTES) != BYTES || read(from[0], bytes, BYTES) != BYTES, "a pipe");
}

int main(int argc, char **argv)
{
	int64_t budget = bench_arg(argc, argv, 2) * 1000000;
	pid_t pid;

	bench_must(pipe(to) || pipe(from), "pipe");
	pid = answerer_start(answer);
	report_trip(call, budget);
	report_rested(call);
	answerer_end(pid);
	return 0;
}
