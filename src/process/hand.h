/* One worker process, seen from this one: its mailbox, its bell, its life line. One call has it at a time. */
#ifndef PROCESS_HAND_H
#define PROCESS_HAND_H

#include "base/list.h"
#include "process/mailbox.h"
#include "process/order.h"
#include "process/size.h"

struct hand {
	struct link link; /* among the idle, or those at work */
	struct mailbox *box;
	size_t bytes, in_bytes;
	int socket;     /* to pass descriptors, and its bell */
	int life;       /* its end is told here, and asked for */
	int either;     /* an epoll descriptor of the two: what a call waits for */
	hob_time since; /* idle, or has its request */
	bool awake;     /* when it was given its request */
	bool ended;
	int status; /* from then on: a wait status, */
	int error;  /* or why it never was: a negative errno */
	struct sized sized;
};

/* What it says its pid is. */
static inline int32_t hand_pid(struct hand *h)
{
	return at_load(&h->box->pid, RELAXED);
}

/* Orders a worker: it may be given a request at once. [parks] */
int hand_start(struct hand **out, const struct order *order, hob_time deadline);

/* Lets go of a worker without waiting: if it lives, it is killed. */
void hand_free(struct hand *h);

/* Gives it its request. An error where memory could not be handed over: nothing was posted. */
int hand_post(struct hand *h, hob_call_fn *fn, const struct hob_call *call);

/* Takes the request back, unless it has begun: then false. */
bool hand_withdraw(struct hand *h);

static inline bool hand_answered(struct hand *h)
{
	return at_load(&h->box->answer, ACQUIRE) == ANSWER_DONE;
}

/* A hint: it would see a request without being woken. */
static inline bool hand_spins(struct hand *h)
{
	return at_load(&h->box->request, RELAXED) == REQUEST_NONE && h->awake;
}

/* Parks until it has answered: 0. -EOWNERDEAD: it is no more, without having answered; -EPROTO: it is to be killed.
 * Also -ETIMEDOUT, -ECANCELED and what a poller may answer: it goes on. */
int hand_await(struct hand *h, hob_time deadline);

/* Copies the answer out. -EPROTO: it claims what cannot be. */
int hand_answer(struct hand *h, struct hob_call *call);

/* Has it killed, and does not wait. Any number of times. False: memory is short, tell it again. */
bool hand_tell_to_end(struct hand *h);

/* Kills it and waits, whatever the scope of the task, until it has been reaped. [parks] */
void hand_kill(struct hand *h);

/* Of one that has ended without an answer: its request had begun. */
bool hand_had_begun(struct hand *h);

#endif
