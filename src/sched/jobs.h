/* Forked jobs: a deque of pointers to jobs that lie on their forkers' stacks, one a worker (Chase and Lev, "Dynamic
 * Circular Work-Stealing Deque", 2005; orderings after Le, Pop, Cohen and Zappa Nardelli, 2013), whose fences are paid
 * by the thief alone. hob/compute.h holds the part that is inlined into the owner's code.
 *
 * The rule of the house: a worker's deque holds jobs of the task it is running, and of no other. A task that leaves
 * its worker with jobs unjoined (it parks within a forked region) takes them along into the runtime's list of moved
 * jobs, where idle workers and their joiner find them; and so does one that has no place for another job, since a fork
 * never waits for its job.
 *
 * Why no job is lost or run twice
 *
 * Indices only grow. The owner moves `bottom`, by one; `top` is moved by compare and swap. The owner's ring slot of
 * index i is written again only as index i + size, when top has been seen past i (`limit`).
 *
 *  - A thief reads top = t, [heavy fence], then bottom = b. If t < b, it reads the job at t and CASes top t -> t + 1.
 *  - The owner, to join, stores bottom = b - 1, [light fence], then reads top = t. t < b - 1: the job is the owner's.
 *    t == b - 1: it is the last one, and owner and thieves race for it by the same CAS. t > b - 1: it is stolen.
 *
 * Two thieves, or a thief and the owner at the last job, are told apart by the CAS. What remains is a thief that takes
 * index t while the owner takes the same index without a CAS: the owner then read top <= t - 1, so top moved to t after
 * that read; and the thief read bottom >= t + 1, though the owner had stored bottom = t before its read of top. With a
 * seq_cst fence on each side one of the two must see the other's store (C11 29.3p6). Here the owner's is a compiler
 * fence only, and the thief's is membarrier(2), PRIVATE_EXPEDITED: the kernel runs a full barrier on every core that
 * runs a thread of this process, at some point of that core's program order. If that point is before the owner's store
 * to bottom, then the owner's read of top comes after the thief's read of it, whose value (t, already) it must see or a
 * later one: so it does not take t without the CAS. If it is after, the thief's read of bottom sees the store. A
 * thread that is off its core passes a full barrier in the scheduler. Where the kernel has no membarrier, `fenced`
 * makes the owner execute the fence and the thief does likewise.
 *
 * The same pairing tells a sleeper from a forker: the sleeper counts itself asleep, stores limit = 0 everywhere, [heavy
 * fence], and looks at every bottom; the forker stores bottom, [light fence], and reads limit.
 *
 * A job that is no longer in the deque it was forked into, for its owner to know (moved, or run outside of a task), has
 * `forks` changed to no deque's address; of one that was stolen the owner learns from top.
 *
 * The end of a job: state is 0, then DONE by whoever ran it elsewhere. The joiner swaps in its own address by CAS and
 * parks; the runner swaps DONE in, and unparks whom it found there. The runner's last touch of the job, which lies on
 * the joiner's stack, is that swap.
 */
#ifndef SCHED_JOBS_H
#define SCHED_JOBS_H

#include <hob/compute.h>

#include "base/atomic.h"
#include "base/check.h"
#include "base/list.h"

struct runtime;
struct worker;
struct task;

#define JOBS_MAX (HOSTILE ? 4u : (unsigned)HOB_FORKS_MAX)

enum { JOB_PENDING, JOB_DONE, JOB_MOVED, JOB_WAITERS };

void jobs_init(struct hob_forks *f);

static inline bool jobs_empty(struct hob_forks *f)
{
	return at_load(&f->bottom, ACQUIRE) <= at_load(&f->top, ACQUIRE);
}

/* By a worker whose task leaves it, or has no place for another job: its jobs go into the list of moved ones. */
void jobs_move(struct worker *w);

/* By a worker with nothing to do: a task to run that runs a job of another worker's, or a moved one; or NULL. */
struct task *jobs_steal(struct worker *w);

/* Is there a job that jobs_steal would find? By a worker that is counted as asleep: from here on, who forks a job sees
 * that. */
bool jobs_in_sight(struct runtime *rt);

/* How many workers could run jobs of the calling task at once. */
unsigned jobs_workers(void);

#endif
