/* What the tasks, the workers and the sites of a page do at this moment. All of it is a copy of what changes while it
 * is read, so that one may be counted twice, or missed, that was moving. */
#ifndef LOOK_TASKS_H
#define LOOK_TASKS_H

#include "look/page.h"

enum look_task_state { LOOK_TASK_COMPUTE, LOOK_TASK_WAIT, LOOK_TASK_READY, LOOK_TASK_HELD, LOOK_TASK_STATES };

const char *look_task_state_name(enum look_task_state s);

struct look_task {
	uint64_t address;
	uint32_t number;
	enum look_task_state state;
	unsigned why;   /* of a wait: head.why */
	unsigned site;  /* of head.sites */
	int worker;     /* that it is on, in look_hob.workers; -1 */
	int64_t stamp;  /* when it came into its state, or before it came onto its core */
	int64_t for_ns; /* so long in its state */
	uint64_t sp;    /* where its registers lie while it is switched off; 0: it has not begun */
	uint64_t object, scope, life;
};

struct look_worker {
	uint32_t index, tid;
	bool spare, asleep, deposed, held;
	uint64_t current; /* its task; 0: none */
	int64_t busy_ns;  /* so long in its stretch */
};

/* ns */
struct look_site {
	uint64_t fn, caller;
	int64_t ended, compute, ready, held, wait;
};

struct look_hob {
	unsigned allowed, nworkers, nsites;
	struct look_worker *workers; /* and spares that there were ever */
	struct look_site *sites;
};

/* 0; -EPROTO: it makes no sense; -ENOMEM. */
int look_hob_read(const struct look_page *p, struct look_hob *out);
void look_hob_free(struct look_hob *h);

/* 0 goes on. */
typedef int look_task_fn(void *arg, const struct look_task *t);

/* Calls fn for each task that lives; answers what ended the walk, 0, or an error as above. -EPERM: some lie outside of
 * the page, in memory that is not ours to read. */
int look_tasks(const struct look_page *p, const struct look_hob *h, look_task_fn *fn, void *arg);

/* Has it not been switched to or off, or woken, since it was read? */
bool look_task_stays(const struct look_page *p, const struct look_task *t);

/* Since its birth, in ns; -1 where that is not to be had. Its name, "" where it has none. */
int64_t look_task_age(const struct look_page *p, const struct look_task *t);
void look_task_name(const struct look_page *p, const struct look_task *t, char *out, size_t size);

/* Who has the mutex that it waits for, as page_mark() knows tasks; 0: nobody, or it is not known. */
uint32_t look_task_owner(const struct look_page *p, const struct look_task *t);

#endif
