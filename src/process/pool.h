/* The hands of a pool, and who gets one next. */
#ifndef PROCESS_POOL_H
#define PROCESS_POOL_H

#include "base/lock.h"
#include "process/hand.h"
#include "process/poison.h"

struct task;

struct hob_pool {
	struct order order;
	unsigned min;
	hob_time idle_ns;
	struct poison poison;

	struct lock lock;                 /* of all below, but what is atomic */
	struct link idle;                 /* hands, the one used last first */
	struct link working;              /* those with a call */
	struct link turns;                /* calls that wait for a hand, in order */
	unsigned max;                     /* hands at work, */
	struct size *size;                /* as this decides; NULL: as the program said */
	atomic_of(struct turn *) sampler; /* of those that wait: looks after `size` meanwhile */
	unsigned n;                       /* hands there are, those being started too */
	unsigned nworking;                /* of them not idle */
	unsigned nturns;
	unsigned looking; /* calls whose hand works, and who will pass it on or say that it takes long */
	hob_time service; /* how long a call takes, ns, lately */
	uint64_t calls, deaths, started;
	atomic_of(uint32_t) looks_failed[2]; /* lately, in a row: of hands that were asleep; that were awake */
};

/* A call's way to a hand, on its caller's stack. */
struct turn {
	struct link link;
	struct task *task;
	hob_call_fn *fn;
	struct hob_call *call;
	struct hand *hand;
	bool looks;  /* counted in pool->looking */
	bool posted; /* the hand has its request already */
	int error;   /* why it could not be posted */
	atomic_of(uint32_t) state;
};

/* Gets a hand for the turn. */
int pool_take(struct hob_pool *p, struct turn *t, hob_time deadline);

/* Gives it back, fit for the next. `answered`: its call was. */
void pool_give_back(struct hob_pool *p, struct turn *t, bool answered);

/* It is no more. `begun`: its call had; `answered`: and that was just in time. */
void pool_lost(struct hob_pool *p, struct turn *t, bool begun, bool answered);

/* The call will take long: those that wait for its hand had better have others. */
void pool_stop_looking(struct hob_pool *p, struct turn *t);

#endif
