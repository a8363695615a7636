/* The number of cores changes while a runtime is at work: loops use as many as there are, nothing is lost on a worker
 * that steps aside, and threads start when there are first cores for them. */
#include <errno.h>
#include <hob.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "base/sys.h"
#include "sched/rig.h"

enum { MOST = 4, STEADY = SLOW_BUILD ? 300 : 1000 };

static atomic_of(unsigned) cores, asked, inside;
static atomic_of(int64_t) clock_coarse;

/* The first to ask, at the start of a runtime, is told how many there may ever be. */
static int fake_affinity(size_t bytes, cpu_set_t *set)
{
	unsigned n = at_add(&asked, 1, RELAXED) == 0 ? MOST : at_load(&cores, RELAXED);

	CPU_ZERO_S(bytes, set);
	for (unsigned i = 0; i < n; i++)
		CPU_SET_S(i, bytes, set);
	return 0;
}

/* Whoever looks at it finds that it is time to look at the cores. */
static int64_t fake_coarse(void)
{
	return at_add(&clock_coarse, HOB_SECOND, RELAXED);
}

/* There is no cgroup to look at, which would cost more than the ranges of the loops here. */
static int open_no_cgroup(const char *path, int flags)
{
	return strcmp(path, "/proc/self/cgroup") == 0 ? -ENOENT : sys_real.open(path, flags);
}

static int refuse_thread(pthread_t *out, void *(*fn)(void *), void *arg)
{
	(void)out, (void)fn, (void)arg;
	return -EAGAIN;
}

static void start(unsigned n)
{
	sys = sys_real;
	sys.affinity = fake_affinity;
	sys.now_coarse = fake_coarse;
	sys.open = open_no_cgroup;
	at_store(&asked, 0, RELAXED);
	at_store(&cores, n, RELAXED);
	watchdog(100);
}

/* What a loop over a changing machine goes through: so many cores, until so many are inside at once, or (settled) no
 * more than that for long. */
struct phase {
	unsigned cores;
	bool settled;
};

struct story {
	const struct phase *phases;
	unsigned nphases;
	atomic_of(unsigned) phase, steady;
};

/* By one who is inside with `n` - 1 others. */
static void go_on(struct story *s, unsigned n)
{
	unsigned i = at_load(&s->phase, ACQUIRE);

	if (i == s->nphases)
		return;
	if (s->phases[i].settled) {
		if (n > s->phases[i].cores)
			at_store(&s->steady, 0, RELAXED);
		else if (at_add(&s->steady, 1, RELAXED) < STEADY)
			return;
		else
			n = s->phases[i].cores;
	}
	if (n == s->phases[i].cores && at_cas(&s->phase, &i, i + 1, ACQ_REL) && i + 1 < s->nphases) {
		at_store(&s->steady, 0, RELAXED);
		at_store(&cores, s->phases[i + 1].cores, RELAXED);
	}
}

static int body(size_t begin, size_t end, void *arg)
{
	struct story *s = arg;
	unsigned most = at_add(&inside, 1, ACQ_REL) + 1;

	(void)begin, (void)end;
	for (int i = 0; i < 20; i++) { /* so that several are inside at once on few cores, too */
		unsigned n = at_load(&inside, RELAXED);

		most = n > most ? n : most;
		sched_yield();
	}
	go_on(s, most);
	at_sub(&inside, 1, ACQ_REL);
	return at_load(&s->phase, ACQUIRE) == s->nphases ? -EINTR : 0;
}

static int tell(void *arg)
{
	CHECK_EQ(hob_parallel_for((size_t)1 << 40, 1, body, arg), -EINTR);
	return 0;
}

static void a_loop_follows(void)
{
	const struct phase phases[] = {
		{ 4, false }, { 1, true }, { 3, false }, { 2, true }, { 4, false }, { 1, true }
	};
	struct story s = { .phases = phases, .nphases = 6 };

	start(4);
	CHECK_EQ(hob_run(NULL, tell, &s), 0);
}

static void threads_start_late(void)
{
	const struct phase phases[] = { { 1, true }, { 3, false }, { 4, false } };
	struct story s = { .phases = phases, .nphases = 3 };

	start(1);
	CHECK_EQ(hob_run(NULL, tell, &s), 0);
}

static void no_more_than_asked_for(void)
{
	const struct phase phases[] = { { 2, true }, { 1, true }, { 2, false } }; /* the first with four cores */
	struct hob_options two = { .workers_max = 2 };
	struct story s = { .phases = phases, .nphases = 3 };

	start(4);
	CHECK_EQ(hob_run(&two, tell, &s), 0);
}

static int count_all(size_t begin, size_t end, void *arg)
{
	at_store(&cores, 1 + (unsigned)(begin % MOST), RELAXED);
	at_add((uint64_t *)arg, end - begin, RELAXED);
	return 0;
}

static int refused(void *arg)
{
	uint64_t sum = 0;

	(void)arg;
	CHECK_EQ(hob_parallel_for(10000, 1, count_all, &sum), 0);
	CHECK_EQ(sum, 10000);
	return 0;
}

static void where_no_thread_can_be_had(void)
{
	start(1);
	sys.thread_create = refuse_thread;
	CHECK_EQ(hob_run(NULL, refused, NULL), 0);
}

/* Tasks whose waits end on workers that are aside, yet must go on. */
static int waits(void *arg)
{
	struct dice d = dice_of((uintptr_t)arg);
	int p[2];

	CHECK_EQ(pipe(p), 0);
	for (int i = 0; i < 50; i++) {
		char byte = 'x';

		at_store(&cores, 1 + (unsigned)roll(&d, MOST), RELAXED);
		switch (roll(&d, 4)) {
		case 0:
			CHECK_EQ(hob_sleep(hob_after((int64_t)roll(&d, 200) * HOB_US)), 0);
			break;
		case 1:
			CHECK_EQ(hob_read(p[0], &byte, 1, hob_after((int64_t)roll(&d, 200) * HOB_US)), -ETIMEDOUT);
			break;
		case 2:
			CHECK_EQ(hob_write(p[1], &byte, 1, HOB_NEVER), 1);
			CHECK_EQ(hob_read(p[0], &byte, 1, HOB_NEVER), 1);
			break;
		default:
			CHECK_EQ(hob_yield(), 0);
		}
	}
	close(p[0]);
	close(p[1]);
	return 0;
}

static int mixture(void *arg)
{
	struct hob_scope *s;
	uint64_t sum = 0;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (uintptr_t i = 0; i < 30; i++)
		CHECK_EQ(hob_spawn(s, waits, (void *)i), 0);
	CHECK_EQ(hob_parallel_for(20000, 1, count_all, &sum), 0);
	CHECK_EQ(sum, 20000);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static void nothing_is_lost_aside(void)
{
	int before = fds_open();

	for (unsigned i = 0; i < 10; i++) {
		start(1 + i % MOST);
		CHECK_EQ(hob_run(NULL, mixture, NULL), 0);
		CHECK_EQ(fds_open(), before);
	}
}

int main(void)
{
	test_start();
	TEST(a_loop_follows);
	TEST(threads_start_late);
	TEST(no_more_than_asked_for);
	TEST(where_no_thread_can_be_had);
	TEST(nothing_is_lost_aside);
	return test_done();
}
