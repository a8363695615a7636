/* Memory is a history of messages a location, and a thread a view: how far it has seen each history. A load picks any
 * message that its view does not rule out; an acquire takes the writer's view along; fences move views between what a
 * thread has, what it will publish and what all seq_cst fences share (Kang and others, "A Promising Semantics", POPL
 * 2017, without promises: a load never sees a store that is still to come, so load buffering is not explored). What is
 * seq_cst without a fence shares its own location alone.
 *
 * Schedules are searched depth first: every choice (who goes on, which message) is counted through. Taking a thread off
 * its core that could go on is a preemption, and those are bounded (Musuvathi and Qadeer, PLDI 2007). Who pauses stands
 * back until another has written something. Beyond the bound schedules are tried at random, and by random priorities
 * that change at a few random steps (PCT: Burckhardt and others, ASPLOS 2010).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fiber/fiber.h"
#include "choose.h"
#include "model.h"
#include "races.h"

enum { LOCATIONS = 64, MESSAGES = 128, STEPS = 4000, STACK = 64 << 10 };

/* `clock` is of happens-before alone, by which races of plain data are found: what is seq_cst does not move it. */
struct view {
	uint8_t at[LOCATIONS];
	uint16_t clock[MODEL_THREADS];
};

struct message {
	uint64_t value;
	struct view view;
};

struct location {
	const volatile void *address;
	unsigned n;
	struct message history[MESSAGES];
};

enum state { READY, PAUSED, WAITING, DONE };

struct thread {
	struct fiber fiber;
	enum state state;
	const void *word; /* of a futex, where it waits */
	struct view now, acquired, released;
};

static struct location locations[LOCATIONS];
static unsigned nlocations;
static struct view shared; /* of seq_cst */
static struct thread threads[MODEL_THREADS];
static _Alignas(16) char stacks[MODEL_THREADS][STACK];
static struct fiber searcher;
static const struct model *model;
static unsigned self, preemptions, bound, steps;
static const char *failure;
static const volatile void *raced;
static bool alone; /* start and end: plain memory */

static unsigned longest;

enum { NO_BOUND = 99 };

/* Threads ---------------------------------------------------------------------------------------------------------- */

static void go_to(unsigned who)
{
	unsigned from = self;

	if (who == from)
		return;
	self = who;
	fiber_switch(&threads[from].fiber, &threads[who].fiber);
}

void model_fail(const char *what)
{
	if (!failure)
		failure = what;
	if (!alone)
		fiber_switch(&threads[self].fiber, &searcher);
}

static unsigned enabled(unsigned *who)
{
	unsigned n = 0;

	if (threads[self].state == READY)
		who[n++] = self;
	for (unsigned i = 0; i < model->threads; i++)
		if (i != self && threads[i].state == READY)
			who[n++] = i;
	return n;
}

static void wake_paused(void)
{
	for (unsigned i = 0; i < model->threads; i++)
		if (threads[i].state == PAUSED)
			threads[i].state = READY;
}

/* Another may go on here, or must. */
static void point(void)
{
	unsigned who[MODEL_THREADS], n, k;
	bool able = threads[self].state == READY;

	if (++steps > STEPS)
		model_fail("no end");
	n = enabled(who);
	if (n == 0) {
		wake_paused(); /* nobody else can write: their pauses end by themselves */
		n = enabled(who);
		able = false;
	}
	if (n == 0) /* all are done, or wait for ever */
		fiber_switch(&threads[self].fiber, &searcher);
	if (able && preemptions >= bound)
		n = 1;
	k = choose_thread(who, n, self, steps);
	if (able && k)
		preemptions++;
	threads[self].now.clock[self]++;
	go_to(who[k]);
}

void model_end_thread(void)
{
	threads[self].state = DONE;
	wake_paused();
	point();
	abort();
}

static void thread_main(void *arg)
{
	model->run((unsigned)(uintptr_t)arg);
	model_end_thread();
}

unsigned model_self(void)
{
	return self;
}

unsigned model_choose(unsigned n)
{
	return choose(n);
}

