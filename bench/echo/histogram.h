/* Latencies counted in buckets of at most 1/64 of their value: 64 buckets to each power of two. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

struct histogram {
	uint64_t total, count[64 * 64];
};

static inline void histogram_add(struct histogram *h, int64_t ns)
{
	uint64_t v = ns < 64 ? 64 : (uint64_t)ns;
	int power = 63 - __builtin_clzll(v);

	h->count[power * 64 + (int)(v >> (power - 6) & 63)]++;
	h->total++;
}

/* The lower edge of the bucket that holds the sample at `share` of the way up; 0 where there are none. */
static inline int64_t histogram_quantile(const struct histogram *h, double share)
{
	uint64_t left = (uint64_t)((double)h->total * share);

	for (int i = 6 * 64; i < 63 * 64; i++) {
		if (left < h->count[i])
			return (int64_t)(64 + i % 64) << (i / 64 - 6);
		left -= h->count[i];
	}
	return 0;
}

#endif
