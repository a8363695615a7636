/* Who holds a seat, src/sched/seat.c: a worker whose task does not come back is deposed, and a spare polls and runs
 * tasks in its place until it is back. Nobody is in a poller beside another, and what the stuck task has made ready or
 * put into the poller comes about while it is stuck. Built without the hostile mode, which has no task run next. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "model.h"
#include "sched/allow.h"
#include "sched/page.h"
#include "sched/seat.h"

enum { OWNER, MONITOR, SPARES, TASKS = 3, EARLY_LOOKS = 2, STARTS = MODEL_THREADS - SPARES };

struct poller {
	atomic_of(uint32_t) woken, op;
	unsigned inside;
};

static struct runtime rt;
static struct worker owner, spare;
static struct worker *queues[] = { &owner, &spare };
static struct poller poller;
static struct task stuck, made[TASKS];
static unsigned nmade, nops, next_made;
static atomic_of(uint32_t) ran, done, over, monitor_gone, waits;
static struct {
	void *(*fn)(void *);
	void *arg;
	atomic_of(uint32_t) state;
} starts[STARTS];
static unsigned nstarts;
static const char *text; /* what the stuck task does: see act() */
static bool one;         /* worker: it is alone */
static unsigned impatient;
static bool weak; /* no fence where the holder changes: a defect */

enum { UNUSED, STARTED, ENDED };

/* Stand-ins -------------------------------------------------------------------------------------------------------- */

static struct worker *const of_thread[] = { &owner, NULL, &spare, &spare };

struct hob_forks *hob_forks_here(void)
{
	return of_thread[model_self()] ? &of_thread[model_self()]->forks : NULL;
}

bool fence_is_uneven(void)
{
	return true;
}

void fence_heavy(void)
{
	if (!weak)
		model_barrier();
}

void monitor_rouse(struct runtime *r)
{
	(void)r;
}

void *page_alloc(struct page *p, size_t bytes)
{
	(void)p, (void)bytes;
	return NULL;
}

int worker_init(struct runtime *r, struct worker *w, unsigned i)
{
	(void)r, (void)w, (void)i;
	return -ENOMEM;
}

void worker_publish(struct runtime *r, struct worker *w)
{
	(void)r, (void)w;
}

static void await_state(unsigned i, uint32_t state)
{
	uint32_t now;

	while ((now = at_load(&starts[i].state, ACQUIRE)) < state)
		futex_wait(&starts[i].state, now, INT64_MAX);
}

static void set_state(unsigned i, uint32_t state)
{
	at_store(&starts[i].state, state, RELEASE);
	futex_wake(&starts[i].state, 2);
}

static int thread_create(pthread_t *out, void *(*fn)(void *), void *arg)
{
	unsigned i = nstarts;

	if (i == STARTS)
		return -EAGAIN;
	nstarts++;
	*out = i;
	starts[i].fn = fn;
	starts[i].arg = arg;
	set_state(i, STARTED);
	return 0;
}

static int thread_join(pthread_t i)
{
	await_state((unsigned)i, ENDED);
	return 0;
}

/* An impatient spare's deadline may come at any time; to a patient one it never does. */
static int64_t the_time(void)
{
	if (!impatient)
		return HOB_NEVER - 2 * HOB_SECOND;
	impatient--;
	return 1;
}

static void complete(void)
{
	uint32_t all = at_add(&done, 1, ACQ_REL) + 1;

	if (all < nmade + nops + 1)
		return;
	at_store(&over, 1, SEQ_CST);
	idle_stop(&rt);
	at_store(&waits, 1, RELEASE);
	futex_wake(&waits, 1);
}

static void take_op(struct poller *p)
{
	if (!at_load(&p->op, RELAXED) || !at_swap(&p->op, 0, ACQ_REL))
		return;
	at_add(&ran, 1, RELEASE);
	futex_wake(&ran, 1);
	complete();
}

static void poll(struct poller *p, hob_time deadline)
{
	MODEL_CHECK(p->inside++ == 0);
	model_write(&p->inside, sizeof p->inside);
	take_op(p);
	if (deadline == HOB_NEVER)
		while (!at_load(&p->woken, ACQUIRE))
			futex_wait(&p->woken, 0, INT64_MAX);
	else if (deadline)
		futex_wait(&p->woken, 0, deadline);
	at_swap(&p->woken, 0, ACQ_REL);
	take_op(p);
	p->inside--;
}

static void wake(struct poller *p)
{
	at_swap(&p->woken, 1, ACQ_REL);
	futex_wake(&p->woken, 1);
}

static const struct poller_ops ops = { .poll = poll, .wake = wake };

struct task *jobs_steal(struct worker *w)
{
	(void)w;
	return NULL;
}

bool jobs_in_sight(struct runtime *r)
{
	(void)r;
	return false;
}

void allow_look(struct runtime *r)
{
	(void)r;
}

bool allow_me(struct worker *w)
{
	(void)w;
	return true;
}

void allow_aside(struct worker *w)
{
	(void)w;
}

void worker_loop(struct worker *w)
{
	at_store(&w->awake, true, RELEASE);
	while (idle_find(w)) {
		at_add(&ran, 1, RELEASE);
		futex_wake(&ran, 1);
		complete();
	}
	at_store(&w->awake, false, RELEASE);
}

