/* The whole runtime in simulation: its own sources, in a machine of which one seed decides everything (world.h), over
 * random programs (program.h). Processes take the seeds in turn; a seed that fails is shown with the shortest program
 * found that fails as well.
 *
 *	sim_test [SEEDS [FIRST]]    SIM_SEED=n runs that one alone, SIM_DROPPED without what the shrinking took out
 *
 * HOB_PROOF_LONG=1: 2,000,000 seeds, others each time
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

enum { JOBS = 2, SECONDS_MAX = 30, DROPS = TASKS * TASK_STEPS, TRIES = 30 };

/* What is left out of the program of a seed, and another order of its turns. */
struct cut {
	bool dropped[DROPS], no_faults;
	unsigned schedule;
};

static struct shared {
	uint64_t seed[JOBS]; /* that each is at */
	uint64_t turns[JOBS];
} * shared;

static void make(struct program *p, struct world *w, uint64_t seed, const struct cut *cut)
{
	program_make(p, w, seed);
	if (!cut)
		return;
	for (unsigned i = 0; i < DROPS; i++)
		if (cut->dropped[i])
			p->tasks[i / TASK_STEPS].steps[i % TASK_STEPS].kind = STEP_NONE;
	if (cut->no_faults)
		w->faults = 0;
	w->schedule += cut->schedule;
}

static void run_one(uint64_t seed, const struct cut *cut)
{
	static struct program p;
	static struct world w;

	make(&p, &w, seed, cut);
	alarm(SECONDS_MAX);
	program_run(&p, &w);
	alarm(0);
}

/* Does it fail? */
static bool fails(uint64_t seed, const struct cut *cut, bool show)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!show && !freopen("/dev/null", "w", stdout))
			_exit(0);
		run_one(seed, cut);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (show && WIFSIGNALED(status))
		printf("# signal %d\n", WTERMSIG(status));
	return status != 0;
}

/* In the same order of turns, or in another. */
static bool fails_somehow(uint64_t seed, struct cut *cut)
{
	unsigned was = cut->schedule;

	for (unsigned i = 0; i < TRIES; i++) {
		cut->schedule = was + i;
		if (fails(seed, cut, false))
			return true;
	}
	cut->schedule = was;
	return false;
}

/* Leaves out so many steps at a time, fewer each round. */
static void shrink(uint64_t seed, struct cut *cut)
{
	struct cut less = *cut;

	less.no_faults = true;
	if (fails_somehow(seed, &less))
		*cut = less;
	for (unsigned piece = DROPS / 2; piece; piece /= 2)
		for (unsigned from = 0; from < DROPS; from += piece) {
			less = *cut;
			memset(less.dropped + from, true, piece);
			if (memcmp(&less, cut, sizeof less) != 0 && fails_somehow(seed, &less))
				*cut = less;
		}
}

static void show(uint64_t seed, const struct cut *cut)
{
	static struct program p;
	static struct world w;

	make(&p, &w, seed, cut);
	program_show(&p, &w, stdout);
	printf("# SIM_SEED=%llu SIM_DROPPED=%u:%d:", (unsigned long long)seed, cut->schedule, cut->no_faults);
	for (unsigned i = 0; i < DROPS; i += 4)
		printf("%x", cut->dropped[i] | cut->dropped[i + 1] << 1 | cut->dropped[i + 2] << 2 |
				     cut->dropped[i + 3] << 3);
	putchar('\n');
	fflush(stdout);
}

static void report(uint64_t seed)
{
	struct cut cut = { 0 };

	printf("# seed %llu fails:\n", (unsigned long long)seed);
	fflush(stdout);
	fails(seed, &cut, true);
	shrink(seed, &cut);
	fails(seed, &cut, true);
	show(seed, &cut);
}

/* As show() writes it. */
static struct cut read_cut(const char *text)
{
	struct cut cut = { 0 };
	int at = 0, no_faults = 0;

	sscanf(text, "%u:%d:%n", &cut.schedule, &no_faults, &at);
	cut.no_faults = no_faults;
	for (unsigned i = 0; i < DROPS && text[at]; i += 4, at++)
		for (unsigned k = 0; k < 4; k++)
			cut.dropped[i + k] = (text[at] <= '9' ? text[at] - '0' : text[at] - 'a' + 10) >> k & 1;
	return cut;
}

static pid_t start_batch(unsigned job, uint64_t from, uint64_t n)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (uint64_t seed = from; seed < from + n; seed++) {
		shared->seed[job] = seed;
		run_one(seed, NULL);
		shared->turns[job] += sim_turns();
	}
	_exit(0);
}

/* The seed that fails, or `end`. */
static uint64_t run_all(uint64_t first, uint64_t end)
{
	pid_t pids[JOBS] = { 0 };
	uint64_t next = first, bad = end;
	unsigned running = 0;

	for (;;) {
		int status;
		pid_t pid;

		for (unsigned j = 0; j < JOBS && next < end && bad == end; j++) {
			uint64_t n = BATCH - next % BATCH;

			if (pids[j])
				continue;
			if (n > end - next)
				n = end - next;
			pids[j] = start_batch(j, next, n);
			next += n;
			running++;
		}
		if (!running)
			return bad;
		pid = wait(&status);
		for (unsigned j = 0; j < JOBS; j++)
			if (pids[j] == pid) {
				pids[j] = 0;
				running--;
				if (status && shared->seed[j] < bad)
					bad = shared->seed[j];
			}
	}
}

int main(int argc, char **argv)
{
	const char *one = getenv("SIM_SEED"), *dropped = getenv("SIM_DROPPED");
	bool thorough = getenv("HOB_PROOF_LONG") != NULL;
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : thorough ? 2000000 : 100000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : thorough ? (uint64_t)time(NULL) << 20 : 1, bad;

	/* Nothing hangs upon addresses, so that a seed does the same again. */
	if (!(personality(~0UL & 0xffffffff) & ADDR_NO_RANDOMIZE) && personality(ADDR_NO_RANDOMIZE) >= 0)
		execv("/proc/self/exe", argv);
	if (one) {
		struct cut cut = read_cut(dropped ? dropped : "");

		show(strtoull(one, NULL, 10), &cut);
		run_one(strtoull(one, NULL, 10), &cut);
		return 0;
	}
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bad = run_all(first, first + n);
	if (bad != first + n)
		report(bad);
	printf("%s 1 - %llu seeds from %llu\n1..1\n# %llu turns\n", bad == first + n ? "ok" : "not ok",
	       (unsigned long long)n, (unsigned long long)first,
	       (unsigned long long)(shared->turns[0] + shared->turns[1]));
	return bad != first + n;
}
