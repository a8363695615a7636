/* What became of a runtime's tasks, in words: one screen, or JSON. */
#ifndef METER_REPORT_H
#define METER_REPORT_H

#include <hob/meter.h>

#include "meter/lanes.h"
#include "meter/site.h"

struct report {
	int64_t ns;     /* the runtime's life */
	double scale;   /* ns of a tick */
	unsigned cores; /* that it had */
	struct sites *sites;
	struct lane_sums lanes[LANES_MAX];
	unsigned nlanes;
	struct row rows[SITES_MAX]; /* of ticks */
};

/* 0, or a negative errno of the write. */
int report_write(struct report *r, int fd, enum hob_report_form form);

#endif
