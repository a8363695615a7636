/* A runtime and its workers: inside of src/sched only. */
#ifndef SCHED_WORKER_H
#define SCHED_WORKER_H

#include <pthread.h>

#include "base/lock.h"
#include "fiber/stack.h"
#include "meter/lanes.h"
#include "meter/site.h"
#include "meter/stamp.h"
#include "sched/deque.h"
#include "sched/inject.h"
#include "sched/jobs.h"
#include "sched/monitor.h"
#include "sched/scope.h"
#include "sched/slab.h"
#include "sched/task.h"

/* How many stack slots a worker keeps to itself, and moves to and from the pool at a time. */
#define SLOT_CACHE 256
#define SLOT_BATCH (SLOT_CACHE / 2)

/* What is left to do for the task that was switched away from, once its stack is no longer in use. */
enum after { AFTER_NOTHING, AFTER_PARK, AFTER_YIELD, AFTER_EXIT };

#define SPARES_MAX (HOSTILE ? 6 : 128)

/* What the monitor knows of a worker: its own. */
struct watch {
	uint32_t runs;
	bool in_task;
	hob_time since, at; /* when it saw this task first, and last */
	int64_t cpu;        /* what the thread had computed, at the last look */
	int64_t cpu_first;  /* and at the first */
};

/* The monitor to the worker: it was seen asleep in the kernel during its stretch of that number. */
struct mark {
	atomic_of(uint32_t) run;       /* written last */
	atomic_of(int64_t) since, cpu; /* at the first look */
	atomic_of(uint32_t) call;      /* the system call: see meter/call.h */
};

struct worker {
	struct runtime *rt;
	atomic_of(struct task *) current; /* read by thieves of jobs, too */
	struct task *left;                /* see enum after */
	enum after after;
	atomic_of(bool) alone;    /* the only one: nobody steals from it. See seat.h */
	atomic_of(bool) deposed;  /* another runs tasks in its place */
	atomic_of(bool) inside;   /* it is at work on its queues */
	atomic_of(bool) beside;   /* it shares the core of one that computes: see seat.h */
	atomic_of(uint32_t) runs; /* tasks it has switched to */
	int64_t stamp;            /* when the running task's stretch began */
	struct trace_ring *trace; /* or NULL */
	struct row *rows;         /* of what became of tasks here, by site */
	struct mark mark;
	uint32_t tick;      /* switches until the poller and the shared queue have their turn */
	uint32_t slot_runs; /* tasks run in a row from `woken` */
	struct poller *poller;
	struct fiber loop; /* the worker's thread itself */
	uint64_t chance;   /* whom to steal from next */
	unsigned index;
	bool searching;        /* counted in rt->idle */
	uint32_t spins_failed; /* see base/trial.h */
	bool notified;         /* a notifier, or a lone task, ended the last sleep */
	uint8_t vain;          /* how often for nothing, lately */
	struct worker *next_asleep;
	bool asleep; /* in the list of sleepers; under idle_lock */
	bool naps;   /* likewise: it sleeps for a while at most */
	pthread_t thread;
	struct worker *seat; /* whose poller it uses: its own, or as a spare that of a worker whose place it takes */
	atomic_of(struct worker *) holder; /* of a seat: who polls there. Under seats_lock */
	struct lock polling;               /* of a seat: held by who is in its poller */
	bool computes;                     /* of a seat: at this look of the monitor one that was deposed does */
	atomic_of(bool) awake;             /* has not gone to sleep: what the monitor looks after */
	pthread_t self;                    /* its thread, by itself: set before it is awake */
	atomic_of(pid_t) tid;
	atomic_of(uint32_t) post; /* of a spare: see seat.c */
	struct watch watch;
	struct slab_cache tasks;
	struct hob_scope *scopes; /* ended ones, to be used again */
	unsigned nscopes;
	unsigned nslots, slot_batch;
	void *slots[SLOT_CACHE];
	struct task *thief; /* made ahead for a job to be stolen */
	_Alignas(64) struct hob_forks forks;

	/* The task woken last, to be run next, while what it waits for is still in this core's cache. Thieves may take
	 * it from a worker that does not get to it. */
	_Alignas(64) atomic_of(struct task *) woken;
	struct deque deque;
};

