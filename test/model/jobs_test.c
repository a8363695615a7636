/* Forked jobs, src/sched/jobs.c and the inline part of hob/compute.h: whoever steals, a job runs once, its joiner sees
 * what it did, and one that is forked while a thief goes to sleep is not left behind. What jobs.c uses of the rest of
 * the scheduler is stood in for here. */
#include <string.h>

#include "model.h"
#include "sched/worker.h"

enum { JOBS = 3 };

static struct runtime rt;
static struct hob_scope scope = { .rt = &rt };
static struct worker workers[MODEL_THREADS];
static struct worker *queues[] = { &workers[0], &workers[1], &workers[2] };
static struct task forker = { .scope = &scope }, thieves[MODEL_THREADS][JOBS];
static unsigned nthieves[MODEL_THREADS];
static struct hob_job jobs[JOBS];
static atomic_of(uint32_t) ran[JOBS], permit, asleep;
static bool uneven, weak;

static void start(void)
{
	memset(&rt, 0, sizeof rt);
	list_init(&rt.moved);
	rt.workers = workers;
	rt.most = 3;
	at_store(&rt.nworkers, 3, RELAXED);
	rt.queues = queues;
	at_store(&rt.nqueues, 3, RELAXED);
	for (unsigned i = 0; i < MODEL_THREADS; i++) {
		memset(&workers[i], 0, offsetof(struct worker, forks));
		workers[i].rt = &rt;
		workers[i].index = i;
		memset(&workers[i].forks, 0, offsetof(struct hob_forks, ring) + 8 * sizeof(void *));
		jobs_init(&workers[i].forks);
		nthieves[i] = 0;
	}
	workers[0].current = &forker;
	memset(ran, 0, sizeof ran);
	permit = asleep = 0;
}

static void start_uneven(void)
{
	uneven = true;
	weak = false;
	start();
}

static void start_fenced(void)
{
	uneven = weak = false;
	start();
}

static void start_weak(void)
{
	uneven = weak = true;
	start();
}

/* Stand-ins -------------------------------------------------------------------------------------------------------- */

struct hob_forks *hob_forks_here(void)
{
	return &workers[model_self()].forks;
}

bool fence_is_uneven(void)
{
	return uneven;
}

void fence_heavy(void)
{
	if (weak)
		return;
	if (uneven)
		model_barrier();
	else
		at_fence(SEQ_CST);
}

struct task *task_self(void)
{
	return workers[model_self()].current;
}

int task_park(enum why why, hob_time deadline, enum park how)
{
	(void)why, (void)deadline, (void)how;
	while (at_swap(&permit, 0, ACQUIRE) == 0)
		futex_wait(&permit, 0, INT64_MAX);
	return 0;
}

void task_unpark(struct task *t)
{
	MODEL_CHECK(t == &forker);
	at_store(&permit, 1, RELEASE);
	futex_wake(&permit, 1);
}

struct task *task_alloc(struct runtime *r, struct worker *w)
{
	(void)r;
	return nthieves[w->index] < JOBS ? &thieves[w->index][nthieves[w->index]++] : NULL;
}

void task_init(struct task *t, struct hob_scope *s, hob_task_fn *fn, void *arg)
{
	(void)s;
	t->fn = fn;
	t->arg = arg;
}

bool scope_enter(struct hob_scope *s, struct task *t, bool forced)
{
	(void)s, (void)t;
	return forced;
}

void idle_notify_job(struct runtime *r)
{
	(void)r;
	at_fence(SEQ_CST);
	if (at_load(&asleep, RELAXED) && at_swap(&asleep, 0, ACQ_REL))
		futex_wake(&asleep, 1);
}

/* Programs --------------------------------------------------------------------------------------------------------- */

static void job(void *arg)
{
	at_add(&ran[(struct hob_job *)arg - jobs], 1, RELAXED);
}

static void fork_job(unsigned i)
{
	hob_fork(&jobs[i], job, &jobs[i]);
}

static void join_job(unsigned i)
{
	hob_join(&jobs[i]);
	MODEL_CHECK(at_load(&ran[i], RELAXED) == 1);
}

static void steal(unsigned who)
{
	struct task *t = jobs_steal(&workers[who]);

	if (!t)
		return;
	at_store(&workers[who].current, t, RELEASE);
	t->fn(t->arg);
	at_store(&workers[who].current, NULL, RELEASE);
}

static void nested(unsigned who)
{
	if (who) {
		steal(who);
		return;
	}
	fork_job(0);
	fork_job(1);
	join_job(1);
	join_job(0);
}

/* What the thief's fence is for: top passes the job that the owner takes without a look at it. */
static void nested_twice(unsigned who)
{
	if (who)
		steal(who);
	nested(who);
}

static void one_by_one(unsigned who)
{
	if (who) {
		steal(who);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		fork_job(i);
		join_job(i);
	}
}

/* The forker leaves its worker in between. */
static void moved(unsigned who)
{
	if (who) {
		steal(who);
		return;
	}
	fork_job(0);
	jobs_move(&workers[0]);
	fork_job(1);
	join_job(1);
	join_job(0);
}

/* A thief that sleeps where it finds nothing; the forker joins only what the thief has done. */
static void sleepy(unsigned who)
{
	if (who == 0) {
		fork_job(1); /* by the slow way, from where on the thief has to ask */
		join_job(1);
		fork_job(0);
		while (at_load(&ran[0], ACQUIRE) == 0)
			futex_wait(&ran[0], 0, INT64_MAX);
		join_job(0);
		return;
	}
	for (;;) {
		steal(who);
		if (at_load(&ran[0], RELAXED)) {
			futex_wake(&ran[0], 1);
			return;
		}
		at_store(&asleep, 1, SEQ_CST);
		at_fence(SEQ_CST);
		if (jobs_in_sight(&rt))
			at_swap(&asleep, 0, ACQ_REL);
		else
			futex_wait(&asleep, 1, INT64_MAX);
	}
}

static void all_done(void)
{
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		MODEL_CHECK(jobs_empty(&workers[i].forks));
	MODEL_CHECK(list_empty(&rt.moved) && rt.nmoved == 0);
}

#define MODEL(name, threads, how, what)                                                                                \
	&(struct model)                                                                                                \
	{                                                                                                              \
		name, threads, start_##how, what, all_done                                                             \
	}

int main(void)
{
	model_test(MODEL("nested, a thief", 2, uneven, nested), 3, false);
	model_test(MODEL("nested, a thief, no membarrier", 2, fenced, nested), 3, false);
	model_test(MODEL("nested, a thief that comes twice", 2, uneven, nested_twice), 2, false);
	model_test(MODEL("nested, two thieves", 3, uneven, nested), 1, false);
	model_test(MODEL("one by one, a thief", 2, uneven, one_by_one), 3, false);
	model_test(MODEL("one by one, a thief, no membarrier", 2, fenced, one_by_one), 3, false);
	model_test(MODEL("one by one, two thieves", 3, uneven, one_by_one), 2, false);
	model_test(MODEL("moved, a thief", 2, uneven, moved), 2, false);
	model_test(MODEL("a thief goes to sleep", 2, uneven, sleepy), 2, false);
	model_test(MODEL("a thief goes to sleep, no membarrier", 2, fenced, sleepy), 2, false);
	model_test(MODEL("nested, without the thief's fence", 2, weak, nested_twice), 2, true);
	model_test(MODEL("a thief goes to sleep, without its fence", 2, weak, sleepy), 2, true);
	return model_done();
}
