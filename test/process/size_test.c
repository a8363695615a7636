/* The size of a pool that is left to itself, over a clock and a /proc of our own: calls that compute keep to the cores,
 * also where they queue for them; calls that wait get more; what cannot be seen, or lies, is no harm. */
#include <errno.h>

#include "base/sys.h"
#include "process/pools.h"
#include "process/size.h"

enum { CORES = 2, CALL_NS = 20 * HOB_MS };

static struct {
	hob_time now;
	int64_t times[SIZE_MOST]; /* of the worker whose pid is one more */
	bool unreadable;
} sim;

static hob_time sim_now(void)
{
	return sim.now;
}

static int sim_open(const char *path, int flags)
{
	int worker;

	if (sim.unreadable || sscanf(path, "/proc/%d/schedstat", &worker) != 1)
		return -ENOENT;
	return (void)flags, 1000 + worker - 1;
}

static ssize_t sim_pread(int fd, void *buf, size_t len, off_t offset)
{
	int64_t ran = sim.times[fd - 1000] / 2;

	CHECK_EQ(offset, 0);
	return snprintf(buf, len, "%lld %lld 7\n", (long long)ran, (long long)(sim.times[fd - 1000] - ran));
}

static int64_t sim_cpu_clock(pid_t pid)
{
	return (void)pid, 0;
}

static int sim_affinity(size_t bytes, cpu_set_t *set)
{
	(void)bytes;
	CPU_ZERO(set);
	for (int i = 0; i < CORES; i++)
		CPU_SET(i, set);
	return 0;
}

/* For so many ms, while calls wait all the time, each of which asks for a core for `share` of its life, and takes
 * `stretch(n)` times CALL_NS where n are at work. Answers how many were at work in the end. */
static unsigned run(struct size *s, unsigned ms, double share, double (*stretch)(unsigned n))
{
	static struct sized w[SIZE_MOST];
	hob_time ends[SIZE_MOST], until = sim.now + ms * HOB_MS, then = sim.now;
	unsigned n = 0;

	for (unsigned i = 0; i < SIZE_MOST; i++)
		w[i] = (struct sized){ .file = SIZED_CLOSED };
	for (; sim.now < until; sim.now += 100 * HOB_US) {
		for (unsigned i = 0; i < SIZE_MOST; i++) {
			if (!w[i].counted)
				continue;
			sim.times[i] += (int64_t)(share * (double)(sim.now - then));
			if (sim.now >= ends[i])
				size_ended(s, &w[i], (int32_t)i + 1, sim.now, false);
		}
		then = sim.now;
		n = s->limit.jobs;
		for (unsigned i = 0; i < n; i++)
			if (!w[i].counted) {
				size_began(s, &w[i], sim.now);
				ends[i] = sim.now + (hob_time)(stretch(n) * CALL_NS);
			}
		if (sim.now >= s->due) {
			double demand = 0;

			for (unsigned i = 0; i < SIZE_MOST; i++)
				if (w[i].counted)
					demand += size_demand(&w[i], (int32_t)i + 1, sim.now);
			size_sample(s, demand, true, sim.now);
		}
	}
	for (unsigned i = 0; i < SIZE_MOST; i++)
		size_ended(s, &w[i], (int32_t)i + 1, sim.now, false);
	return s->limit.jobs;
}

static double steady(unsigned n)
{
	return (void)n, 1;
}

/* Four are served at once. */
static double four(unsigned n)
{
	return n > 4 ? n / 4.0 : 1;
}

static struct size *begin(void)
{
	static struct size s;

	memset(&sim, 0, sizeof sim);
	sim.now = HOB_SECOND;
	CHECK_EQ(size_init(&s, 0), CORES);
	return &s;
}

static void computing_calls_keep_to_the_cores(void)
{
	CHECK_EQ(run(begin(), 1000, 1, steady), CORES);
}

static void waiting_calls_get_more(void)
{
	struct size *s = begin();

	CHECK(run(s, 300, 0.01, steady) >= 16);
	CHECK_EQ(run(s, 2000, 0.01, steady), SIZE_MOST);
	CHECK(run(s, 2000, 1, steady) <= CORES + 1); /* and fewer, once they compute */
}

static void no_more_than_bring_more(void)
{
	unsigned n = run(begin(), 4000, 0.01, four);

	printf("# %u where 4 are served\n", n);
	CHECK(n >= 3 && n <= 12);
}

static void what_cannot_be_seen_computes(void)
{
	struct size *s = begin();

	sim.unreadable = true;
	CHECK_EQ(run(s, 1000, 0.01, steady), CORES);
}

static void a_lie_is_no_harm(void)
{
	struct size *s = begin();
	struct sized w = { .file = SIZED_CLOSED };

	for (int i = 0; i < 1000; i++) {
		sim.times[2] = (int64_t)(test_random() >> 2) * (test_random() % 2 ? 1 : -1);
		size_began(s, &w, sim.now);
		sim.now += (hob_time)(test_random() % HOB_SECOND);
		double demand = size_demand(&w, 3, sim.now);
		CHECK(demand >= 0 && demand <= 1);
		size_ended(s, &w, 3, sim.now, test_random() % 2);
		unsigned n = size_sample(s, demand, true, sim.now);
		CHECK(n >= 1 && n <= SIZE_MOST);
	}
}

int main(void)
{
	test_start();
	watchdog(60);
	sys.now = sim_now;
	sys.open = sim_open;
	sys.pread = sim_pread;
	sys.cpu_clock = sim_cpu_clock;
	sys.affinity = sim_affinity;
	TEST(computing_calls_keep_to_the_cores);
	TEST(waiting_calls_get_more);
	TEST(no_more_than_bring_more);
	TEST(what_cannot_be_seen_computes);
	TEST(a_lie_is_no_harm);
	return test_done();
}
