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
 * thread that is off its core passes a full barrier in the scheduler. Where the kernel has no membarrier (`fenced`)
 * limit stays 0, so that every fork goes the slow way and marks its job, and every join by the mark; there the owner
 * executes the fence, and the thief likewise.
 *
 * The same pairing tells a sleeper from a forker: the sleeper counts itself asleep, stores limit = 0 everywhere, [heavy
 * fence], and looks at every bottom; the forker stores bottom, [light fence], and reads limit.
 *
 * `home` says where a job is. It begins as the address of the deque that the job was forked into, which the owner
 * alone changes (to say that it is moved, or marked), until it is done:
 *
 *	a deque            in there, or stolen from there: `top` tells
 *	the same | FENCED  likewise, on a machine without membarrier
 *	JOB_MOVED          in the list of moved jobs, or taken from it
 *	a task | AWAITED   being run elsewhere; that task waits for it
 *	JOB_DONE           done by another than its joiner
 *
 * The joiner swaps its own address in by CAS and parks; the runner swaps DONE in, and unparks whom it found there. The
 * runner's last touch of the job, which lies on the joiner's stack, is that swap. A job that turns DONE while its join
 * is at work was stolen, and was the last: so top has passed it, and the join puts bottom back to there.
 *
 * test/model/jobs_test.c runs these sources through every schedule of small programs, and finds it where the thief's
 * fence is left out.
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

/* Of a home; addresses are aligned to more than all of these. */
#define JOB_DONE ((uintptr_t)1)
#define JOB_MOVED ((uintptr_t)2)
#define JOB_AWAITED ((uintptr_t)4)
#define JOB_FENCED ((uintptr_t)8)

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
