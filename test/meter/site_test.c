/* Sites: found again, told apart, and what is beyond their number shares one. */
#include "meter/site.h"

#include <pthread.h>

#include "test.h"

static struct sites sites;

static void *address(size_t n)
{
	return (void *)(0x400000 + n * 5);
}

static int task(void *arg)
{
	(void)arg;
	return 0;
}

static void each_is_found_again(void)
{
	unsigned first[SITES_MAX];

	memset(&sites, 0, sizeof sites);
	for (size_t i = 1; i < SITES_MAX; i++) {
		first[i] = site_find(&sites, task, address(i));
		CHECK(first[i] != SITE_OTHERS && first[i] < SITES_MAX);
		for (size_t j = 1; j < i; j++)
			CHECK(first[i] != first[j]);
		CHECK(sites.at[first[i]].caller == address(i));
	}
	for (size_t i = 1; i < SITES_MAX; i++)
		CHECK_EQ(site_find(&sites, task, address(i)), first[i]);
	CHECK_EQ(site_find(&sites, task, address(SITES_MAX)), SITE_OTHERS);
	CHECK_EQ(site_find(&sites, NULL, address(1)), SITE_OTHERS);
}

static void *find_all(void *found)
{
	for (size_t i = 1; i < SITES_MAX; i++)
		((unsigned *)found)[i] = site_find(&sites, task, address(i));
	return NULL;
}

static void threads_agree(void)
{
	unsigned found[4][SITES_MAX];
	pthread_t threads[4];

	for (int round = 0; round < 20; round++) {
		memset(&sites, 0, sizeof sites);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_create(&threads[i], NULL, find_all, found[i]), 0);
		for (int i = 0; i < 4; i++)
			CHECK_EQ(pthread_join(threads[i], NULL), 0);
		for (int i = 1; i < 4; i++)
			CHECK_EQ(memcmp(&found[0][1], &found[i][1], sizeof found[0] - sizeof found[0][0]), 0);
	}
}

int main(void)
{
	test_start();
	TEST(each_is_found_again);
	TEST(threads_agree);
	return test_done();
}