/* What plain data a thread may touch: all accesses so far of those whose clock it has seen. */
static void race(const volatile void *p, unsigned long size, enum access how)
{
	if (!alone && self < MODEL_THREADS && !races_note(p, size, how, self, threads[self].now.clock)) {
		raced = p;
		model_fail("a data race");
	}
}

void model_read(const volatile void *p, unsigned long size)
{
	race(p, size, ACCESS_READ);
}

void model_write(volatile void *p, unsigned long size)
{
	race(p, size, ACCESS_WRITE);
}

/* Memory ----------------------------------------------------------------------------------------------------------- */

static uint64_t peek(const volatile void *p, unsigned size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)p;
	case 4:
		return *(const volatile uint32_t *)p;
	case 8:
		return *(const volatile uint64_t *)p;
	}
	abort();
}

static void poke(volatile void *p, unsigned size, uint64_t v)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)p = (uint8_t)v;
		return;
	case 4:
		*(volatile uint32_t *)p = (uint32_t)v;
		return;
	case 8:
		*(volatile uint64_t *)p = v;
		return;
	}
	abort();
}

/* It was written as plain data: memory that is used again, most often on a stack. Whoever comes here has seen that, or
 * it was a race. */
static void note_plain_write(unsigned l, uint64_t value)
{
	unsigned k = locations[l].n;

	if (k == MESSAGES) {
		model_fail("too many writes");
		return;
	}
	locations[l].n++;
	locations[l].history[k] = (struct message){ .value = value };
	locations[l].history[k].view.at[l] = (uint8_t)k;
	for (unsigned i = 0; i < model->threads; i++)
		threads[i].now.at[l] = (uint8_t)k;
}

static unsigned find(const volatile void *p, unsigned size)
{
	unsigned i;

	for (i = 0; i < nlocations; i++) {
		if (locations[i].address != p)
			continue;
		if (locations[i].history[locations[i].n - 1].value != peek(p, size))
			note_plain_write(i, peek(p, size));
		return i;
	}
	if (i == LOCATIONS)
		model_fail("too many locations");
	nlocations++;
	locations[i].address = p;
	locations[i].n = 1;
	locations[i].history[0] = (struct message){ .value = peek(p, size) };
	return i;
}

/* What of memory b has seen; without what happened before. */
static void join_seen(struct view *a, const struct view *b)
{
	for (unsigned i = 0; i < nlocations; i++)
		if (b->at[i] > a->at[i])
			a->at[i] = b->at[i];
}

static void join(struct view *a, const struct view *b)
{
	join_seen(a, b);
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		if (b->clock[i] > a->clock[i])
			a->clock[i] = b->clock[i];
}

static bool acquires(int order)
{
	return order == ACQUIRE || order == ACQ_REL || order == SEQ_CST;
}

static bool releases(int order)
{
	return order == RELEASE || order == ACQ_REL || order == SEQ_CST;
}

static void see(unsigned l, unsigned k, int order)
{
	struct thread *t = &threads[self];
	const struct message *m = &locations[l].history[k];

	if (t->now.at[l] < k)
		t->now.at[l] = (uint8_t)k;
	join(&t->acquired, &m->view);
	if (acquires(order))
		join(&t->now, &m->view);
	if (order == SEQ_CST && shared.at[l] < k)
		shared.at[l] = (uint8_t)k;
}

/* `before`: the view of the message that a read-modify-write has read, whose release sequence it goes on with. */
static void write(unsigned l, uint64_t v, int order, const struct view *before)
{
	struct thread *t = &threads[self];
	unsigned k = locations[l].n;
	struct message *m = &locations[l].history[k];

	if (k == MESSAGES) {
		model_fail("too many writes");
		return;
	}
	locations[l].n++;
	t->now.at[l] = (uint8_t)k;
	m->value = v;
	m->view = releases(order) ? t->now : t->released;
	m->view.at[l] = (uint8_t)k;
	t->now.clock[self]++;
	if (before)
		join(&m->view, before);
	if (order == SEQ_CST)
		shared.at[l] = (uint8_t)k;
	wake_paused();
}

