/* What one look has seen, summed up: by state, by site, by reason. */
#ifndef CLI_TOP_VIEW_H
#define CLI_TOP_VIEW_H

#include "top/top.h"

struct view_site {
	unsigned now[LOOK_TASK_STATES]; /* tasks */
	unsigned why[PAGE_WHYS];        /* of those that wait */
	int64_t ended;
	double compute; /* ns, what is under way included */
	double cores;   /* used since the look before; -1: not known */
	char task[TOP_NAME], caller[TOP_NAME];
};

struct view {
	int64_t at; /* ns, CLOCK_MONOTONIC */
	uint64_t address;
	unsigned allowed, running, held, asleep, relieved, spares, spares_running;
	unsigned now[LOOK_TASK_STATES], why[PAGE_WHYS];
	double ended;
	double cores;
	bool partly; /* tasks lie where we may not look */
	unsigned nwhys, nsites;
	char whys[PAGE_WHYS][PAGE_WHY_BYTES];
	struct view_site *sites; /* of the page; those without a task and with none ended are unused */
	unsigned *order;         /* of those in use, the busiest first */
	unsigned nused;
};

/* `before`: an earlier look at the same page, or NULL. 0 or a negative errno. */
int view_take(struct view *v, const struct look_page *p, struct look_native *n, const struct view *before);
void view_free(struct view *v);

unsigned view_workers(const struct view *v); /* that are no spares */

/* For what most wait that do: a name, or "-". */
const char *view_main_why(const struct view *v, const unsigned why[PAGE_WHYS]);

void view_text(const struct view *v, FILE *out, unsigned columns, unsigned lines);
void view_json(const struct view *v, FILE *out);

#endif
