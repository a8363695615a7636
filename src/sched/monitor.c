/* The monitor: a thread that sees to it that as many workers run tasks as there are places for them, whatever the tasks
 * do. It looks from time to time, and sleeps without end where there is nothing to look after.
 *
 * What it sees of a worker is its count of tasks begun. One that is in the same task at two looks in a row is stuck, in
 * one of two ways, which the thread's own CPU clock tells apart: blocked in the kernel (`held`), if it has computed for
 * less than half of the time between, and its state says so too, since a thread that waits for a core has a clock that
 * stands still as well; or computing. The place of a worker that is held is taken at once. One that computes has a core
 * to itself rightly, and is given COMPUTE_NS before another thread shares it; that time doubles with each that computes
 * so already, so that a crowd of long computations does not become a crowd of threads. In either case only where there
 * is something to do: a ready task, or something that is waited for.
 *
 * A look costs some microseconds. Every LOOK_NS is a fraction of a percent of a core; for ALERT_NS after a task was
 * stuck, since those seldom come alone, looks are ALERT_LOOK_NS apart. Where a task is seen for the first time, and its
 * thread's clock stands still although others want its place, the look that tells comes SUSPECT_LOOK_NS later.
 *
 * It sleeps once nothing has happened between two looks, and every worker is asleep itself or stuck and relieved. A
 * worker says when it is awake (`awake`, fence), and then looks whether the monitor sleeps; the monitor says that it
 * sleeps, fences, and looks once more at every `awake`.
 *
 * Rejected: signals to interrupt a long computation (they interrupt system calls, and a task may be anywhere); a timer
 * a worker, armed and disarmed around each task (a system call a task); the workers watch each other (none is there to
 * do it where there is one, or all are stuck). */
#include "sched/monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/check.h"
#include "base/sys.h"
#include "meter/call.h"
#include "sched/deadlock.h"
#include "sched/proc.h"
#include "sched/seat.h"

#define LOOK_NS (HOSTILE ? 70 * HOB_US : HOB_MS)
#define ALERT_LOOK_NS (HOSTILE ? 70 * HOB_US : 150 * HOB_US)
#define SUSPECT_LOOK_NS (HOSTILE ? 70 * HOB_US : 50 * HOB_US)
#define ALERT_NS HOB_SECOND
#define COMPUTE_NS (HOSTILE ? 0 : HOB_MS)
#define DOUBT_NS (100 * HOB_MS) /* a thread that is about to end has ended by then */
#define DOUBLED_MAX 5           /* COMPUTE_NS at most so often */
#define COMPUTING_MAX 16u       /* as many spares at most stand in for tasks that compute */

enum { WATCHES, SLEEPS, STOPS };

/* What one look has seen. */
struct sight {
	uint32_t runs;
	unsigned awake;     /* workers that may yet need a spare */
	unsigned computing; /* that have one */
	bool stuck;
	bool suspect; /* a worker may just have got stuck */
};

/* Is the thread neither on a core nor waiting for one? Where the kernel says nothing: yes. */
static bool off_core(struct worker *w)
{
	return proc_state(w) != 'R';
}

/* The call that it is in. */
static uint32_t call_of(struct worker *w)
{
	char text[256], *end;
	long number;

	proc_of_worker(w, "syscall", text, sizeof text);
	number = strtol(text, &end, 10);
	if (end == text) /* "running", or nothing */
		return CALL_UNKNOWN;
	return number < 0 || number >= CALL_FAULT ? CALL_FAULT : (uint32_t)number + 1;
}

/* Something that would go on if another took this place. */
static bool is_wanted(struct worker *w)
{
	struct runtime *rt = w->rt;

	return at_load(&rt->inject.length, RELAXED) || at_load(&rt->nmoved, RELAXED) || at_load(&w->woken, RELAXED) ||
	       deque_length(&w->deque) || !rt->ops->expects || rt->ops->expects(w->poller);
}

/* By a worker whose task is a new one: has its clock stood still while we looked whether others want its place? Then it
 * may be blocked already, and the next look, which tells, comes soon. */
static bool is_suspect(struct worker *w, int64_t cpu)
{
	return cpu >= 0 && is_wanted(w) && sys.thread_cpu(w->self) == cpu;
}

static void begin_watch(struct watch *seen, uint32_t runs, hob_time now, int64_t cpu)
{
	*seen = (struct watch){ .runs = runs, .in_task = true, .since = now, .at = now, .cpu = cpu, .cpu_first = cpu };
}

static void mark(struct worker *w)
{
	struct watch *seen = &w->watch;

	if (at_load(&w->mark.run, RELAXED) == seen->runs)
		return;
	at_store(&w->mark.since, seen->since, RELAXED);
	at_store(&w->mark.cpu, seen->cpu_first, RELAXED);
	at_store(&w->mark.call, call_of(w), RELAXED);
	at_store(&w->mark.run, seen->runs, RELEASE);
}

/* A worker that is in the same task as before. */
static void watch_on(struct worker *w, hob_time now, int64_t cpu, unsigned computing, struct sight *s)
{
	struct watch *seen = &w->watch;
	bool held = cpu >= 0 && 2 * (cpu - seen->cpu) < now - seen->at && off_core(w);
	hob_time patience = COMPUTE_NS << (computing < DOUBLED_MAX ? computing : DOUBLED_MAX);

	seen->at = now;
	seen->cpu = cpu;
	if (held)
		mark(w);
	if (at_load(&w->deposed, RELAXED)) {
		seat_drain(w);
		w->seat->computes |= !held;
		s->computing += !held;
		if (!held) /* through the kernel, where what it waited for may be due: see wait/ring.c */
			fence_heavy();
		return;
	}
	s->awake++;
	if ((held || (now - seen->since >= patience && computing < COMPUTING_MAX)) && is_wanted(w) &&
	    seat_relieve(w, !held)) {
		w->seat->computes |= !held;
		s->stuck = true;
	}
}

