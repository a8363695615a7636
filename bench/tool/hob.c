/* tool: the same function as a task, in a lane, on a thread, in a process: one that does nothing, one that computes and
 * one that blocks. hob.c WORKERS MS task|lane|thread|process */
#include "bench.h"
#include <hob.h>
#include <string.h>

enum { MANY = 1000, CROWD = 64, COMPUTE_NS = 50000, BLOCK_US = 1000 };

static int64_t budget;
static struct hob_tool tool;
static struct hob_call calls[MANY];

static int nothing(struct hob_call *c)
{
	(void)c;
	return 0;
}

static int compute(struct hob_call *c)
{
	struct timespec t;
	int64_t start, now;

	(void)c; /* on a core for so long, not merely as old: the thread's own clock */
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	start = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	do {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
		now = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
	} while (now - start < COMPUTE_NS);
	return 0;
}

static int block(struct hob_call *c)
{
	(void)c;
	return usleep(BLOCK_US);
}

static void one_by_one(void)
{
	int64_t n = 0, start = bench_now(), took;

	do {
		for (int i = 0; i < 100; i++)
			bench_must(hob_tool_call(&tool, nothing, &calls[0], HOB_NEVER), "hob_tool_call");
		n += 100;
		took = bench_now() - start;
	} while (took < budget);
	bench_report("call", (double)took / (double)n, "ns");
}

/* So many at once, again and again: ns each. */
static double at_once(int n, hob_call_fn *fn)
{
	int64_t done = 0, start = bench_now(), took;
	struct hob_scope *s;

	bench_must(hob_scope_create(&s), "hob_scope_create");
	do {
		for (int i = 0; i < n; i++)
			bench_must(hob_tool_spawn(s, &tool, fn, &calls[i], HOB_NEVER), "hob_tool_spawn");
		bench_must(hob_scope_wait(s, HOB_NEVER), "hob_scope_wait");
		done += n;
		took = bench_now() - start;
	} while (took < budget);
	hob_scope_destroy(s);
	return (double)took / (double)done;
}

static int all(void *arg)
{
	const char *kind = arg;

	if (strcmp(kind, "lane") == 0)
		bench_must(hob_lane_create(&tool.lane, NULL), "hob_lane_create");
	if (strcmp(kind, "thread") == 0)
		tool.kind = HOB_TOOL_THREAD;
	if (strcmp(kind, "process") == 0) {
		tool.kind = HOB_TOOL_PROCESS;
		bench_must(hob_pool_create(&tool.pool, NULL), "hob_pool_create");
	}
	one_by_one();
	bench_report("spawned", at_once(MANY, nothing), "ns");
	bench_report("computes", at_once(CROWD, compute) / 1e3, "us");
	bench_report("blocks", at_once(CROWD, block) / 1e3, "us");
	hob_lane_destroy(tool.lane);
	hob_pool_destroy(tool.pool);
	return 0;
}

int main(int argc, char **argv)
{
	struct hob_options opts = { .workers = (unsigned)bench_arg(argc, argv, 1), .pools = 1 };

	budget = bench_arg(argc, argv, 2) * 1000000;
	bench_must(argc < 4, "a tool must be named");
	bench_must(hob_run(&opts, all, argv[3]), "hob_run");
	return 0;
}
