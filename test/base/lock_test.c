/* base/lock.h and the futex calls below it. */
#include "base/lock.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>

#include "base/sys.h"
#include "test.h"

enum { THREADS = 4, ROUNDS = 50000 };

static struct lock guard;
static long counter, mirror;
static atomic_of(uint32_t) sleeps;

static int counting_futex_wait(uint32_t *word, uint32_t expected, const struct timespec *deadline)
{
	at_add(&sleeps, 1, RELAXED);
	return sys_real.futex_wait(word, expected, deadline);
}

static void *hammer(void *arg)
{
	uint64_t x = (uintptr_t)arg;
	for (int i = 0; i < ROUNDS; i++) {
		if (i % 3) {
			lock(&guard);
		} else {
			while (!lock_try(&guard))
				sched_yield();
		}
		CHECK_EQ(counter, mirror);
		counter++;
		x = x * 6364136223846793005u + 1442695040888963407u;
		if ((x >> 60) == 0)
			sched_yield(); /* a holder that lost its core: the others must nap */
		mirror++;
		unlock(&guard);
	}
	return NULL;
}

static void threads_take_turns(void)
{
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(sys.thread_create(&threads[i], hammer, (void *)(uintptr_t)(test_random() | 1)), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(sys.thread_join(threads[i]), 0);
	CHECK_EQ(counter, (long)THREADS * ROUNDS);
	CHECK_EQ(guard.state, 0);
}

static void *take_and_count(void *arg)
{
	(void)arg;
	lock(&guard);
	counter++;
	unlock(&guard);
	return NULL;
}

/* Holds the lock until every other thread has napped more than once: they must all come through by themselves. */
static void waiters_nap_and_come_through(void)
{
	pthread_t threads[THREADS];
	sys.futex_wait = counting_futex_wait;
	counter = 0;
	lock(&guard);
	CHECK(!lock_try(&guard));
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(sys.thread_create(&threads[i], take_and_count, NULL), 0);
	while (at_load(&sleeps, RELAXED) < 3 * THREADS)
		sched_yield();
	CHECK_EQ(counter, 0);
	unlock(&guard);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(sys.thread_join(threads[i]), 0);
	CHECK_EQ(counter, THREADS);
	CHECK(lock_try(&guard));
	unlock(&guard);
	sys = sys_real;
}

static void futex_says_why_it_did_not_sleep(void)
{
	atomic_of(uint32_t) word = 7;
	CHECK_EQ(futex_wait(&word, 8, INT64_MAX), -EAGAIN);
	CHECK_EQ(futex_wait(&word, 8, 0), -EAGAIN);
	CHECK_EQ(futex_wait(&word, 7, 0), -ETIMEDOUT);
	CHECK_EQ(futex_wait(&word, 7, -1), -ETIMEDOUT);
	CHECK_EQ(futex_wait(&word, 7, INT64_MIN), -ETIMEDOUT);
}

static void futex_never_wakes_early(void)
{
	atomic_of(uint32_t) word = 7;
	for (int64_t wait = 1; wait < 3000000; wait = wait * 7 + 3) {
		int64_t deadline = sys.now() + wait;
		int err;
		while ((err = futex_wait(&word, 7, deadline)) == 0 || err == -EINTR)
			;
		CHECK_EQ(err, -ETIMEDOUT);
		CHECK(sys.now() >= deadline);
	}
}

static atomic_of(uint32_t) bell;
static atomic_of(uint32_t) awake;

static void *wait_for_bell(void *arg)
{
	(void)arg;
	while (at_load(&bell, ACQUIRE) == 0)
		futex_wait(&bell, 0, INT64_MAX);
	at_add(&awake, 1, RELAXED);
	return NULL;
}

static void one_wake_for_all(void)
{
	pthread_t threads[THREADS];
	at_store(&sleeps, 0, RELAXED);
	sys.futex_wait = counting_futex_wait;
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(sys.thread_create(&threads[i], wait_for_bell, NULL), 0);
	while (at_load(&sleeps, RELAXED) < THREADS)
		sched_yield();
	CHECK_EQ(at_load(&awake, RELAXED), 0);
	at_store(&bell, 1, RELEASE);
	futex_wake(&bell, INT_MAX);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(sys.thread_join(threads[i]), 0);
	CHECK_EQ(awake, THREADS);
	sys = sys_real;
}

int main(void)
{
	test_start();
	TEST(threads_take_turns);
	TEST(waiters_nap_and_come_through);
	TEST(futex_says_why_it_did_not_sleep);
	TEST(futex_never_wakes_early);
	TEST(one_wake_for_all);
	return test_done();
}
