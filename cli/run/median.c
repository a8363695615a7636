/* The median of many times. */
#include "run/median.h"

#include <math.h>

static const double least = 1e-5, growth = 1.02; /* 10 us to a year */

void median_add(struct median *m, double seconds)
{
	double at = seconds > least ? log(seconds / least) / log(growth) : 0;
	m->buckets[at < MEDIAN_BUCKETS - 1 ? (int)at : MEDIAN_BUCKETS - 1]++;
	m->count++;
}

double median_of(const struct median *m)
{
	uint64_t below = 0;
	if (m->count < 3)
		return 0;
	for (int i = 0; i < MEDIAN_BUCKETS; i++) {
		below += m->buckets[i];
		if (2 * below >= m->count)
			return least * pow(growth, i + 0.5);
	}
	return 0;
}
