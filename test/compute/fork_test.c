/* Fork and join: every job runs exactly once, whoever runs it, and whatever its task does in between. */
#include <hob.h>

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "sched/fake_poller.h"

enum { WORKERS = 4 };

/* A tree of jobs ------------------------------------------------------------------------------------------------- */

static int node_count(int depth)
{
	return depth < 2 ? 1 : node_count(depth - 1) + node_count(depth - 2);
}

struct fib {
	int n, result;
};

static void fib(void *arg)
{
	struct fib *f = arg, left = { .n = f->n - 1 }, right = { .n = f->n - 2 };
	struct hob_job job;

	f->result = 1;
	if (f->n < 2)
		return;
	hob_fork(&job, fib, &left);
	fib(&right);
	if (f->n % 2)
		hob_join(&job);
	else
		hob_join_direct(&job, fib, &left);
	f->result = left.result + right.result;
}

static void a_thread_without_task_forks(void)
{
	struct fib f = { .n = 10 };

	fib(&f);
	CHECK_EQ(f.result, node_count(10));
}

static int run_fib(void *arg)
{
	(void)arg;
	for (int n = 0; n < (SLOW_BUILD ? 16 : 23); n++) {
		struct fib f = { .n = n };

		fib(&f);
		CHECK_EQ(f.result, node_count(n));
	}
	return 0;
}

static void a_tree_of_jobs(void)
{
	for (unsigned workers = 1; workers <= WORKERS; workers++)
		CHECK_EQ(fake_run(workers, test_random(), run_fib, NULL), 0);
}

/* More than the ring holds --------------------------------------------------------------------------------------- */

enum { CROWD = 3 * HOB_FORKS_MAX };

static atomic_of(uint32_t) ran[CROWD];

static void count_one(void *arg)
{
	at_add((atomic_of(uint32_t) *)arg, 1, RELAXED);
}

static int fork_crowd(void *arg)
{
	struct hob_job *jobs = calloc(CROWD, sizeof *jobs);

	(void)arg;
	memset(ran, 0, sizeof ran);
	for (int i = 0; i < CROWD; i++)
		hob_fork(&jobs[i], count_one, &ran[i]);
	for (int i = CROWD; i > 0; i--) {
		hob_join(&jobs[i - 1]);
		CHECK_EQ(ran[i - 1], 1);
	}
	for (int i = 0; i < CROWD; i++)
		CHECK_EQ(ran[i], 1);
	free(jobs);
	return 0;
}

static void more_jobs_than_the_ring_holds(void)
{
	for (unsigned workers = 1; workers <= WORKERS; workers++)
		CHECK_EQ(fake_run(workers, test_random(), fork_crowd, NULL), 0);
}

/* Random programs ------------------------------------------------------------------------------------------------ */

/* A job forks, parks in every way there is, joins, in any order that is allowed; and hits its own mark. */
enum { MARKS = 4096, FORKS = 4 };

static struct {
	atomic_of(uint32_t) hits[MARKS];
	atomic_of(uint32_t) used;
	struct hob_mutex mutex;
	uint64_t inside; /* guarded by the mutex */
} plot;

struct act {
	struct dice dice;
	unsigned depth, mark;
};

static void act(void *arg);

static void prepare(struct act *a, struct act *by)
{
	*a = (struct act){ .dice = { .state = by->dice.state ^ roll(&by->dice, UINT64_MAX) }, .depth = by->depth - 1 };
	a->mark = at_add(&plot.used, 1, RELAXED);
}

static void pass_time(struct act *a)
{
	switch (roll(&a->dice, 6)) {
	case 0:
		CHECK_EQ(hob_yield(), 0);
		break;
	case 1:
		CHECK_EQ(hob_sleep(hob_after((int64_t)roll(&a->dice, 50000))), 0);
		break;
	case 2: { /* held across a fork, a park and a join */
		struct hob_job job;
		struct act other;
		bool more = a->depth && at_load(&plot.used, RELAXED) < MARKS / 2;

		CHECK_EQ(hob_mutex_lock(&plot.mutex, HOB_NEVER), 0);
		CHECK_EQ(plot.inside++, 0);
		if (more) {
			prepare(&other, a);
			other.depth = 0;
			hob_fork(&job, act, &other);
		}
		hob_yield();
		if (more)
			hob_join(&job);
		CHECK_EQ(--plot.inside, 0);
		hob_mutex_unlock(&plot.mutex);
		break;
	}
	default:
		break;
	}
}

static void act(void *arg)
{
	struct act *a = arg, acts[FORKS];
	struct hob_job jobs[FORKS];
	unsigned n = 0;

	at_add(&plot.hits[a->mark], 1, RELAXED);
	if (!a->depth)
		return; /* of those that hold the mutex: no more of it */
	for (int steps = (int)roll(&a->dice, 2 * FORKS); steps; steps--) {
		if (n < FORKS && at_load(&plot.used, RELAXED) < MARKS / 2 && roll(&a->dice, 2)) {
			prepare(&acts[n], a);
			hob_fork(&jobs[n], act, &acts[n]);
			n++;
		} else if (n && roll(&a->dice, 2)) {
			hob_join(&jobs[--n]);
			CHECK_EQ(plot.hits[acts[n].mark], 1);
		}
		pass_time(a);
	}
	while (n) {
		hob_join(&jobs[--n]);
		CHECK_EQ(at_load(&plot.hits[acts[n].mark], RELAXED), 1);
	}
}

