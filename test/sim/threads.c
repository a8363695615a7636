/* Threads and time. A thread runs until its turn is over: after some accesses, at a pause, or where it waits. Then the
 * dice say who goes on. The clock goes on a little with each turn, and where nobody can go on, at once to the next
 * moment at which somebody will. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <hob/compute.h>

#include "base/atomic.h"
#include "base/check.h"
#include "fiber/fiber.h"
#include "kernel.h"

enum { THREADS = 96, STACK = 128 << 10, COPIED = 4096, TURNS_MAX = 500000 };

enum state { FREE, READY, BLOCKED, ENDED };

/* What a thread that does not go on is doing, as the kernel sees it. */
enum doing { SLEEPING, COMPUTING, QUEUING };

struct thread {
	void *sp;
	char *stack;
	enum state state;
	enum doing doing;
	unsigned generation;
	int64_t until;
	const void *on; /* what it waits for, or NULL */
	bool woken, paused, detached;
	int64_t born, off, since; /* `off`: how long it was off its core */
	struct hob_forks *forks;  /* its hob_forks_self */
	void *(*fn)(void *);
	void *arg;
	struct process *process;
	struct fiber fiber;
	struct thread *began_by; /* who forked it, and goes on once it waits */
};

struct dice sim_dice;
const struct world *sim_world;
int64_t sim_clock;
uint32_t sim_left = UINT32_MAX;

static struct thread threads[THREADS], *current;
static unsigned highest; /* threads ever used in this world */
static void *origin;
static uint64_t turns;
static int64_t next_due;
static void (*at_idle)(void);

int64_t sim_time(void)
{
	return sim_clock;
}

uint64_t sim_turns(void)
{
	return turns;
}

unsigned sim_roll(unsigned below)
{
	return dice_roll(&sim_dice, below);
}

bool sim_fault(enum fault f)
{
	return sim_world->faults >> f & 1 && sim_roll(sim_world->one_in) == 0;
}

void sim_fail(const char *format, ...)
{
	va_list args;

	sim_left = UINT32_MAX;
	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	va_end(args);
	printf(" (at %" PRId64 " ns, turn %" PRIu64 ")\n", sim_clock, turns);
	fflush(stdout);
	_exit(1);
}

/* Who goes on --------------------------------------------------------------------------------------------------- */

static uint32_t draw_left(void)
{
	return 1 + sim_roll(2 * sim_world->turn);
}

static void make_ready(struct thread *t)
{
	t->state = READY;
	t->on = NULL;
	if (t->doing != COMPUTING)
		t->off += sim_clock - t->since;
}

static void wake_due(void)
{
	if (sim_clock < next_due)
		return;
	next_due = INT64_MAX;
	for (struct thread *t = threads; t < threads + highest; t++) {
		if (t->state != BLOCKED)
			continue;
		if (t->until <= sim_clock)
			make_ready(t);
		else if (t->until < next_due)
			next_due = t->until;
	}
}

static void show_threads(void)
{
	for (struct thread *t = threads; t < threads + highest; t++)
		if (t->state == BLOCKED)
			printf("# thread %d waits on %p\n", (int)(t - threads), (void *)(uintptr_t)t->on);
}

/* Nobody can go on now. */
static void advance(void)
{
	int64_t due;

	if (kernel_pending && kernel_go_on(true))
		return;
	if (at_idle)
		at_idle();
	due = kernel_due();
	if (next_due < due)
		due = next_due;
	if (due == INT64_MAX) {
		show_threads();
		sim_fail("everybody waits for ever");
	}
	if (due > sim_clock)
		sim_clock = due;
}

static bool anybody(void)
{
	for (struct thread *t = threads; t < threads + highest; t++)
		if (t->state == READY || t->state == BLOCKED)
			return true;
	return false;
}

static unsigned list_ready(struct thread **who)
{
	unsigned n = 0;

	wake_due();
	for (struct thread *t = threads; t < threads + highest; t++)
		if (t->state == READY)
			who[n++] = t;
	return n;
}

static void switch_to(struct thread *t)
{
	struct thread *from = current;

	if (t == from)
		return;
	from->forks = hob_forks_self;
	hob_forks_self = t->forks;
	current = t;
	fiber_swap(&from->sp, t->sp);
}

static void go_on(void)
{
	struct thread *who[THREADS], *next;
	unsigned n;

	sim_left = UINT32_MAX; /* what is done here is no access of anybody's */
	while ((n = list_ready(who)) == 0) {
		if (!anybody()) {
			void *to = origin;

			fiber_swap(&current->sp, to);
		}
		advance();
	}
	next = who[sim_roll(n)];
	if (next->paused && n > 1)
		next = who[sim_roll(n)];
	sim_left = draw_left();
	switch_to(next);
}

