/* --timeout: when a job's time is up, a fixed time or a multiple of the median of those that have ended. */
#include "run/run.h"

enum { LOOK_AGAIN_MS = 200 };

hob_time timeout_of(const struct job *j)
{
	const struct run *r = j->run;
	const struct options *o = r->options;
	double seconds = o->timeout;
	if (o->timeout_percent)
		seconds = median_of(&r->median) * o->timeout_percent / 100;
	if (seconds <= 0)
		return HOB_NEVER;
	return j->start + (hob_time)(seconds * 1e9);
}

/* Until when to wait for a job without looking whether its time is up: the median moves. */
hob_time timeout_look(const struct job *j)
{
	hob_time at = timeout_of(j), soon = hob_after(LOOK_AGAIN_MS * HOB_MS);
	return j->run->options->timeout_percent && at > soon ? soon : at;
}
