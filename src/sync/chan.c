/* Channels. Whoever comes to a channel does all there is to do at once, also for the one that waits on the other side:
 * copies the item from stack to stack, takes the other out of its list and unparks it. So two that wait on either side
 * never meet, and one short critical section is all that an item costs each of them.
 *
 * The waiter's stack may be left, and the channel be freed, the moment the waiter learns that it is done. So a task
 * tells it last, after the lock. A foreign thread, and a close, which tells many, do it under the lock, and the waiter
 * takes the lock once more before it goes: the thread may still be within the runtime, which must not end before.
 */
#include "sync/chan.h"

#include "base/check.h"
#include "base/sys.h"

int hob_chan_create(struct hob_chan **out, size_t item_bytes, size_t capacity)
{
	struct hob_chan *c;
	size_t bytes, all;

	if (__builtin_mul_overflow(item_bytes, capacity, &bytes) || __builtin_add_overflow(bytes, sizeof *c + 63, &all))
		return -ENOMEM;
	c = sys.alloc_aligned(64, all & ~(size_t)63);
	if (!c)
		return -ENOMEM;
	c->item_bytes = item_bytes;
	c->capacity = capacity;
	c->bytes = bytes;
	list_init(&c->senders);
	list_init(&c->receivers);
	*out = c;
	return 0;
}

void hob_chan_destroy(struct hob_chan *c)
{
	if (!c)
		return;
	ALWAYS(list_empty(&c->senders) && list_empty(&c->receivers)); /* nobody waits at it */
	sys.free(c);
}

/* The lock, for those who come often. Two cores that take turns at a channel item by item move its lines to and fro:
 * 140 ns an item where one core alone needs 20. So whoever finds it taken stays away for some microseconds, and the
 * other gets through many items meanwhile: 30 ns. */
#define AWAY_PAUSES (HOSTILE ? 1 : 64)
#define AWAY_TIMES 8

static inline void enter(struct hob_chan *c)
{
	for (int n = 0; n < AWAY_TIMES; n++) {
		if (LIKELY(lock_try(&c->lock)))
			return;
		for (int i = 0; i < AWAY_PAUSES; i++)
			at_pause();
	}
	lock(&c->lock);
}

/* The common sizes without a call. */
static inline void copy(void *to, const void *from, size_t bytes)
{
	if (bytes == 8)
		memcpy(to, from, 8);
	else if (bytes == 16)
		memcpy(to, from, 16);
	else if (bytes)
		memcpy(to, from, bytes);
}

static inline void put(struct hob_chan *c, const void *item)
{
	copy(c->places + c->tail, item, c->item_bytes);
	c->tail += c->item_bytes;
	if (c->tail == c->bytes)
		c->tail = 0;
	c->used++;
}

static inline void get(struct hob_chan *c, void *item)
{
	copy(item, c->places + c->head, c->item_bytes);
	c->head += c->item_bytes;
	if (c->head == c->bytes)
		c->head = 0;
	c->used--;
}

/* The longest waiting that is still to be had, out of its list. */
static inline struct offer *take(struct link *list)
{
	struct link *l;

	while (!list_empty(list)) {
		struct offer *o;
		uint32_t open = OFFER_OPEN;

		l = list_pop(list);
		o = container_of(l, struct offer, link);
		if (!o->place || at_cas(&o->party->won, &open, o->place, ACQ_REL))
			return o;
	}
	return NULL;
}

static inline int send_now(struct hob_chan *c, const void *item, struct offer **other)
{
	*other = NULL;
	if (c->closed)
		return -EPIPE;
	if ((*other = take(&c->receivers)))
		copy((*other)->item, item, c->item_bytes);
	else if (c->used < c->capacity)
		put(c, item);
	else
		return -EAGAIN;
	return 0;
}

static inline int recv_now(struct hob_chan *c, void *item, struct offer **other)
{
	*other = NULL;
	if (c->used) {
		get(c, item);
		if ((*other = take(&c->senders)))
			put(c, (*other)->item);
	} else if ((*other = take(&c->senders))) {
		copy(item, (*other)->item, c->item_bytes);
	} else {
		return c->closed ? -EPIPE : -EAGAIN;
	}
	return 0;
}