/* Has who holds this seat a core, or a share of one? */
static void settle(struct worker *seat)
{
	struct worker *holder = at_load(&seat->holder, RELAXED);
	bool beside = at_load(&holder->beside, RELAXED);

	if (holder != seat && beside != seat->computes) {
		at_store(&holder->beside, seat->computes, RELAXED);
		if (beside) /* jobs it would not take are its business now */
			idle_notify_job(seat->rt);
	}
	seat->computes = false;
}

static void look_at(struct worker *w, hob_time now, unsigned computing, struct sight *s)
{
	uint32_t runs = at_load(&w->runs, RELAXED);
	int64_t cpu;

	s->runs += runs;
	if (!at_load(&w->awake, ACQUIRE) || !at_load(&w->current, RELAXED)) {
		s->awake += at_load(&w->awake, RELAXED);
		w->watch.in_task = false;
		return;
	}
	cpu = sys.thread_cpu(w->self);
	if (w->watch.in_task && w->watch.runs == runs) {
		watch_on(w, now, cpu, computing, s);
		return;
	}
	begin_watch(&w->watch, runs, now, cpu);
	s->suspect |= is_suspect(w, cpu);
	s->awake++;
}

static struct sight look(struct runtime *rt)
{
	struct sight s = { 0 };
	hob_time now = sys.now();

	for (unsigned i = 0; i < queues_of(rt); i++)
		look_at(rt->queues[i], now, rt->monitor.computing, &s);
	for (unsigned i = 0; i < workers_of(rt); i++)
		settle(&rt->workers[i]);
	rt->monitor.computing = s.computing;
	if (s.stuck)
		rt->monitor.alert_until = now + ALERT_NS;
	return s;
}

/* Is any worker awake, or has been since we looked? */
static bool any_awake(struct runtime *rt)
{
	uint32_t runs = 0;

	for (unsigned i = 0; i < queues_of(rt); i++) {
		struct worker *w = rt->queues[i];

		if (at_load(&w->awake, ACQUIRE) && !at_load(&w->deposed, RELAXED))
			return true;
		runs += at_load(&w->runs, RELAXED);
	}
	return runs != rt->monitor.runs;
}

/* Nothing goes on: rightly? Answers until when to sleep. A program that is fed by other threads, and looks like a
 * deadlock whenever it has nothing to do, is looked at seldom, and at most twice while it has nothing. */
static hob_time look_for_deadlock(struct runtime *rt)
{
	struct monitor *m = &rt->monitor;
	hob_time now = sys.now();

	if (m->told || !m->runs) /* nothing has run yet */
		return HOB_NEVER;
	if (now < m->look_from)
		return m->look_from;
	switch (deadlock_look(rt)) {
	case GOES_ON:
		break;
	case MAY_BE_STILL:
		m->look_from = now + DOUBT_NS;
		if (m->doubted)
			break;
		m->doubted = true;
		return m->look_from;
	case STANDS_STILL:
		m->told = true;
		deadlock_tell(rt);
	}
	return HOB_NEVER;
}

/* Until a worker wakes, or the runtime stops. */
static void sleep_on(struct runtime *rt)
{
	hob_time until = look_for_deadlock(rt);
	struct monitor *m = &rt->monitor;
	uint32_t was = WATCHES;

	if (!at_cas(&m->state, &was, SLEEPS, SEQ_CST))
		return;
	at_fence(SEQ_CST);
	was = SLEEPS;
	if (any_awake(rt))
		at_cas(&m->state, &was, WATCHES, SEQ_CST);
	while (at_load(&m->state, ACQUIRE) == SLEEPS)
		if (futex_wait(&m->state, SLEEPS, until) == -ETIMEDOUT && at_cas(&m->state, &was, WATCHES, SEQ_CST))
			break;
}

static void *monitor_main(void *arg)
{
	struct runtime *rt = arg;
	struct monitor *m = &rt->monitor;

	sys.prctl(PR_SET_TIMERSLACK, 1, 0); /* ns; unasked it is 50 us, as long as SUSPECT_LOOK_NS */
	while (at_load(&m->state, ACQUIRE) != STOPS) {
		struct sight s = look(rt);
		bool ran = s.runs != m->runs;

		m->runs = s.runs;
		m->doubted &= !ran;
		if (!ran && !s.awake) {
			sleep_on(rt);
			continue;
		}
		hob_time now = sys.now(), calm = now < m->alert_until ? ALERT_LOOK_NS : LOOK_NS;

		futex_wait(&m->state, WATCHES, now + (s.suspect ? SUSPECT_LOOK_NS : calm));
	}
	return NULL;
}

void monitor_rouse(struct runtime *rt)
{
	uint32_t was = SLEEPS;

	if (LIKELY(at_load(&rt->monitor.state, RELAXED) != SLEEPS))
		return;
	if (at_cas(&rt->monitor.state, &was, WATCHES, ACQ_REL))
		futex_wake(&rt->monitor.state, 1);
}

int monitor_start(struct runtime *rt)
{
	int err = sys.thread_create(&rt->monitor.thread, monitor_main, rt);

	rt->monitor.there = !err;
	return err;
}

void monitor_stop(struct runtime *rt)
{
	if (!rt->monitor.there)
		return;
	at_swap(&rt->monitor.state, STOPS, ACQ_REL);
	futex_wake(&rt->monitor.state, 1);
	sys.thread_join(rt->monitor.thread);
}