struct runtime {
	const struct poller_ops *ops;
	struct hob_options options;
	atomic_of(struct service *) service;
	struct page *page; /* where this lies, and what else may be looked at from outside */
	struct stack_pool *stacks;
	struct slab tasks;
	struct stamp_origin origin;
	struct sites sites;
	struct lane_sums lanes[LANES_MAX]; /* what they had seen before */
	unsigned nlanes;
	struct trace *trace; /* or NULL */
	struct worker *workers;
	bool one;                     /* worker, never more */
	unsigned most;                /* workers there may ever be: the size of the array */
	atomic_of(uint32_t) nworkers; /* of them are started: grows only */
	bool follows;                 /* the number of cores, as it changes: see allow.c */
	uint64_t seed;
	struct hob_scope root;
	int result; /* of the first task */
	struct inject inject;

	struct lock moved_lock;
	struct link moved;          /* jobs whose task has left its worker */
	atomic_of(uint32_t) nmoved; /* written under the lock, read without it as a hint */

	/* How many search for work, sleep, and of these nap: see idle.c. */
	_Alignas(64) atomic_of(uint32_t) idle;
	atomic_of(uint32_t) stopping;
	atomic_of(uint32_t) allowed; /* to run tasks: the first so many */
	atomic_of(hob_time) look_at;
	struct lock look_lock;
	struct lock idle_lock;
	struct worker *asleep;

	struct lock seats_lock; /* who holds a seat, and who is alone */
	struct worker **queues; /* of workers and spares: only ever added to, under seats_lock */
	atomic_of(uint32_t) nqueues;
	struct worker *spares[SPARES_MAX];
	unsigned nspares;                /* grows only; by the monitor */
	atomic_of(uint32_t) spares_busy; /* not parked */
	struct monitor monitor;
};

/* The worker of the calling thread, or NULL. To be asked again after a switch, since a task may resume elsewhere; a
 * plain thread-local variable will not do, since a compiler keeps its address. */
static inline struct worker *worker_self(void)
{
	struct hob_forks *f = hob_forks_here();

	return f ? container_of(f, struct worker, forks) : NULL;
}

/* current.c */
void worker_set_self(struct worker *w);

/* queue.c */
void worker_ready(struct runtime *rt, struct task *t);      /* from anywhere: runs soon, by the longest waiting */
void worker_ready_next(struct runtime *rt, struct task *t); /* from anywhere: runs next on this worker */
void worker_requeue(struct worker *w, struct task *t);      /* a task of this worker that yielded */
struct task *worker_next(struct worker *w);                 /* from this worker's own queues, or NULL */
struct task *worker_next_shared(struct worker *w);          /* from the inject queue */
struct task *worker_steal(struct worker *w, bool also_woken);
void worker_give_away(struct worker *w); /* what is in its own queues to the shared one */

/* How many workers there are. */
static inline unsigned workers_of(struct runtime *rt)
{
	return at_load(&rt->nworkers, ACQUIRE);
}

/* How many threads may have tasks in their queues: the workers and the spares, in rt->queues. */
static inline unsigned queues_of(struct runtime *rt)
{
	return at_load(&rt->nqueues, ACQUIRE);
}

/* run.c */
void worker_publish(struct runtime *rt, struct worker *w);         /* its queues are looked at from here on */
void worker_loop(struct worker *w);                                /* by its thread */
int worker_init(struct runtime *rt, struct worker *w, unsigned i); /* all but its poller and its thread */
int worker_start(struct runtime *rt);                              /* one more; under look_lock */

/* park.c */
void worker_run(struct worker *w, struct task *t); /* on the worker's own stack: until nothing is next */
struct fiber *worker_exit(struct worker *w, struct task *t, struct task *next); /* whom the ended one switches to */
void worker_after_switch(void);

/* idle.c */
void idle_notify(struct runtime *rt);
void idle_notify_job(struct runtime *rt); /* of a forked job */
void idle_notify_lone(
	struct runtime *rt);              /* of a task that its worker runs next, unless the running one goes on long */
bool idle_any(struct runtime *rt);        /* does a worker sleep? Out of date at once */
void idle_stop(struct runtime *rt);       /* every worker leaves idle_find */
struct task *idle_find(struct worker *w); /* sleeps where there is none; NULL: the runtime stops */

/* spawn.c */
struct task *task_alloc(struct runtime *rt, struct worker *w); /* memory and a stack, no more */
void task_init(struct task *t, struct hob_scope *s, hob_task_fn *fn, void *arg);
struct task *task_create(struct runtime *rt, struct worker *w, struct hob_scope *s, hob_task_fn *fn, void *arg);
void task_begin(struct worker *w, struct task *t); /* before its first switch */
void task_free(struct runtime *rt, struct worker *w, struct task *t);

#endif
