/* Select: all channels are locked at once, in the order of their addresses, so nothing can come between the look at
 * their cases and the wait for them. Whoever takes one of the offers left there claims the select by a CAS, under the
 * lock of one of its channels; the select takes the locks once more before it goes on.
 *
 * Descriptors are looked at before the locks are taken, and waited for after: that wait is stopped by the claim. One
 * that is found ready takes part only once no offer can be claimed any more. */
#include <poll.h>

#include "base/check.h"
#include "sync/chan.h"
#include "wait/backend.h"

struct select {
	struct hob_case *cases;
	unsigned n;
	unsigned nlive;                 /* those with a channel */
	unsigned live[HOB_CASES_MAX];   /* by channel */
	struct offer at[HOB_CASES_MAX]; /* by case */
	unsigned nfds;
	struct pollfd fds[HOB_CASES_MAX];
	unsigned case_of[HOB_CASES_MAX]; /* by descriptor */
	struct party party;
};

static struct hob_chan *chan_at(const struct select *s, unsigned i)
{
	return s->cases[s->live[i]].chan;
}

/* By insertion: they are few, and in order already where one array of cases is used again and again. */
static void sort_out(struct select *s)
{
	s->nlive = s->nfds = 0;
	for (unsigned k = 0; k < s->n; k++) {
		struct hob_case *a = &s->cases[k];
		uintptr_t c = (uintptr_t)a->chan;
		unsigned i = s->nlive;

		if (a->kind == HOB_CASE_FD) {
			a->revents = 0;
			s->case_of[s->nfds] = k;
			s->fds[s->nfds++] = (struct pollfd){ .fd = a->fd, .events = a->events };
			continue;
		}
		if (!c)
			continue;
		for (; i > 0 && (uintptr_t)chan_at(s, i - 1) > c; i--)
			s->live[i] = s->live[i - 1];
		s->live[i] = k;
		s->nlive++;
	}
}

/* A channel may stand in several cases. */
static bool is_first(const struct select *s, unsigned i)
{
	return i == 0 || chan_at(s, i) != chan_at(s, i - 1);
}

static void lock_all(const struct select *s)
{
	for (unsigned i = 0; i < s->nlive; i++)
		if (is_first(s, i))
			lock(&chan_at(s, i)->lock);
}

static void unlock_all(const struct select *s)
{
	for (unsigned i = 0; i < s->nlive; i++)
		if (is_first(s, i))
			unlock(&chan_at(s, i)->lock);
}

/* Multiples of the golden ratio are spread evenly, and so is every n-th of them: whichever of the selects at a channel
 * are ours, each case is looked at first as often as the others. */
static unsigned spread(uint32_t turn, unsigned n)
{
	return (unsigned)((uint64_t)(turn * 2654435769u) * n >> 32);
}

/* Those without a channel have a count in common. */
static unsigned first_look(struct select *s)
{
	static atomic_of(uint32_t) selects;

	return spread(s->nlive ? chan_at(s, 0)->selects++ : at_add(&selects, 1, RELAXED), s->n);
}

/* What poll(2) has found, by case. */
static void note_ready(struct select *s)
{
	for (unsigned i = 0; i < s->nfds; i++) {
		struct hob_case *a = &s->cases[s->case_of[i]];

		a->revents = s->fds[i].revents;
		a->error = a->revents & POLLNVAL ? -EBADF : 0;
	}
}

/* The case that could be done at once, and is; -EAGAIN where there is none. */
static int do_one(struct select *s)
{
	unsigned k = s->n ? first_look(s) : 0;

	for (unsigned i = 0; i < s->n; i++, k = k + 1 == s->n ? 0 : k + 1) {
		struct hob_case *a = &s->cases[k];
		struct offer *other;
		int err;

		if (a->kind == HOB_CASE_FD && a->revents)
			return (int)k;
		if (a->kind == HOB_CASE_FD || !a->chan || !s->nlive)
			continue;
		err = a->kind == HOB_CASE_SEND ? chan_send_now(a->chan, a->item, &other)
					       : chan_recv_now(a->chan, a->item, &other);
		if (err == -EAGAIN)
			continue;
		if (other)
			chan_tell(other);
		a->error = err;
		return (int)k;
	}
	return -EAGAIN;
}

static void offer_all(struct select *s)
{
	for (unsigned i = 0; i < s->nlive; i++) {
		unsigned k = s->live[i];
		struct hob_case *a = &s->cases[k];

		s->at[k] = (struct offer){ .party = &s->party, .item = a->item, .place = k + 1 };
		list_push(a->kind == HOB_CASE_SEND ? &a->chan->senders : &a->chan->receivers, &s->at[k].link);
	}
}

static void withdraw_all(struct select *s)
{
	for (unsigned i = 0; i < s->nlive; i++)
		list_remove(&s->at[s->live[i]].link);
}

static int await(struct select *s, hob_time deadline)
{
	uint32_t won;
	int err;

	if (s->nfds)
		err = poll_many(s->fds, s->nfds, deadline, WHY_SELECT, &s->party.won);
	else
		do
			err = task_park(WHY_SELECT, deadline, PARK_CANCELLABLE);
		while (!err && !at_load(&s->party.won, ACQUIRE));
	lock_all(s); /* whoever took an offer is out when we have them */
	withdraw_all(s);
	unlock_all(s);
	won = at_load(&s->party.won, RELAXED);
	if (!won && err > 0) {
		note_ready(s);
		s->nlive = 0; /* of the descriptors alone */
		return do_one(s);
	}
	if (!won)
		return err;
	s->cases[won - 1].error = s->at[won - 1].error;
	return (int)won - 1;
}

int hob_select(struct hob_case *cases, unsigned n, hob_time deadline)
{
	struct task *self = task_self();
	struct select s; /* only as much of it as there are cases is touched */
	int done;

	if (n > HOB_CASES_MAX)
		return -EINVAL;
	if (self ? task_cancelled(self) : deadline > 0)
		return self ? -ECANCELED : -EPERM;
	s.cases = cases;
	s.n = n;
	s.party = (struct party){ .task = self };
	sort_out(&s);
	if (s.nfds && (done = poll_many(s.fds, s.nfds, 0, WHY_SELECT, NULL)) != -ETIMEDOUT) {
		if (done < 0)
			return done;
		note_ready(&s);
	}
	lock_all(&s);
	done = do_one(&s);
	if (done == -EAGAIN && deadline > 0)
		offer_all(&s);
	unlock_all(&s);
	if (done != -EAGAIN)
		return done;
	return deadline > 0 ? await(&s, deadline) : -ETIMEDOUT;
}
