/* Why the limit decided what it did: for people and programs to read. */
#include "limit/note.h"

#include <stdio.h>

static const char *const names[] = {
	[LIMIT_NONE] = "none",         [LIMIT_CORES] = "cores",   [LIMIT_GROWTH] = "growth",
	[LIMIT_BLIND] = "blind",       [LIMIT_KNEE] = "knee",     [LIMIT_PROBE] = "probe",
	[LIMIT_FAILURES] = "failures", [LIMIT_MEMORY] = "memory", [LIMIT_PRESSURE] = "pressure",
	[LIMIT_MAX] = "max",           [LIMIT_MIN] = "min",       [LIMIT_FIXED] = "fixed",
	[LIMIT_TOLD] = "told",         [LIMIT_FROZEN] = "frozen",
};

const char *limit_reason_name(enum limit_reason reason)
{
	return (unsigned)reason < sizeof names / sizeof *names && names[reason] ? names[reason] : "none";
}

static void seconds(char text[24], double s)
{
	if (s < 1)
		snprintf(text, 24, "%.*f ms", s < 0.01, s * 1000);
	else
		snprintf(text, 24, "%.*f s", s < 10, s);
}

static int waits(const struct limit_note *n, char *text, size_t size)
{
	char low[24], high[24];
	seconds(low, n->low_wait);
	seconds(high, n->high_wait);
	return snprintf(text, size, "%.0f at once wait %s each, %.0f wait %s", n->low_level, low, n->high_level, high);
}

int limit_note_text(const struct limit_note *n, char *text, size_t size)
{
	char why[200] = "", levels[100];
	bool compared = n->low_level > 0 && n->high_level > 1.1 * n->low_level;
	waits(n, levels, sizeof levels);
	switch (n->reason) {
	case LIMIT_CORES:
		if (n->to > n->from && n->demand > n->cores)
			snprintf(why, sizeof why, "most wait: %.1f that want the %.0f cores keep them busy", n->demand,
				 n->cores);
		else
			snprintf(why, sizeof why, "they want %.1f of %.0f cores", n->demand, n->cores);
		break;
	case LIMIT_GROWTH:
		if (compared)
			snprintf(why, sizeof why, "more bring more: %s", levels);
		else if (n->low_level > 0)
			snprintf(why, sizeof why, "do more bring more?");
		else
			snprintf(why, sizeof why, "they want %.1f of %.0f cores", n->demand, n->cores);
		break;
	case LIMIT_BLIND:
		snprintf(why, sizeof why, "none has come back yet: slowly");
		break;
	case LIMIT_FROZEN:
		snprintf(why, sizeof why, "those under way wait longer than those before: how long?");
		break;
	case LIMIT_KNEE:
		snprintf(why, sizeof why, "more bring no more%s%s", compared ? ": " : "", compared ? levels : "");
		break;
	case LIMIT_PROBE:
		if (compared)
			snprintf(why, sizeof why, "fewer bring less: %s", levels);
		else
			snprintf(why, sizeof why, "do fewer bring as much?");
		break;
	case LIMIT_FAILURES:
		if (n->failed)
			snprintf(why, sizeof why, "%u of %u fail where %u or more run, fewer below", n->failed, n->runs,
				 n->ceiling);
		else
			snprintf(why, sizeof why, "fewer than %u have not failed", n->ceiling);
		break;
	case LIMIT_MEMORY:
		snprintf(why, sizeof why, "so many fit in memory");
		break;
	case LIMIT_PRESSURE:
		snprintf(why, sizeof why, "the machine waits for memory");
		break;
	case LIMIT_MAX:
		snprintf(why, sizeof why, "no more are allowed");
		break;
	case LIMIT_MIN:
		snprintf(why, sizeof why, "no fewer are allowed");
		break;
	case LIMIT_FIXED:
	case LIMIT_TOLD:
		snprintf(why, sizeof why, "as told");
		break;
	case LIMIT_NONE:
		break;
	}
	return snprintf(text, size, "%u -> %u at once: %s", n->from, n->to, why);
}