static bool block(int64_t until, const void *on, enum doing doing)
{
	struct thread *t = current;

	if (t->began_by) {
		sim_unblock(&t->began_by, 1);
		t->began_by = NULL;
	}
	t->state = BLOCKED;
	t->doing = doing;
	t->until = until;
	t->on = on;
	t->woken = false;
	t->since = sim_clock;
	if (until < next_due)
		next_due = until;
	go_on();
	return t->woken;
}

/* A wait that is timed is over late, too. */
bool sim_block(int64_t until, const void *on)
{
	if (until != INT64_MAX && sim_world->faults >> FAULT_LATE & 1)
		until += sim_roll(60000);
	return block(until, on, SLEEPING);
}

void sim_unblock(const void *on, unsigned n)
{
	for (unsigned i = 0, from = highest ? sim_roll(highest) : 0; i < highest && n; i++) {
		struct thread *t = &threads[(from + i) % highest];

		if (t->state != BLOCKED || t->on != on || t->woken)
			continue;
		n--;
		t->woken = true;
		t->on = NULL;
		if (!sim_fault(FAULT_LATE)) {
			make_ready(t);
			continue;
		}
		t->until = sim_clock + sim_roll(100000);
		if (t->until < next_due)
			next_due = t->until;
	}
}

void sim_turn(void)
{
	if (!current) {
		sim_left = UINT32_MAX;
		return;
	}
	if (++turns > TURNS_MAX)
		sim_fail("no end");
	sim_clock += 1 + sim_roll(200);
	if (sim_world->faults >> FAULT_JUMP & 1 && sim_roll(5000) == 0)
		sim_clock += (int64_t)sim_roll(10000) * 1000000;
	if (kernel_pending)
		kernel_go_on(false);
	if (sim_world->faults >> FAULT_CORE & 1 && sim_roll(500) == 0)
		block(sim_clock + sim_roll(3000000), NULL, QUEUING);
	else
		go_on();
}

void sim_pause(void)
{
	sim_clock += 100;
	if (sim_left > 16) {
		sim_left -= 16;
		return;
	}
	current->paused = true;
	sim_turn();
	current->paused = false;
}

void sim_compute(int64_t ns)
{
	block(sim_clock + ns, NULL, COMPUTING);
}

void sim_hold(int64_t ns)
{
	block(sim_clock + ns, NULL, SLEEPING);
}

/* Nobody is in a nap that a lock's holder caused, or off its core, or about to wake, and no completion is late. */
bool sim_quiet(void)
{
	if (kernel_due() != INT64_MAX || ring_backlog())
		return false;
	for (struct thread *t = threads; t < threads + highest; t++) {
		if (t->state == READY || (t->state == BLOCKED && (t->doing == QUEUING || t->woken)))
			return false;
		if (t->state == BLOCKED && t->on && t->doing == SLEEPING && t->until - sim_clock < 200000)
			return false;
	}
	return true;
}

/* Threads ---------------------------------------------------------------------------------------------------------- */

static void end_thread(struct thread *t)
{
	ring_thread_ended((pid_t)(t - threads) + 1000);
	t->state = t->detached ? FREE : ENDED;
	if (t->began_by)
		sim_unblock(&t->began_by, 1);
	t->began_by = NULL;
	sim_unblock(&t->detached, THREADS);
}

static void thread_main(void *arg)
{
	struct thread *t = arg;

	sim_left = draw_left();
	t->fn(t->arg);
	end_thread(t);
	go_on();
	abort();
}

static struct thread *take_thread(struct process *p)
{
	struct thread *t = threads;

	while (t < threads + THREADS && t->state != FREE)
		t++;
	if (t == threads + THREADS)
		return NULL;
	if (t >= threads + highest)
		highest = (unsigned)(t - threads) + 1;
	*t = (struct thread){ .stack = t->stack, .generation = t->generation + 1, .process = p, .born = sim_clock };
	if (!t->stack)
		t->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t->state = READY;
	return t;
}

static pthread_t id_of(const struct thread *t)
{
	return (pthread_t)(t - threads) + 1 + (pthread_t)t->generation * THREADS;
}

static struct thread *by_id(pthread_t id)
{
	struct thread *t = &threads[(id - 1) % THREADS];

	if (t->state == FREE || id_of(t) != id)
		sim_fail("a thread is asked for that is no more");
	return t;
}

static struct thread *start(void *(*fn)(void *), void *arg, struct process *p)
{
	struct thread *t = take_thread(p);

	if (!t)
		return NULL;
	t->fn = fn;
	t->arg = arg;
	fiber_init(&t->fiber, t->stack, STACK, thread_main, t);
	t->sp = t->fiber.sp;
	return t;
}

static int thread_create(pthread_t *out, void *(*fn)(void *), void *arg)
{
	struct thread *t;

	sim_point();
	if (sim_fault(FAULT_THREAD))
		return -EAGAIN;
	t = start(fn, arg, current->process);
	if (!t)
		return -EAGAIN;
	*out = id_of(t);
	sim_point();
	return 0;
}

