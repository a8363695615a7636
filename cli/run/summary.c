/* The closing line: how the pile went, whether its jobs waited or computed, and why so many ran at once. */
#include <stdio.h>

#include "run/run.h"

/* The samples see queueing for a core too; jobs too short for them are judged by their CPU time. */
static double computed(const struct run *r)
{
	double seen = gate_computed(&r->limit.gate), used = r->counts.life > 0 ? r->counts.cpu / r->counts.life : 0;
	return seen > used ? seen : used;
}

static const char *verb(double share)
{
	return share < 0.1 ? "they waited" : share < 0.9 ? "they waited and computed" : "they computed";
}

static void why(const struct run *r, char *text, size_t size)
{
	switch (r->limit.reason) {
	case LIMIT_CORES:
		snprintf(text, size, "which kept %u core%s busy", r->limit.options.cores,
			 r->limit.options.cores == 1 ? "" : "s");
		break;
	case LIMIT_GROWTH:
	case LIMIT_BLIND:
		snprintf(text, size, "and rising");
		break;
	case LIMIT_KNEE:
	case LIMIT_PROBE:
	case LIMIT_FROZEN:
		snprintf(text, size, "more brought no more");
		break;
	case LIMIT_FAILURES:
		snprintf(text, size, "%u or more failed", r->limit.failures.ceiling);
		break;
	case LIMIT_MIN:
		snprintf(text, size, "as told by --min");
		break;
	case LIMIT_MAX:
		snprintf(text, size, r->options->max ? "as told by --max" : "all that 'ulimit -n' or -u allows");
		break;
	case LIMIT_MEMORY:
		snprintf(text, size, "all that memory holds");
		break;
	case LIMIT_PRESSURE:
		snprintf(text, size, "the machine waited for memory");
		break;
	case LIMIT_TOLD:
	case LIMIT_FIXED:
		snprintf(text, size, "as told by --jobs");
		break;
	case LIMIT_NONE:
		snprintf(text, size, "no more were needed");
		break;
	}
}

static int seconds(char *text, size_t size, double s)
{
	return snprintf(text, size, "%.*f s", s < 10 ? 2 : s < 100 ? 1 : 0, s);
}

/* What a fixed number would have cost, as far as the first jobs tell how long one waits alone. */
static void instead(const struct run *r, char *text, size_t size)
{
	const struct counts *c = &r->counts;
	unsigned cores = r->limit.options.cores;
	double jobs = (double)c->done, cpu = c->done ? c->cpu / jobs : 0;
	double one = limit_estimate(&r->limit, jobs, cpu, 1), each = limit_estimate(&r->limit, jobs, cpu, cores);
	char first[24], second[24];
	*text = '\0';
	if (one < 0 || c->done < 2)
		return;
	seconds(first, sizeof first, one);
	seconds(second, sizeof second, each);
	if (cores > 1)
		snprintf(text, size, "; estimated: -j1 %s, -j%u %s", first, cores, second);
	else
		snprintf(text, size, "; estimated: -j1 %s", first);
}

void summary_say(struct run *r)
{
	const struct counts *c = &r->counts;
	double time = (double)(hob_now() - r->start) / 1e9, share = computed(r);
	char reason[80], failed[40] = "", fixed[100], on[60] = "";
	const char *what = waits_most(&r->waits);
	why(r, reason, sizeof reason);
	instead(r, fixed, sizeof fixed);
	if (what && share < 0.9)
		snprintf(on, sizeof on, ", mostly on %s", what);
	if (c->failed)
		snprintf(failed, sizeof failed, ", %zu failed", c->failed);
	output_say(&r->output, "%zu job%s%s in %.*f s; %s (%.0f%% computing%s); up to %u at once, %s%s", c->done,
		   c->done == 1 ? "" : "s", failed, time < 10 ? 2 : 1, time, verb(share), 100 * (share < 1 ? share : 1),
		   on, c->most, reason, fixed);
}
