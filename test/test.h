/* The whole test framework: TAP out, print and abort on failure (a longjmp out of a task is undefined), one process a
 * file. A random test takes its seed from TEST_SEED or the clock, and every failure prints it. */
#ifndef TEST_H
#define TEST_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t test_seed;
static int test_count;
static const char *test_name = "start";

static inline void test_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "# %s:%d: %s: %s (TEST_SEED=%" PRIu64 ")\n", file, line, test_name, what, test_seed);
	printf("not ok %d - %s # %s:%d: %s (TEST_SEED=%" PRIu64 ")\n", test_count + 1, test_name, file, line, what,
	       test_seed);
	fflush(stdout);
	abort();
}

#define CHECK(cond) ((cond) ? (void)0 : test_fail(__FILE__, __LINE__, #cond))

/* Two integers that must be equal; both are shown where they are not. */
#define CHECK_EQ(a, b)                                                                                                 \
	do {                                                                                                           \
		intmax_t test_a = (intmax_t)(a), test_b = (intmax_t)(b);                                               \
		if (test_a != test_b) {                                                                                \
			char test_what[256];                                                                           \
			snprintf(test_what, sizeof test_what, "%s == %s: %jd is not %jd", #a, #b, test_a, test_b);     \
			test_fail(__FILE__, __LINE__, test_what);                                                      \
		}                                                                                                      \
	} while (0)

/* splitmix64 (Steele, Lea, Flood 2014) over the seed */
static inline uint64_t test_random(void)
{
	static uint64_t state;
	static int started;
	if (!started) {
		started = 1;
		state = test_seed;
	}
	uint64_t z = (state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* Runs one case: TEST(name_of_function). */
#define TEST(fn)                                                                                                       \
	do {                                                                                                           \
		test_name = #fn;                                                                                       \
		fn();                                                                                                  \
		printf("ok %d - %s\n", ++test_count, #fn);                                                             \
		fflush(stdout);                                                                                        \
	} while (0)

#define TEST_SKIP(fn, why) printf("ok %d - %s # SKIP %s\n", ++test_count, #fn, why)

static inline void test_start(void)
{
	const char *s = getenv("TEST_SEED");
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	test_seed = s ? strtoull(s, NULL, 10) : (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 20;
}

static inline int test_done(void)
{
	printf("1..%d\n", test_count);
	return 0;
}

#endif
