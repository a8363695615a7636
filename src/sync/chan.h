/* A channel, and those that wait at it: what hob_chan_* and hob_select share. */
#ifndef SYNC_CHAN_H
#define SYNC_CHAN_H

#include <errno.h>
#include <hob/sync.h>
#include <string.h>

#include "base/lock.h"
#include "sched/task.h"

/* One line of the cache but for the lists, then the places. */
struct hob_chan {
	struct lock lock; /* of all below */
	bool closed;
	uint32_t selects; /* how many have begun here: where the next begins to look */
	size_t item_bytes;
	size_t used, capacity;    /* places */
	size_t head, tail, bytes; /* of the places: where the oldest item lies, where the next goes, the end */
	struct link senders, receivers;
	_Alignas(16) char places[];
};

/* Who waits, at one channel or (select) at several: which of its offers was taken. */
struct party {
	struct task *task;
	atomic_of(uint32_t) won;
};

/* `won`: of a select the place of the offer, by CAS under its channel's lock; the select takes that lock before it goes
 * on. Of a lone offer one of these, after all else: when OFFER_TAKEN it may go on at once, and the channel be freed,
 * when OFFER_TAKEN_LOCKED only after it has had the lock. */
enum { OFFER_OPEN, OFFER_TAKEN, OFFER_TAKEN_LOCKED };

/* What somebody waits to send or receive: on its stack, in one list of one channel. */
struct offer {
	struct link link; /* in no list: it was taken, or somebody else's offer of the same select was */
	struct party *party;
	void *item;
	uint32_t place; /* of a select: from 1; 0: a lone one */
	int error;      /* -EPIPE where it was taken by a close */
};

/* Sends or receives at once: 0 or -EPIPE; -EAGAIN where it would have to wait. *other is whom it was done with, if
 * anybody, to be told by chan_tell. All under the lock. */
int chan_send_now(struct hob_chan *c, const void *item, struct offer **other);
int chan_recv_now(struct hob_chan *c, void *item, struct offer **other);

/* Under the lock, which it holds on to. Answers whom to unpark, any time before the lock is released or (by a task)
 * after. */
void chan_tell(struct offer *other);

#endif
