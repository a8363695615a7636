/* The queue of ready tasks, src/sched/deque.h: its owner adds and takes, thieves take halves; every task is
 * taken, and once. */
#include "model.h"
#include "sched/deque.h"

struct task {
	int place;
};

enum { TASKS = 6 };

static struct deque owned, loot[MODEL_THREADS];
static struct task tasks[TASKS];
static unsigned taken[TASKS], pushed;

static void start(void)
{
	owned = (struct deque){ 0 };
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		loot[i] = owned;
	for (unsigned i = 0; i < TASKS; i++)
		taken[i] = 0;
	pushed = 0;
}

static void take(const struct task *t)
{
	if (t)
		MODEL_CHECK(taken[t - tasks]++ == 0);
}

static void push(void)
{
	if (deque_push(&owned, &tasks[pushed]))
		pushed++;
}

static void drain(struct deque *d)
{
	struct task *t;

	while ((t = deque_pop(d)))
		take(t);
}

static void all_are_taken(void)
{
	drain(&owned);
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		drain(&loot[i]);
	for (unsigned i = 0; i < pushed; i++)
		MODEL_CHECK(taken[i] == 1);
}

static void steal(unsigned who)
{
	take(deque_steal(&owned, &loot[who]));
}

/* Three, of which the owner takes two. */
static void in_and_out(unsigned who)
{
	if (who) {
		steal(who);
		return;
	}
	push();
	push();
	take(deque_pop(&owned));
	push();
	take(deque_pop(&owned));
}

/* Round the ring: slots are used again. */
static void round_and_round(unsigned who)
{
	if (who) {
		steal(who);
		return;
	}
	for (unsigned i = 0; i < TASKS; i++) {
		push();
		if (i >= 2)
			take(deque_pop(&owned));
	}
}

/* One more than there is room for, unless the thief is there in time. */
static void fill(unsigned who)
{
	if (who) {
		steal(who);
		return;
	}
	for (unsigned i = 0; i <= DEQUE_SIZE; i++)
		push();
}

/* A thief's own queue is stolen from while it fills. */
static void chain_of_thieves(unsigned who)
{
	switch (who) {
	case 0:
		push();
		push();
		push();
		push();
		break;
	case 1:
		steal(1);
		break;
	default:
		take(deque_steal(&loot[1], &loot[2]));
	}
}

/* Without its CAS a thief may take what another took. */
static void broken_steal(unsigned who)
{
	uint32_t head;

	if (who == 0) {
		push();
		take(deque_pop(&owned));
		return;
	}
	head = at_load(&owned.head, ACQUIRE);
	if (at_load(&owned.tail, ACQUIRE) - head == 0)
		return;
	take(at_load(&owned.ring[head % DEQUE_SIZE], RELAXED));
	at_store(&owned.head, head + 1, RELEASE);
}

int main(void)
{
	model_test(&(struct model){ "in and out, a thief", 2, start, in_and_out, all_are_taken }, 4, false);
	model_test(&(struct model){ "in and out, two thieves", 3, start, in_and_out, all_are_taken }, 2, false);
	model_test(&(struct model){ "round the ring, a thief", 2, start, round_and_round, all_are_taken }, 3, false);
	model_test(&(struct model){ "full, a thief", 2, start, fill, all_are_taken }, 3, false);
	model_test(&(struct model){ "a chain of thieves", 3, start, chain_of_thieves, all_are_taken }, 3, false);
	model_test(&(struct model){ "a steal without its CAS", 2, start, broken_steal, all_are_taken }, 2, true);
	return model_done();
}
