/* Spares: one that has served is used again, there are never more than SPARES_MAX, and one that nobody wants for long
 * ends its thread; the next block gets that one another. Counted, not timed. */
#include <errno.h>
#include <hob.h>

#include "base/sys.h"
#include "sched/rig.h"
#include "sched/worker.h"

static int fds[2];
static atomic_of(uint32_t) stuck;

static int block(void *arg)
{
	char byte;

	(void)arg;
	at_add(&stuck, 1, RELAXED);
	CHECK_EQ(read(fds[0], &byte, 1), 1);
	return 0;
}

static int unblock(void *arg)
{
	(void)arg;
	CHECK_EQ(write(fds[1], "", 1), 1);
	return 0;
}

/* A task that blocks its worker until another has run: so where there is one worker, a spare has stood in. */
static void block_once(void)
{
	struct hob_scope *s;

	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, block, NULL), 0);
	CHECK_EQ(hob_spawn(s, unblock, NULL), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
}

/* Its `post` in seat.c. */
enum { ABSENT, PARKED, APPOINTED, DISMISSED };

static void await_spares(struct runtime *rt)
{
	for (unsigned i = 0; i < rt->nspares; i++)
		while (at_load(&rt->spares[i]->post, ACQUIRE) == APPOINTED)
			CHECK_EQ(hob_sleep(hob_after(100 * HOB_US)), 0);
}

static bool has_thread(struct worker *spare)
{
	uint32_t post = at_load(&spare->post, ACQUIRE);

	return post != ABSENT && post != DISMISSED;
}

/* Tasks that spares have run. */
static uint32_t served(struct runtime *rt)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < rt->nspares; i++)
		n += at_load(&rt->spares[i]->runs, RELAXED);
	return n;
}

/* A stand-in that runs for long, or is found asleep, gets one itself: now and then on a busy machine, and in the
 * hostile build at every look. They are few all the same, since each round is served by those that have served
 * before. */
static int again_and_again(void *arg)
{
	struct runtime *rt = worker_self()->rt;

	(void)arg;
	for (int i = 0; i < 20; i++) {
		uint32_t before = served(rt);

		block_once();
		await_spares(rt);
		CHECK(served(rt) != before);
		CHECK(rt->nspares >= 1 && rt->nspares <= 3);
	}
	return 0;
}

static void run(hob_task_fn *fn)
{
	CHECK_EQ(pipe(fds), 0);
	at_store(&stuck, 0, RELAXED);
	CHECK_EQ(hob_run(&(struct hob_options){ .workers = 1 }, fn, NULL), 0);
	close(fds[0]);
	close(fds[1]);
}

static void a_spare_is_used_again(void)
{
	run(again_and_again);
}

/* More tasks that block than there may be spares, until somebody from outside lets them go. */

enum { CROWD = SPARES_MAX + 10 };

static void *let_all_go(void *arg)
{
	struct runtime *rt = arg;

	while (at_load(&stuck, ACQUIRE) < SPARES_MAX + 1) /* the worker, and all spares */
		sched_yield();
	CHECK_EQ(at_load(&rt->spares_busy, ACQUIRE), SPARES_MAX);
	for (unsigned i = 0; i < CROWD; i++)
		unblock(NULL);
	return NULL;
}

static int crowd(void *arg)
{
	struct runtime *rt = worker_self()->rt;
	struct hob_scope *s;
	pthread_t outside;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (unsigned i = 0; i < CROWD; i++)
		CHECK_EQ(hob_spawn(s, block, NULL), 0);
	CHECK_EQ(pthread_create(&outside, NULL, let_all_go, rt), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(pthread_join(outside, NULL), 0);
	hob_scope_destroy(s);
	CHECK_EQ(rt->nspares, SPARES_MAX);
	return 0;
}

static void there_are_never_more_than_so_many(void)
{
	run(crowd);
}

/* A spare that waits to be appointed waits in vain at once. There is never more than one thread for them: a stand-in
 * that runs for long, or is found asleep, would get one itself. */

static atomic_of(struct worker *) impatient;
static atomic_of(uint32_t) started, allowed;

static int futex_wait_less(uint32_t *word, uint32_t expected, const struct timespec *deadline)
{
	struct worker *w = at_load(&impatient, ACQUIRE);

	return w && word == &w->post ? -ETIMEDOUT : sys_real.futex_wait(word, expected, deadline);
}

static int start_few(pthread_t *out, void *(*fn)(void *), void *arg)
{
	if (at_load(&started, RELAXED) == at_load(&allowed, RELAXED))
		return -EAGAIN;
	at_add(&started, 1, RELAXED);
	return sys_real.thread_create(out, fn, arg);
}

static int in_vain(void *arg)
{
	struct runtime *rt = worker_self()->rt;
	uint32_t before = at_load(&started, RELAXED);

	(void)arg;
	at_store(&allowed, before + 1, RELAXED);
	block_once();
	await_spares(rt);
	at_store(&impatient, rt->spares[0], RELEASE);
	while (has_thread(rt->spares[0])) {
		futex_wake(&rt->spares[0]->post, 1);
		CHECK_EQ(hob_sleep(hob_after(100 * HOB_US)), 0);
	}
	at_store(&impatient, NULL, RELEASE);
	at_store(&allowed, before + 2, RELAXED);
	block_once();
	CHECK_EQ(at_load(&started, RELAXED), before + 2);
	return 0;
}

static void one_that_is_not_wanted_ends(void)
{
	sys.futex_wait = futex_wait_less;
	sys.thread_create = start_few;
	at_store(&allowed, UINT32_MAX, RELAXED);
	run(in_vain);
	sys = sys_real;
}

int main(void)
{
	test_start();
	watchdog(50);
	TEST(a_spare_is_used_again);
	TEST(there_are_never_more_than_so_many);
	TEST(one_that_is_not_wanted_ends);
	return test_done();
}
