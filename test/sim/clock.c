/* Clocks and futexes. */
#include <errno.h>

#include "explore.h"
#include "world.h"

static int64_t now(void)
{
	sim_point();
	return sim_clock += 3;
}

static int64_t now_coarse(void)
{
	return sim_clock / 4000000 * 4000000;
}

static uint64_t random_bits(void)
{
	return dice_next(&sim_dice);
}

static int futex_wait_until(uint32_t *word, uint32_t expected, int64_t until)
{
	sim_point();
	if (sim_fault(FAULT_SIGNAL))
		return sim_roll(2) ? -EINTR : 0;
	if (*(volatile uint32_t *)word != expected)
		return -EAGAIN;
	if (until <= sim_clock)
		return -ETIMEDOUT;
	return sim_block(until, word) ? 0 : -ETIMEDOUT;
}

static int sys_futex_wait(uint32_t *word, uint32_t expected, const struct timespec *deadline)
{
	return futex_wait_until(word, expected,
				deadline ? deadline->tv_sec * 1000000000 + deadline->tv_nsec : INT64_MAX);
}

static int futex_wait_shared(uint32_t *word, uint32_t expected)
{
	return futex_wait_until(word, expected, INT64_MAX);
}

static int sys_futex_wake(uint32_t *word, int n)
{
	sim_point();
	sim_unblock(word, (unsigned)n);
	return 0;
}

static int membarrier(int command)
{
	(void)command;
	sim_point();
	return sim_world->has_membarrier ? 0 : -ENOSYS;
}

static int affinity(size_t bytes, cpu_set_t *set)
{
	CPU_ZERO_S(bytes, set);
	for (unsigned i = 0; i < sim_world->cores; i++)
		CPU_SET_S(i, bytes, set);
	return 0;
}

void clock_table(struct sys *s)
{
	s->now = now;
	s->now_coarse = now_coarse;
	s->random = random_bits;
	s->futex_wait = sys_futex_wait;
	s->futex_wake = sys_futex_wake;
	s->futex_wait_shared = futex_wait_shared;
	s->futex_wake_shared = sys_futex_wake;
	s->membarrier = membarrier;
	s->affinity = affinity;
}