static int thread_create_sized(pthread_t *out, size_t stack_bytes, void *(*fn)(void *), void *arg)
{
	(void)stack_bytes;
	return thread_create(out, fn, arg);
}

static int thread_join(pthread_t id)
{
	struct thread *t = by_id(id);

	while (t->state != ENDED)
		sim_block(INT64_MAX, &t->detached);
	t->state = FREE;
	return 0;
}

static int thread_detach(pthread_t id)
{
	struct thread *t = by_id(id);

	if (t->state == ENDED)
		t->state = FREE;
	t->detached = true;
	return 0;
}

static pthread_t thread_self(void)
{
	return id_of(current);
}

static pid_t thread_id(void)
{
	return (pid_t)(current - threads) + 1000;
}

static int64_t thread_cpu(pthread_t id)
{
	struct thread *t = by_id(id);
	bool off = t->state == BLOCKED && t->doing != COMPUTING;

	return sim_clock - t->born - t->off - (off ? sim_clock - t->since : 0);
}

char sim_thread_state(pid_t tid)
{
	struct thread *t = &threads[(tid - 1000) % THREADS];

	return t->state == BLOCKED && t->doing == SLEEPING ? 'S' : 'R';
}

struct process *sim_process(void)
{
	return current->process;
}

/* Forks ------------------------------------------------------------------------------------------------------------ */

static struct thread *forked;
static char copier_stack[32 << 10];
static struct fiber copier;

/* The child goes on upon a copy of what its parent's stack ends with: it never returns from there. Pointers into the
 * stack that it has still lead to the parent's, so that one waits until the child does (as by vfork(2)). */
static void copy_stack(void *arg)
{
	struct thread *parent = arg, *child = forked;
	size_t bytes = (size_t)(parent->stack + STACK - (char *)parent->sp);
	void *unused;

	if (bytes > COPIED)
		bytes = COPIED;
	child->sp = child->stack + STACK - COPIED - 64 + ((uintptr_t)parent->sp - (uintptr_t)parent->stack) % 64;
	memcpy(child->sp, parent->sp, bytes);
	parent->state = BLOCKED;
	parent->on = &child->began_by;
	parent->until = INT64_MAX;
	parent->doing = SLEEPING;
	parent->woken = false;
	parent->since = sim_clock;
	child->began_by = parent;
	current = child;
	hob_forks_self = NULL;
	fiber_swap(&unused, child->sp);
	abort();
}

/* 0 for the child, 1 for the parent. */
pid_t sim_fork(struct process *child, void (*began)(struct process *))
{
	forked = take_thread(child);
	if (!forked)
		return -EAGAIN;
	began(child);
	sim_left = UINT32_MAX;
	current->forks = hob_forks_self;
	fiber_init(&copier, copier_stack, sizeof copier_stack, copy_stack, current);
	fiber_swap(&current->sp, copier.sp);
	sim_left = draw_left();
	return current == forked ? 0 : 1;
}

void sim_end_threads(struct process *p)
{
	for (struct thread *t = threads; t < threads + highest; t++) {
		if (t->process != p || (t->state != READY && t->state != BLOCKED))
			continue;
		t->detached = true;
		end_thread(t);
	}
	if (current->process == p) {
		go_on();
		abort();
	}
}

void sim_thread_table(struct sys *s)
{
	s->thread_create = thread_create;
	s->thread_create_sized = thread_create_sized;
	s->thread_join = thread_join;
	s->thread_detach = thread_detach;
	s->thread_self = thread_self;
	s->thread_id = thread_id;
	s->thread_cpu = thread_cpu;
}

struct hob_forks *hob_forks_here(void)
{
	return hob_forks_self;
}

/* Worlds ----------------------------------------------------------------------------------------------------------- */

static void *first_main(void *arg)
{
	void (**fn)(void) = arg;

	(*fn)();
	return NULL;
}

static void check_threads(void)
{
	for (struct thread *t = threads + 1; t < threads + highest; t++)
		if (t->state != FREE)
			sim_fail("thread %d was not joined", (int)(t - threads));
}

void sim_run(const struct world *w, void (*fn)(void), void (*idle)(void))
{
	sim_world = w;
	sim_dice = (struct dice){ w->schedule };
	sim_clock = 1000000000 + (int64_t)sim_roll(1000000000);
	turns = 0;
	highest = 0;
	next_due = INT64_MAX;
	at_idle = idle;
	memory_begin();
	kernel_begin();
	sim_thread_table(&sys);
	clock_table(&sys);
	memory_table(&sys);
	kernel_table(&sys);
	sockets_table(&sys);
	ring_table(&sys);
	process_table(&sys);
	current = start(first_main, &fn, NULL);
	hob_forks_self = NULL;
	fiber_swap(&origin, current->sp);
	current = NULL;
	sim_left = UINT32_MAX;
	threads[0].state = FREE;
	check_threads();
	kernel_end();
	memory_end();
}