int chan_send_now(struct hob_chan *c, const void *item, struct offer **other)
{
	return send_now(c, item, other);
}

int chan_recv_now(struct hob_chan *c, void *item, struct offer **other)
{
	return recv_now(c, item, other);
}

void chan_tell(struct offer *other)
{
	struct task *t = other->party->task;

	if (!other->place)
		at_store(&other->party->won, OFFER_TAKEN_LOCKED, RELEASE);
	task_unpark(t);
}

/* Tells the other, if there is one, and releases the lock: by a task in the order that costs least. */
static inline void tell_and_unlock(struct hob_chan *c, struct offer *other, const struct task *self)
{
	struct task *t;
	bool alone;

	if (!other || !self) {
		if (other)
			chan_tell(other);
		unlock(&c->lock);
		return;
	}
	t = other->party->task;
	alone = !other->place;
	unlock(&c->lock);
	if (alone)
		at_store(&other->party->won, OFFER_TAKEN, RELEASE);
	task_unpark(t);
}

/* Parks until the offer is taken; 0, or the error, and it is out of the list. */
static int await(struct hob_chan *c, struct offer *mine, enum why why, hob_time deadline)
{
	struct party *p = mine->party;
	bool taken;
	int err;

	do {
		task_waits_for(p->task, c);
		err = task_park(why, deadline, PARK_CANCELLABLE);
	} while (!err && !at_load(&p->won, ACQUIRE));
	if (err) {
		lock(&c->lock);
		taken = list_empty(&mine->link);
		list_remove(&mine->link);
		unlock(&c->lock);
		if (!taken)
			return err;
		/* It was taken at the last moment: it is done, and about to be told. */
		while (!at_load(&p->won, ACQUIRE))
			task_park(why, HOB_NEVER, PARK_SHIELDED);
	}
	if (at_load(&p->won, RELAXED) == OFFER_TAKEN_LOCKED) {
		lock(&c->lock);
		unlock(&c->lock);
	}
	return mine->error;
}

/* 0, or why the running task, or the thread, may not even try. */
static inline int may_talk(const struct task *self, hob_time deadline)
{
	if (!self)
		return deadline > 0 ? -EPERM : 0;
	return task_cancelled(self) ? -ECANCELED : 0;
}

/* Nothing was possible at once. Releases the lock. */
static __attribute__((noinline)) int wait_in(struct hob_chan *c, struct link *list, void *item, struct task *self,
					     enum why why, hob_time deadline)
{
	struct party party = { .task = self };
	struct offer mine = { .party = &party, .item = item };

	if (deadline <= 0) {
		unlock(&c->lock);
		return -ETIMEDOUT;
	}
	list_push(list, &mine.link);
	unlock(&c->lock);
	return await(c, &mine, why, deadline);
}

int hob_chan_send(struct hob_chan *c, const void *item, hob_time deadline)
{
	struct task *self = task_self();
	struct offer *other;
	int err = may_talk(self, deadline);

	if (err)
		return err;
	enter(c);
	err = send_now(c, item, &other);
	if (err == -EAGAIN) /* the receiver only reads from it */
		return wait_in(c, &c->senders, (void *)(uintptr_t)item, self, WHY_SEND, deadline);
	tell_and_unlock(c, other, self);
	return err;
}

int hob_chan_recv(struct hob_chan *c, void *item, hob_time deadline)
{
	struct task *self = task_self();
	struct offer *other;
	int err = may_talk(self, deadline);

	if (err)
		return err;
	enter(c);
	err = recv_now(c, item, &other);
	if (err == -EAGAIN)
		return wait_in(c, &c->receivers, item, self, WHY_RECV, deadline);
	tell_and_unlock(c, other, self);
	return err;
}

void hob_chan_close(struct hob_chan *c)
{
	struct offer *other;

	lock(&c->lock);
	c->closed = true;
	while ((other = take(&c->receivers)) || (other = take(&c->senders))) {
		other->error = -EPIPE;
		chan_tell(other);
	}
	unlock(&c->lock);
}
