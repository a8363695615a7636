/* A task that stands alone in the queue of a worker whose running task goes on and on: another worker comes for it,
 * also where it has lately been told of such tasks in vain. */
#include <hob.h>

#include "sched/rig.h"

enum { ROUNDS = 200, CHAIN = 500 };

static atomic_of(bool) ran;

static int mark(void *arg)
{
	(void)arg;
	at_store(&ran, true, RELEASE);
	return 0;
}

/* Each starts the next and waits for it: whoever is woken for it comes too late. */
static int chain(void *arg)
{
	uintptr_t left = (uintptr_t)arg;
	struct hob_scope *s;

	if (!left)
		return 0;
	CHECK_EQ(hob_scope_create(&s), 0);
	CHECK_EQ(hob_spawn(s, chain, (void *)(left - 1)), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

static int rounds(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (int i = 0; i < ROUNDS; i++) {
		chain((void *)(test_random() % CHAIN));
		at_store(&ran, false, RELAXED);
		CHECK_EQ(hob_spawn(s, mark, NULL), 0);
		while (!at_load(&ran, ACQUIRE)) /* neither parks nor yields */
			at_pause();
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	}
	hob_scope_destroy(s);
	return 0;
}

static void comes_beside_its_spawner(void)
{
	for (unsigned workers = 2; workers <= 4; workers++) {
		struct hob_options opts = { .workers = workers };

		CHECK_EQ(hob_run(&opts, rounds, NULL), 0);
	}
}

int main(void)
{
	test_start();
	watchdog(60);
	TEST(comes_beside_its_spawner);
	return test_done();
}
