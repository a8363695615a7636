/* Watches a process and all that descends from it, through /proc, without touching it.
 *
 * The kernel's counters say how long a thread computed and queued; samples only say what it waited for in between. So a
 * thread may be looked at less often, where there are many, and nothing is lost but detail: the sampler keeps itself to
 * a share of one core. What lived too short to be looked at is in the books of the process (struct look_process). */
#ifndef LOOK_SAMPLER_H
#define LOOK_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "look/books.h"
#include "look/index.h"
#include "look/label.h"
#include "look/machine.h"
#include "look/native.h"
#include "look/on_core.h"
#include "look/peer.h"
#include "look/pipes.h"
#include "look/python.h"
#include "look/timeline.h"

/* One cause at one place of the program. */
struct look_slot {
	uint32_t label, frame; /* frame 0: not known */
	int64_t ns;
	int64_t weight;      /* ns between looks that ended or began with it, twice: slots.c */
	int64_t first, last; /* when it began first and ended last */
	int64_t longest;     /* of one wait */
	uint32_t seen;       /* samples */
};

struct look_thread {
	struct look_process *process;
	pid_t tid;
	char name[32];
	struct look_books books;
	int64_t user, kernel; /* ns of the kernel's own split, as last read, and when we came */
	int64_t user_before, kernel_before;
	struct look_slot *slots;
	unsigned slot_count, slot_room;
	struct look_timeline timeline;
	uint64_t runs_before; /* times it had been put on a core when we came; last.runs: when we left */
	bool ended;
	unsigned threads; /* 1; of a sum of short-lived ones, how many */

	/* the last look */
	struct look_counters last;
	int64_t looked, last_at, asleep, due;
	unsigned label, tries;
	unsigned computes_in, waits_in; /* frames */
	uint64_t sp, ip;                /* where `waits_in` was found, in native code */
	bool blocked, opened, looked_late;
	bool old;               /* it was there before we came */
	int schedstat, syscall; /* kept open, or negative */
	uint64_t ran_at_split;
};

struct look_process {
	pid_t pid, parent;
	uint64_t born; /* in the kernel's clock ticks since its start: another process of this number differs */
	uint64_t code, stack;
	char name[32];
	int64_t start, end;
	int64_t cpu_before, cpu;   /* of all threads it ever had: when we came, and at last; ns */
	int64_t dead_before, dead; /* the same of children that it has waited for, in ticks' precision */
	bool old;                  /* it was there before we came */
	uint64_t rss_bytes;        /* the most seen */
	unsigned alive, most;      /* threads */
	unsigned programs;         /* times it called execve while we watched */
	bool ended, idle, unreadable, closed;
	int64_t check, active, listed; /* when to look at the program again, when it was last seen to have run, and
					* when all its threads were looked for */
	struct look_thread *gone;      /* the sum of its short-lived threads, or NULL */

	struct look_native *native; /* of the sampler's */
	bool no_native;

	struct look_python *python;
	struct look_python_kind kind;
	int python_error;
	unsigned python_tries;
	int64_t python_next;
	uint64_t gil_looks, gil_held, gil_blocked; /* blocked: its holder did not compute */
	uint64_t switches_before, switches;
	bool gil_enabled;
	pid_t gil_holder;                    /* at the last look; 0: nobody, -1: not known */
	uint64_t computed, computed_without; /* looks at threads that computed, and those that did not hold the GIL */
};

enum { LOOK_NATIVES = 64 }; /* programs whose native code is looked at */

struct look_options {
	double hz;     /* 0: 250 */
	double share;  /* of a core, at most; 0: 0.02 */
	bool frames;   /* where in the program, too */
	bool launched; /* we have started it: nothing descends from it yet */
};

struct look_sampler {
	struct look_options options;
	pid_t root;
	int64_t start, end, next; /* `next`: when to look again */
	struct look_labels labels, frames;
	struct look_peers peers;
	struct look_pipes pipes;
	struct look_on_core *on_core; /* NULL: on_core_error says why */
	int on_core_error;
	struct look_native *natives[LOOK_NATIVES];
	unsigned native_count;
	struct look_index by_tid, by_pid;
	struct look_process **processes;
	struct look_thread **threads, **live; /* all that are kept; those that live */
	unsigned process_count, process_room, thread_count, thread_room, live_count, live_room;
	unsigned cursor; /* in live: where the last look ended */
	unsigned asleep; /* rounds since every thread was found asleep and no process has run */
	int64_t quiet;   /* when the last of them was */

	/* finding what is new */
	int loadavg;
	uint64_t last_id, newest;
	bool ids_known; /* the last number given away is to be had, and true */
	int64_t next_walk;
	bool behind;
	uint64_t seed;

	/* of the whole machine, when we came and when we left; zero where that is not known */
	struct look_load load_before, load;

	/* how well it went */
	uint64_t ticks, looks, cut_short;
	int64_t cost;            /* our own CPU time in ticks */
	int64_t paid;            /* up to here on our own clock */
	int64_t credit;          /* of it, that may still be spent; negative: spent ahead */
	unsigned born, unopened; /* threads that were found; those not looked at yet */
	bool walking_first;      /* what is found was there before us */
	int descriptors;         /* that we may have open */
	bool no_syscall, no_schedstat, out_of_memory;
};

/* Starts to watch: 0, -ESRCH, -ENOMEM. */
int look_sampler_start(struct look_sampler *s, pid_t root, const struct look_options *o);

/* One look. Not before s->next. -ESRCH where the root has gone. */
int look_sampler_tick(struct look_sampler *s);

/* Closes the books; the rest may then be read. Where the root has ended, call it before the root is waited for: what
 * its last counters say is then still there. */
void look_sampler_stop(struct look_sampler *s);

void look_sampler_finish(struct look_sampler *s);

#endif