/* Programs --------------------------------------------------------------------------------------------------------- */

static void await_ran(void)
{
	uint32_t n;

	while ((n = at_load(&ran, ACQUIRE)) < nmade + nops)
		futex_wait(&ran, n, INT64_MAX);
}

/* n: makes a task ready, to be run next; o: has something put into the poller, as a task that parks; w: does not come
 * back before all of that is done. */
static void act(char letter)
{
	switch (letter) {
	case 'n':
		worker_ready_next(&rt, &made[next_made++]);
		break;
	case 'o':
		at_store(&poller.op, 1, RELEASE);
		seat_tell(&owner);
		break;
	case 'w':
		at_store(&waits, 1, RELEASE);
		futex_wake(&waits, 1);
		await_ran();
		break;
	}
}

static void run_owner(void)
{
	for (const char *c = text; *c; c++)
		act(*c);
	at_store(&owner.current, NULL, RELEASE);
	complete();
	worker_loop(&owner);
	MODEL_CHECK(seat_is_mine(&owner));
	while (!at_load(&monitor_gone, ACQUIRE))
		futex_wait(&monitor_gone, 0, INT64_MAX);
	seat_finish(&rt);
	for (unsigned i = nstarts; i < STARTS; i++)
		set_state(i, ENDED);
}

static void look(void)
{
	if (at_load(&owner.deposed, RELAXED))
		seat_drain(&owner);
	else
		seat_relieve(&owner, false);
}

/* At any moment, for a few looks; after that once the task is stuck, and until all is done. */
static void run_monitor(void)
{
	for (int i = 0; i < EARLY_LOOKS && !at_load(&over, ACQUIRE); i++)
		look();
	while (!at_load(&waits, ACQUIRE))
		futex_wait(&waits, 0, INT64_MAX);
	while (!at_load(&over, ACQUIRE)) {
		look();
		at_pause();
	}
	at_store(&monitor_gone, 1, RELEASE);
	futex_wake(&monitor_gone, 1);
}

static void run(unsigned who)
{
	if (who == OWNER) {
		run_owner();
	} else if (who == MONITOR) {
		run_monitor();
	} else {
		await_state(who - SPARES, STARTED);
		if (at_load(&starts[who - SPARES].state, RELAXED) == ENDED)
			return;
		starts[who - SPARES].fn(starts[who - SPARES].arg);
		set_state(who - SPARES, ENDED);
	}
}

static unsigned impatient_at_first;

static void init_worker(struct worker *w)
{
	memset(w, 0, offsetof(struct worker, forks));
	memset(&w->forks, 0, offsetof(struct hob_forks, ring));
	at_store(&w->woken, NULL, RELAXED);
	memset(&w->deque, 0, sizeof w->deque);
	w->rt = &rt;
	w->tick = 100;
	w->chance = 1;
	w->spins_failed = 10;
}

static void start(void)
{
	sys.now = the_time;
	sys.thread_create = thread_create;
	sys.thread_join = thread_join;
	memset(&rt, 0, sizeof rt);
	memset(&poller, 0, sizeof poller);
	memset(starts, 0, sizeof starts);
	ran = done = over = monitor_gone = waits = 0;
	nstarts = nmade = nops = next_made = 0;
	impatient = impatient_at_first;
	for (const char *c = text; *c; c++) {
		nmade += *c == 'n';
		nops += *c == 'o';
	}
	inject_init(&rt.inject);
	rt.ops = &ops;
	rt.one = one;
	rt.workers = &owner;
	rt.most = 1;
	at_store(&rt.allowed, 1, RELAXED);
	at_store(&rt.nworkers, 1, RELAXED);
	rt.queues = queues;
	at_store(&rt.nqueues, 2, RELAXED);
	init_worker(&owner);
	init_worker(&spare);
	owner.alone = one;
	owner.poller = &poller;
	owner.seat = owner.holder = &owner;
	owner.current = &stuck;
	rt.spares[0] = &spare;
	rt.nspares = 1;
}

static void end(void)
{
	MODEL_CHECK(ran == nmade + nops && !rt.inject.length && !owner.woken && !spare.woken);
	MODEL_CHECK(owner.holder == &owner && !owner.deposed && !poller.inside);
}

static void test(const char *what, bool is_one, unsigned impatience, unsigned bound)
{
	static char name[80];

	snprintf(name, sizeof name, "a task %s, stuck, %s%s", what, is_one ? "one worker" : "one of several",
		 impatience ? ", a spare without patience" : "");
	text = what;
	one = is_one;
	impatient_at_first = impatience;
	model_test(&(struct model){ name, 3 + (impatience > 0), start, run, end }, bound, false);
}

static void test_weak(void)
{
	weak = true;
	text = "ow";
	one = true;
	model_test(&(struct model){ "the holder changes without a fence", 3, start, run, end }, 0, true);
	weak = false;
}

int main(void)
{
	test("", true, 0, 1);
	test("n", true, 0, 0);
	test("nw", true, 0, 0);
	test("o", true, 0, 0);
	test("ow", true, 0, 0);
	test("ow", false, 0, 0);
	test("w", true, 1, 0);
	test_weak();
	return model_done();
}