uint64_t explore_load(const volatile void *p, unsigned size, int order)
{
	unsigned l, oldest, k;

	if (alone)
		return peek(p, size);
	point();
	race(p, size, ACCESS_LOAD);
	l = find(p, size);
	oldest = threads[self].now.at[l];
	if (order == SEQ_CST && shared.at[l] > oldest)
		oldest = shared.at[l];
	k = locations[l].n - 1 - choose(locations[l].n - oldest);
	see(l, k, order);
	return locations[l].history[k].value;
}

void explore_store(volatile void *p, unsigned size, uint64_t v, int order)
{
	if (!alone) {
		point();
		race(p, size, ACCESS_STORE);
		write(find(p, size), v, order, NULL);
	}
	poke(p, size, v);
}

/* A read-modify-write reads the last message. */
static uint64_t last(unsigned l, struct view *view)
{
	const struct message *m = &locations[l].history[locations[l].n - 1];

	*view = m->view;
	return m->value;
}

uint64_t explore_rmw(volatile void *p, unsigned size, enum explore_rmw op, uint64_t v, int order)
{
	struct view before;
	uint64_t old;
	unsigned l;

	if (alone) {
		old = peek(p, size);
	} else {
		point();
		race(p, size, ACCESS_STORE);
		l = find(p, size);
		old = last(l, &before);
		see(l, locations[l].n - 1, order);
	}
	v = op == EXPLORE_SWAP ? v : op == EXPLORE_ADD ? old + v : op == EXPLORE_OR ? old | v : old & v;
	if (size < 8)
		v &= (UINT64_C(1) << 8 * size) - 1;
	if (!alone)
		write(l, v, order, &before);
	poke(p, size, v);
	return old;
}

bool explore_cas(volatile void *p, unsigned size, uint64_t *expected, uint64_t v, int order)
{
	struct view before;
	uint64_t old;
	unsigned l;

	if (alone) {
		old = peek(p, size);
		if (old == *expected)
			poke(p, size, v);
	} else {
		point();
		race(p, size, ACCESS_STORE);
		l = find(p, size);
		old = last(l, &before);
		see(l, locations[l].n - 1, order);
		if (old == *expected) {
			write(l, v, order, &before);
			poke(p, size, v);
		}
	}
	if (old == *expected)
		return true;
	*expected = old;
	return false;
}

static void fence_of(struct thread *t, int order)
{
	if (acquires(order))
		join(&t->now, &t->acquired);
	if (order == SEQ_CST) {
		join_seen(&t->now, &shared);
		join_seen(&shared, &t->now);
	}
	if (releases(order))
		t->released = t->now;
}

void explore_fence(int order)
{
	if (alone)
		return;
	point();
	fence_of(&threads[self], order);
	threads[self].now.clock[self]++;
}

void model_barrier(void)
{
	explore_fence(SEQ_CST);
	for (unsigned i = 0; i < model->threads; i++)
		fence_of(&threads[i], SEQ_CST);
	fence_of(&threads[self], SEQ_CST);
}

/* Stores become visible in time: who has paused sees what was there. */
static void catch_up(struct thread *t, unsigned l)
{
	t->now.at[l] = (uint8_t)(locations[l].n - 1);
}

void explore_pause(void)
{
	if (alone)
		return;
	threads[self].state = PAUSED;
	point();
	for (unsigned l = 0; l < nlocations; l++)
		catch_up(&threads[self], l);
}

/* The kernel compares with what is there. With a deadline, which may come at any time, it is a pause. */
int futex_wait(atomic_of(uint32_t) *word, uint32_t expected, int64_t deadline)
{
	struct thread *t = &threads[self];

	point();
	catch_up(t, find(word, sizeof *word));
	if (peek(word, sizeof *word) != expected)
		return 0;
	if (deadline != INT64_MAX) {
		explore_pause();
		return peek(word, sizeof *word) == expected ? -ETIMEDOUT : 0;
	}
	t->state = WAITING;
	t->word = word;
	point();
	return 0;
}

