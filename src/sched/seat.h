/* A seat is one of the runtime's places to run tasks: a worker's poller and its share of the cores. Its owner holds it,
 * until the owner's task does not come back: it computes for long, or is blocked in the kernel. Then the monitor
 * deposes the owner and appoints a spare, a thread with queues of its own, which polls there and runs tasks until the
 * owner is back. A spare that gets stuck is deposed in its turn.
 *
 * Nothing is taken from a thread that is stuck. It goes on as the worker that it is, so what its task sees when it
 * comes back is what it left: the same worker_self(), the same free stacks. What is taken over is work, and work was
 * always there to be taken: its ready tasks move to the shared queue, and the poller may be polled by any thread.
 * (Rejected: the spare goes on as the worker, and the thread that was stuck finds that it is none any more. For that it
 * would have to be stopped at a point where it looks at nothing of the worker's, which nobody knows of a thread in a
 * page fault.)
 *
 * What is exclusive, and how it passes on
 *
 *  - The poller: whoever is in it holds the seat's `polling`, and is in the list of sleepers only while it does. So a
 *    wake that is sent to a sleeper is not swallowed by another. An owner that comes back makes itself the holder,
 *    tells the spare (`deposed`), and wakes the poller: either the spare sees that it is deposed before it polls, or
 *    its poll ends. Then it is the owner's.
 *
 *  - What is put into a poller while another sleeps there, an operation or a timer, would lie until that one wakes. So
 *    a task that parks on a worker which is deposed wakes the poller first (task_park). Putting and then looking
 *    whether one is deposed is one half, changing the holder and then polling the other, of a store-then-load pair: the
 *    fence between is light for the task, heavy for who changes the holder.
 *
 *  - The queues of a worker that is `alone`. As long as nobody steals there, its own accesses need no locked
 *    instruction. Around them it says so (`inside`), and then looks whether it is alone: light. The monitor takes
 *    `alone` away, passes the heavy fence, and looks whether the worker is inside. If so it does not depose it, which
 *    is right anyway, since one who works on its queues is not stuck. If not, every later access is made by locked
 *    instructions. The worker is alone again once it holds its seat and no spare is busy, which it sees under the lock.
 *
 *  - `woken` of a worker that is deposed would be looked at by its owner alone, who is stuck. The same flag sees to
 *    that: what a deposed worker makes ready goes to the shared queue, and `inside` keeps apart who had looked before.
 *
 * A spare is appointed for one of two reasons. In the place of a worker that is blocked it does all that the worker
 * would. Beside one that computes (`beside`) it has no core of its own: it runs the tasks that are ready, so that they
 * need not wait, but takes no forked job, since a loop on more threads than cores is no faster, and would have more
 * ranges in work than cores. A job that nobody takes is run by its forker. The monitor sets `beside` at each look, by
 * what the threads of the seat do then. A worker in a loop that is deposed comes by between two ranges
 * (allow_checkpoint), and has its seat back; so does a spare in a loop's part, which is how a part that a spare took
 * while the owner was blocked goes to the owner.
 *
 * Between tasks nobody is deposed: a worker clears `current` before it looks whether it is deposed, and the monitor
 * looks at `current` after the fence. So one of the two sees the other. */
#ifndef SCHED_SEAT_H
#define SCHED_SEAT_H

#include <stdbool.h>

#include "sched/worker.h"

/* Around a worker's work on its own queues. Answers whether nobody else is there. */
static inline bool seat_enter(struct worker *w)
{
	at_store(&w->inside, true, RELAXED);
	fence_light();
	if (UNLIKELY(w->forks.fenced))
		at_fence(SEQ_CST);
	return at_load(&w->alone, RELAXED);
}

static inline void seat_leave(struct worker *w)
{
	at_store(&w->inside, false, RELEASE);
}

/* By the monitor: has another thread hold the seat of `w`, which is stuck (`beside`: it computes), and moves w's ready
 * tasks where all find them. False: w is not stuck after all, is deposed already, or there is no spare to be had. */
bool seat_relieve(struct worker *w, bool beside);

/* By the monitor: the ready tasks of a worker that is stuck and deposed go where all find them. */
void seat_drain(struct worker *w);

/* By a worker between two tasks that is deposed, or not alone where it could be: its owner takes the seat back. False:
 * it is a spare, and not the holder any more. */
bool seat_resume(struct worker *w);

static inline bool seat_is_mine(struct worker *w)
{
	if (UNLIKELY(w->forks.fenced))
		at_fence(SEQ_CST);
	if (LIKELY(!at_load(&w->deposed, RELAXED) && (!w->rt->one || at_load(&w->alone, RELAXED))))
		return true;
	return seat_resume(w);
}

/* By a worker whose task has put something into its poller: if another sleeps there, it is to look at it. */
static inline void seat_tell(struct worker *w)
{
	fence_light();
	if (UNLIKELY(w->forks.fenced))
		at_fence(SEQ_CST);
	if (UNLIKELY(at_load(&w->deposed, RELAXED)))
		w->rt->ops->wake(w->poller);
}

/* Polls without waiting, unless another does. */
void seat_look(struct worker *w);

/* Into its poller to sleep there, once who was there before has left. False: it is deposed, and goes on. */
bool seat_lie_down(struct worker *w);

/* Polls, and sleeps there while it `stays`, which is asked once nobody else can take a wake from the poller; for a
 * worker that nobody wakes for work. */
void seat_sleep(struct worker *w, bool (*stays)(struct worker *w));

/* How many spares have a thread. */
unsigned seat_threads(struct runtime *rt);

/* After the workers: ends the spares. */
void seat_finish(struct runtime *rt);

#endif