static int act_task(void *arg)
{
	act(arg);
	return 0;
}

static int stage(void *arg)
{
	struct act root = { .dice = *(struct dice *)arg, .depth = 7 }, acts[3];
	struct hob_scope *s;

	memset(&plot, 0, sizeof plot);
	CHECK_EQ(hob_scope_create(&s), 0);
	for (int i = 0; i < 3; i++) { /* several tasks at once: their jobs must not mix */
		prepare(&acts[i], &root);
		CHECK_EQ(hob_spawn(s, act_task, &acts[i]), 0);
	}
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	CHECK(plot.used <= MARKS);
	for (unsigned i = 0; i < plot.used; i++)
		CHECK_EQ(plot.hits[i], 1);
	return 0;
}

static void random_programs(void)
{
	for (unsigned i = 0; i < (SLOW_BUILD ? 60 : 400); i++) {
		struct dice dice = dice_of(test_random());

		CHECK_EQ(fake_run(1 + i % WORKERS, test_random(), stage, &dice), 0);
	}
}

/* Waiting for the outside world, over the real pollers ----------------------------------------------------------- */

struct message {
	int fds[2];
	char in, out;
};

static void read_message(void *arg)
{
	struct message *m = arg;

	CHECK_EQ(hob_read(m->fds[0], &m->in, 1, HOB_NEVER), 1);
}

static void write_message(void *arg)
{
	struct message *m = arg;

	CHECK_EQ(hob_write(m->fds[1], &m->out, 1, HOB_NEVER), 1);
}

/* The one who waits holds the job that it waits for. */
static int read_what_a_job_writes(void *arg)
{
	struct message m = { .out = 'x' };
	struct hob_job jobs[3];

	(void)arg;
	CHECK_EQ(pipe(m.fds), 0);
	for (int i = 0; i < (SLOW_BUILD ? 100 : 1000); i++) {
		uint32_t more[2] = { 0 };

		hob_fork(&jobs[0], count_one, &more[0]);
		hob_fork(&jobs[1], write_message, &m);
		hob_fork(&jobs[2], count_one, &more[1]);
		read_message(&m);
		CHECK_EQ(m.in, 'x');
		m.in = 0;
		hob_join(&jobs[2]);
		hob_join(&jobs[1]);
		hob_join(&jobs[0]);
		CHECK_EQ(more[0] + more[1], 2);

		hob_fork(&jobs[0], read_message, &m);
		write_message(&m);
		hob_join(&jobs[0]);
		CHECK_EQ(m.in, 'x');
		m.in = 0;
	}
	close(m.fds[0]);
	close(m.fds[1]);
	return 0;
}

static void jobs_wait_for_each_other(void)
{
	static const enum hob_backend backends[] = { HOB_BACKEND_AUTO, HOB_BACKEND_EPOLL };

	for (int b = 0; b < 2; b++)
		for (unsigned workers = 1; workers <= WORKERS; workers++) {
			struct hob_options o = { .workers = workers,
						 .backend = backends[b],
						 .seed = test_random() | 1 };

			CHECK_EQ(hob_run(&o, read_what_a_job_writes, NULL), 0);
		}
}

/* Scopes --------------------------------------------------------------------------------------------------------- */

static void sleep_until_cancelled(void *arg)
{
	*(int *)arg = hob_sleep(HOB_NEVER);
}

static int be_cancelled(void *arg)
{
	int results[4] = { 0 };
	struct hob_job jobs[4];

	for (int i = 0; i < 4; i++)
		hob_fork(&jobs[i], sleep_until_cancelled, &results[i]);
	hob_scope_cancel(arg); /* before, while and after they begin */
	for (int i = 3; i >= 0; i--)
		hob_join(&jobs[i]);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(results[i], -ECANCELED); /* they ran, and in the scope of the forker */
	return 0;
}

static int cancel_forkers(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, be_cancelled, s), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static void cancellation_reaches_jobs(void)
{
	for (unsigned i = 0; i < 20 * WORKERS; i++)
		CHECK_EQ(fake_run(1 + i % WORKERS, test_random(), cancel_forkers, NULL), 0);
}

/* Where the kernel refuses --------------------------------------------------------------------------------------- */

static int no_membarrier(int command)
{
	(void)command;
	return -ENOSYS;
}

/* Whether there is a membarrier is asked once in a process: so in one of its own, before any runtime was. */
static void without_membarrier(void)
{
	pid_t child = fork();
	int status;

	CHECK(child >= 0);
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing may be left to compute where the test is ended */
		sys.membarrier = no_membarrier;
		CHECK(!fence_is_uneven());
		a_tree_of_jobs();
		more_jobs_than_the_ring_holds();
		random_programs();
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

int main(void)
{
	test_start();
	watchdog(170);
	fake_start(8);
	TEST(without_membarrier);
	TEST(a_thread_without_task_forks);
	TEST(a_tree_of_jobs);
	TEST(more_jobs_than_the_ring_holds);
	TEST(random_programs);
	TEST(cancellation_reaches_jobs);
	sys = sys_real;
	TEST(jobs_wait_for_each_other);
	return test_done();
}