void futex_wake(atomic_of(uint32_t) *word, int n)
{
	point();
	for (unsigned i = 0; i < model->threads && n > 0; i++) {
		if (threads[i].state != WAITING || threads[i].word != word)
			continue;
		threads[i].state = READY;
		n--;
	}
}

/* The search ------------------------------------------------------------------------------------------------------- */

static void execute(void)
{
	nlocations = steps = preemptions = 0;
	choose_begin();
	failure = NULL;
	races_reset();
	memset(&shared, 0, sizeof shared);
	alone = true;
	self = 0;
	model->start();
	for (unsigned i = 0; i < model->threads; i++) {
		threads[i] = (struct thread){ .state = READY };
		threads[i].now.clock[i] = 1;
		fiber_init(&threads[i].fiber, stacks[i], STACK, thread_main, (void *)(uintptr_t)i);
	}
	alone = false;
	self = choose(model->threads);
	fiber_switch(&searcher, &threads[self].fiber);
	alone = true;
	self = 0;
	for (unsigned i = 0; i < model->threads && !failure; i++)
		if (threads[i].state != DONE)
			failure = "a thread waits for ever";
	if (!failure && model->end)
		model->end();
	alone = false;
}

static uint64_t executions, all;

static void show(const struct model *m)
{
	fprintf(stderr, "# %s: %s; EXPLORE_MODEL='%s' EXPLORE_SCHEDULE=%u:", m->name, failure, m->name, bound);
	choose_show(stderr);
	fputc('\n', stderr);
	if (raced)
		fprintf(stderr, "# the data at %p\n", (void *)(uintptr_t)raced);
}

/* "BOUND:CHOICES", as show() writes it. */
static void read_schedule(const char *text)
{
	char *at;

	bound = (unsigned)strtoul(text, &at, 10);
	choose_read(at + (*at == ':'));
}

static void execute_at_random(enum search how)
{
	choose_anew(how, longest);
	execute();
	longest = steps > longest ? steps : longest;
}

/* So many by chance and so many by priorities, whatever their preemptions. */
static void at_random(uint64_t each)
{
	bound = NO_BOUND;
	longest = steps;
	for (uint64_t i = 0; i < 2 * each && !failure; i++) {
		execute_at_random(i % 2 ? PRIORITIES : RANDOM);
		executions++;
	}
}

static void explore(const struct model *m, unsigned most_preemptions, uint64_t most, uint64_t random)
{
	const char *one = getenv("EXPLORE_SCHEDULE");

	model = m;
	bound = most_preemptions;
	choose_anew(EACH, 0);
	executions = 0;
	if (one)
		read_schedule(one);
	fiber_init_thread(&searcher);
	do {
		execute();
		executions++;
	} while (!failure && !one && executions < most && choose_advance());
	if (!failure && !one)
		at_random(random);
	fiber_finish_thread(&searcher);
	all += executions;
	if (failure)
		show(m);
}

const char *model_explore(const struct model *m, unsigned most_preemptions, uint64_t most)
{
	explore(m, most_preemptions, most, 0);
	return failure;
}

static int tests, failed;

/* Tests of one model, by its name. */
static bool wanted(const struct model *m)
{
	const char *name = getenv("EXPLORE_MODEL");

	return !name || strcmp(name, m->name) == 0;
}

void model_test(const struct model *m, unsigned most_preemptions, bool broken)
{
	bool thorough = getenv("HOB_PROOF_LONG") != NULL, good;
	uint64_t each;

	if (!wanted(m))
		return;
	if (thorough && !broken)
		most_preemptions++;
	explore(m, most_preemptions, UINT64_MAX, thorough ? 200000 : 500);
	each = executions;
	good = broken == (failure != NULL);
	failed += !good;
	printf("%s %d - %s: %s%" PRIu64 " schedules, all of those with at most %u preemptions%s%s\n",
	       good ? "ok" : "not ok", ++tests, m->name, broken ? "found broken after " : "", each, most_preemptions,
	       failure ? ": " : "", failure ? failure : "");
	fflush(stdout);
}

int model_done(void)
{
	printf("1..%d\n# %" PRIu64 " schedules\n", tests, all);
	return failed != 0;
}
