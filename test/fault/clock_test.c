/* Clocks that jump ahead, as after a suspended machine or a stopped process: no time-out comes early, and none is
 * missed. */
#include "wait/each.h"

enum { TASKS = 24, ROUNDS = SLOW_BUILD ? 20 : 100 };

static atomic_of(int64_t) ahead, chance;
static atomic_of(uint32_t) jumps;

static int64_t jumping_now(void)
{
	struct dice d = { (uint64_t)at_add(&chance, 0x1e3779b97f4a7c15, RELAXED) };

	if (roll(&d, 300) == 0) {
		at_add(&ahead, (int64_t)roll(&d, 3600) * HOB_SECOND, RELAXED);
		at_add(&jumps, 1, RELAXED);
	}
	return sys_real.now() + at_load(&ahead, RELAXED);
}

static int64_t jumping_coarse(void)
{
	return sys_real.now_coarse() + at_load(&ahead, RELAXED);
}

/* The kernel's own clock does not jump. */
static int wait_behind(uint32_t *word, uint32_t expected, const struct timespec *deadline)
{
	struct timespec t;
	int64_t ns;

	if (!deadline)
		return sys_real.futex_wait(word, expected, NULL);
	ns = (int64_t)deadline->tv_sec * HOB_SECOND + deadline->tv_nsec - at_load(&ahead, RELAXED);
	ns = ns < 0 ? 0 : ns;
	t = (struct timespec){ .tv_sec = ns / HOB_SECOND, .tv_nsec = ns % HOB_SECOND };
	return sys_real.futex_wait(word, expected, &t);
}

static struct hob_sem sem;
static int never[2];

static int waits(void *arg)
{
	struct dice d = dice_of((uint64_t)(uintptr_t)arg);
	char byte;

	for (int i = 0; i < ROUNDS; i++) {
		hob_time until = hob_after((int64_t)roll(&d, 300) * HOB_US);
		int r;

		switch (roll(&d, 4)) {
		case 0:
			CHECK_EQ(hob_sleep(until), 0);
			break;
		case 1:
			r = hob_sem_wait(&sem, until);
			CHECK(r == -ETIMEDOUT || r == 0);
			if (r == 0) {
				CHECK_EQ(hob_sem_post(&sem, 1), 0);
				continue;
			}
			break;
		case 2:
			CHECK_EQ(hob_read(never[0], &byte, 1, until), -ETIMEDOUT);
			break;
		case 3:
			CHECK_EQ(hob_poll(never[0], POLLIN, until), -ETIMEDOUT);
			break;
		}
		CHECK(hob_now() >= until);
	}
	return 0;
}

static int jumps_ahead(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	memset(&sem, 0, sizeof sem);
	pipe_new(never, 0);
	for (uintptr_t i = 0; i < TASKS; i++)
		spawn(s, waits, (void *)i);
	for (int i = 0; i < 50; i++) { /* permits that come and go */
		CHECK_EQ(hob_sem_post(&sem, 1), 0);
		hob_sleep(hob_after(20 * HOB_US));
		hob_sem_wait(&sem, HOB_NEVER);
	}
	scope_join(s);
	pipe_close(never);
	return 0;
}

int main(void)
{
	test_start();
	at_store(&chance, (int64_t)test_seed, RELAXED);
	sys.now = jumping_now;
	sys.now_coarse = jumping_coarse;
	sys.futex_wait = wait_behind;
	EACH(jumps_ahead);
	printf("# %" PRIu32 " jumps (TEST_SEED=%" PRIu64 ")\n", jumps, test_seed);
	CHECK(at_load(&jumps, RELAXED) > 0);
	return test_done();
}
