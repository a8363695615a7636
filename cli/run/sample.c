/* The task that looks at the running jobs now and then, and lets the limit follow. */
#include <math.h>
#include <time.h>
#include <unistd.h>

#include "base/sys.h"
#include "limit/room.h"
#include "look/machine.h"
#include "look/tree.h"
#include "look/waiting.h"
#include "run/run.h"

/* So many jobs are looked at each time, in turns; what they do stands for the rest. */
enum { LOOK_AT_MOST = 64, ROOM_MS = 100, LABELS = 4 };

struct sampler {
	struct run *run;
	hob_time last;
	int64_t own_cpu, idle, stall;
	unsigned room; /* see room(); looked up now and then */
	hob_time room_next;
	bool sees_idle; /* the whole machine is ours: its idle cores are those that we leave idle */
};

/* What the jobs do, seen through some of them. */
struct seen {
	unsigned jobs, computing;
	double runnable;
	uint64_t rss, largest;
};

const char *waits_most(const struct waits *w)
{
	unsigned all = 0, most = LOOK_WAIT_TIMER;
	for (unsigned i = LOOK_WAIT_TIMER; i < LOOK_WAITS; i++) {
		all += w->seen[i];
		most = w->seen[i] > w->seen[most] ? i : most;
	}
	return 2 * w->seen[most] > all ? look_wait_name(most) : NULL;
}

static int64_t cpu_clock(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * HOB_SECOND + t.tv_nsec;
}

static struct seen look_at_jobs(struct run *r)
{
	struct seen seen = { 0 };
	unsigned labels = LABELS;
	for (unsigned n = r->alive < LOOK_AT_MOST ? r->alive : LOOK_AT_MOST; n; n--) {
		struct link *l = list_pop(&r->running);
		if (!l)
			break; /* one that ends is out of the list a moment before it is not counted any more */
		list_push(&r->running, l); /* the next look begins behind it */
		struct look_tree tree;
		if (look_tree(container_of(l, struct job, link)->pid, &tree) || !tree.processes)
			continue; /* just ended, or it cannot be seen */
		timeline_look(container_of(l, struct job, link), tree.runnable > 0, hob_now());
		if (!tree.runnable && labels && labels--)
			r->waits.seen[look_waiting(container_of(l, struct job, link)->pid)]++;
		seen.jobs++;
		seen.computing += tree.runnable > 0;
		seen.runnable += tree.runnable;
		seen.rss += tree.rss_bytes;
		if (tree.rss_bytes > seen.largest)
			seen.largest = tree.rss_bytes;
	}
	return seen;
}

static unsigned room(const struct run *r, const struct seen *seen)
{
	double held = seen->jobs ? (double)seen->rss / seen->jobs * r->alive : 0;
	return limit_room(look_memory(), seen->jobs ? r->counts.peak_rss : 0, held, r->alive);
}

static void sample(struct sampler *s)
{
	struct run *r = s->run;
	struct seen seen = look_at_jobs(r);
	if (seen.largest > r->counts.peak_rss)
		r->counts.peak_rss = seen.largest;

	hob_time now = hob_now();
	if (!r->limit.fixed && now >= s->room_next) {
		s->room = room(r, &seen);
		s->room_next = now + ROOM_MS * HOB_MS;
	}
	int64_t own = cpu_clock(CLOCK_PROCESS_CPUTIME_ID), idle = s->sees_idle ? look_idle() : -1;
	int64_t stall = look_memory_stall();
	double scale = seen.jobs ? (double)r->alive / seen.jobs : 0, since = (double)(now - s->last);
	struct limit_sample ls = {
		.now = now,
		.runnable = seen.jobs ? seen.runnable * scale : -1,
		.own = (double)(own - s->own_cpu) / since,
		.idle = idle >= 0 && s->idle >= 0 ? (double)(idle - s->idle) / since : -1,
		.held_back = r->held_back,
		.pressure = stall >= 0 && s->stall >= 0 ? (double)(stall - s->stall) / since : 0,
		.room = s->room,
	};
	s->last = now;
	s->own_cpu = own;
	s->idle = idle;
	s->stall = stall;
	r->held_back = r->held_now; /* who waits for the limit does not ask again until something changes */
	r->counts.computing = (unsigned)lround(seen.computing * scale);
	r->counts.looked = seen.jobs > 0;

	unsigned before = r->limit.jobs;
	if (limit_update(&r->limit, &ls) > before)
		run_changed(r);
	at_once_explain(r);
}

int sampler_task(void *run)
{
	struct run *r = run;
	struct sampler s = {
		.run = run,
		.room = UINT32_MAX,
		.last = hob_now(),
		.own_cpu = cpu_clock(CLOCK_PROCESS_CPUTIME_ID),
		.sees_idle = hob_cores() == (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
	};
	s.idle = s.sees_idle ? look_idle() : -1;
	s.stall = look_memory_stall();
	for (int64_t cost = 0; !hob_sleep(hob_after(limit_interval(cost, s.last - r->start, sys.random())));) {
		int64_t before = cpu_clock(CLOCK_THREAD_CPUTIME_ID);
		sample(&s);
		cost = cpu_clock(CLOCK_THREAD_CPUTIME_ID) - before;
	}
	return 0;
}
