/* The median of many times, within a fiftieth, in a fixed piece of memory: a histogram whose buckets grow by 2%. */
#ifndef CLI_RUN_MEDIAN_H
#define CLI_RUN_MEDIAN_H

#include <stdint.h>

enum { MEDIAN_BUCKETS = 1536 };

struct median {
	uint32_t buckets[MEDIAN_BUCKETS];
	uint64_t count;
};

void median_add(struct median *m, double seconds);

/* 0 until three were added. */
double median_of(const struct median *m);

#endif
