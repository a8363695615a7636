/* The page: memory in which a runtime keeps its books, and which others may read: hob top, hob dump, a debugger. There
 * is no copy made for them, and nothing is written that would not be written anyway: the scheduler's own tasks, workers
 * and sums lie in it, and what stands here says where. docs/design/top.md has the reasons.
 *
 * It is a memfd of that name, open in the process (/proc/PID/fd) and mapped once. What is found there is of a process
 * that runs on, and that may be hostile: copy, then check. */
#ifndef METER_PAGE_H
#define METER_PAGE_H

#include "base/atomic.h"

#define PAGE_NAME "hob page"
#define PAGE_MAGIC UINT64_C(0x31656761702d626f) /* "ob-page1" */
#define PAGE_VERSION 1u                         /* of this struct, and of what its fields mean */

enum { PAGE_WHYS = 32, PAGE_WHY_BYTES = 12 };

/* Where in its struct something lies. u8 to u64: its size; ptr: an address in the process, or 0. */
enum page_field {
	/* the runtime */
	PAGE_QUEUES,       /* ptr to ptrs: workers and spares */
	PAGE_NQUEUES,      /* u32 */
	PAGE_WORKERS,      /* ptr to the first worker: the others lie behind it, and the spares elsewhere */
	PAGE_MOST,         /* u32: workers there may ever be */
	PAGE_ALLOWED,      /* u32: workers that may run tasks: the cores, unless it was told otherwise */
	PAGE_SPARES_BUSY,  /* u32 */
	PAGE_CHUNKS,       /* ptr to the first chunk of tasks */
	PAGE_SITES,        /* the first site */
	PAGE_RUNTIME_SIZE, /* not a field: the size of the struct, here and below */
	/* a worker */
	PAGE_CURRENT,     /* ptr to the task it runs */
	PAGE_RUNS,        /* u32: tasks it has switched to */
	PAGE_MARKED,      /* u32: seen asleep in the kernel in its stretch of that number */
	PAGE_SINCE,       /* stamp: when this stretch began */
	PAGE_AWAKE,       /* u8 */
	PAGE_DEPOSED,     /* u8: another runs tasks in its place */
	PAGE_INDEX,       /* u32 */
	PAGE_TID,         /* u32 */
	PAGE_ROWS,        /* ptr to the rows, one a site */
	PAGE_WORKER_SIZE, /* see above */
	/* a chunk of tasks */
	PAGE_NEXT,       /* ptr */
	PAGE_FIRST,      /* u32: what the first of them is numbered, and the others after it */
	PAGE_TASKS,      /* the first of them */
	PAGE_CHUNK_SIZE, /* see above */
	/* a task: it lives while it is in a list */
	PAGE_IN_SCOPE, /* ptr: to itself, or 0, where it is free */
	PAGE_SP,       /* ptr: where its registers lie while it is switched off; 0 before it has begun */
	PAGE_STAMP,    /* stamp: when it came into its state */
	PAGE_PERMIT,   /* u32: PAGE_PARKED: it waits */
	PAGE_WHY,      /* u8: for what */
	PAGE_SITE,     /* u8 */
	PAGE_FOR,      /* ptr: while it waits, the object that it waits for, where that is known */
	PAGE_SCOPE,    /* ptr */
	PAGE_LIFE,     /* ptr, once it has begun, to its birth and its sums: on its stack, which is not in the page */
	PAGE_TASK_SIZE,
	/* a life, in stamps */
	PAGE_BORN,
	PAGE_EXTRA, /* ptr to the name of the task, or 0 */
	PAGE_LIFE_SIZE,
	/* a site */
	PAGE_FN,     /* ptr: the task's function */
	PAGE_CALLER, /* ptr: where it is spawned */
	PAGE_SITE_SIZE,
	/* a row: what became of the tasks of a site on a worker; u64, in stamps */
	PAGE_ENDED,
	PAGE_COMPUTE,
	PAGE_READY,
	PAGE_HELD,
	PAGE_WAIT, /* the first of as many as there are reasons */
	PAGE_ROW_SIZE,
	PAGE_FIELDS,
};

enum { PAGE_PARKED = 1 };

/* Of a mutex, which a task waits for: who has it, as page_mark() knows tasks; 0: nobody. */
enum { PAGE_MUTEX_OWNER = 4, PAGE_NAME_BYTES = 32 };

/* What stands for a task in half a word. Tasks are further apart than the bit that is set. */
static inline uint32_t page_mark(uint64_t task)
{
	return (uint32_t)(task >> 6) | 1;
}

struct page_head {
	uint64_t magic;
	uint32_t version, bytes; /* of this struct */
	uint64_t address;        /* where the page lies in the process */
	uint64_t room;           /* how far it reaches */
	uint64_t runtime;        /* ptr */
	int64_t stamp, ns;       /* a stamp and CLOCK_MONOTONIC, at the same time: when the runtime began */
	uint32_t counter;        /* stamps are of the core's counter, otherwise ns */
	uint32_t chunk_tasks;    /* how many tasks a chunk has */
	uint32_t sites;          /* how many sites there may be, and rows a worker */
	uint32_t whys;           /* how many reasons there are, and what they are called */
	char why[PAGE_WHYS][PAGE_WHY_BYTES];
	uint32_t at[PAGE_FIELDS];
};

#endif
