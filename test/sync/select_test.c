/* Select over the fake poller: its answers, its fairness, and that of all its cases one is done, once. */
#include <hob.h>

#include "sched/fake_poller.h"
#include "sched/scopes.h"

static struct hob_chan *chan_new(size_t capacity)
{
	struct hob_chan *c;

	CHECK_EQ(hob_chan_create(&c, sizeof(uint64_t), capacity), 0);
	return c;
}

/* Answers */

struct waiter {
	struct hob_case cases[3];
	int answer;
	atomic_of(struct task *) task;
};

static int select_once(void *arg)
{
	struct waiter *w = arg;

	at_store(&w->task, task_self(), RELEASE);
	w->answer = hob_select(w->cases, 3, HOB_NEVER);
	return 0;
}

static void start(struct hob_scope *s, struct waiter *w)
{
	struct task *t;

	w->answer = -1;
	at_store(&w->task, NULL, RELAXED);
	spawn(s, select_once, w);
	while (!(t = at_load(&w->task, ACQUIRE)) || at_load(&t->permit, ACQUIRE) != PERMIT_PARKED)
		hob_yield();
}

static int ask(void *arg)
{
	struct hob_chan *a = chan_new(0), *b = chan_new(1);
	uint64_t x = 1, y = 2, z = 3, in = 0;
	struct waiter w = { .cases = { { .kind = HOB_CASE_RECV, .chan = a, .item = &x, .error = 1 },
				       { .kind = HOB_CASE_SEND, .chan = NULL, .item = &y, .error = 1 },
				       { .kind = HOB_CASE_SEND, .chan = b, .item = &z, .error = 1 } } };
	struct hob_case many[HOB_CASES_MAX + 1] = { 0 };
	struct hob_scope *s = scope_new();

	(void)arg;
	CHECK_EQ(hob_select(NULL, 0, 0), -ETIMEDOUT);
	CHECK_EQ(hob_select(NULL, 0, hob_now() + HOB_SECOND), -ETIMEDOUT);
	CHECK_EQ(hob_select(many, HOB_CASES_MAX, hob_now() + HOB_US), -ETIMEDOUT);
	CHECK_EQ(hob_select(many, HOB_CASES_MAX + 1, 0), -EINVAL);
	CHECK_EQ(hob_select(w.cases, 2, 0), -ETIMEDOUT);
	CHECK_EQ(hob_select(w.cases, 2, hob_now() + HOB_SECOND), -ETIMEDOUT);
	CHECK_EQ(hob_select(w.cases, 3, 0), 2); /* there is a place */
	CHECK_EQ(w.cases[2].error, 0);
	z = 4;
	start(s, &w); /* waits to receive, and to send */
	CHECK_EQ(hob_chan_recv(b, &in, 0), 0);
	CHECK_EQ(in, 3);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(w.answer, 2);
	CHECK_EQ(hob_chan_send(a, &in, 0), -ETIMEDOUT); /* its other offer is gone */
	start(s, &w);
	in = 9;
	CHECK_EQ(hob_chan_send(a, &in, 0), 0);
	CHECK_EQ(hob_chan_recv(b, &in, 0), 0);
	CHECK_EQ(in, 4);
	CHECK_EQ(hob_chan_recv(b, &in, 0), -ETIMEDOUT); /* it did not send as well */
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(w.answer, 0);
	CHECK_EQ(x, 9);
	CHECK_EQ(hob_chan_send(b, &in, 0), 0);
	start(s, &w);
	hob_chan_close(a);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(w.answer, 0);
	CHECK_EQ(w.cases[0].error, -EPIPE);
	w.cases[0].error = 1;
	CHECK_EQ(hob_select(w.cases, 2, HOB_NEVER), 0);
	CHECK_EQ(w.cases[0].error, -EPIPE);
	w.cases[0].chan = NULL;
	start(s, &w);
	hob_scope_cancel(s);
	scope_join(s);
	CHECK_EQ(w.answer, -ECANCELED);
	hob_chan_destroy(a);
	hob_chan_destroy(b);
	return 0;
}

static void every_answer(void)
{
	struct hob_chan *c = chan_new(1);
	uint64_t item = 1;
	struct hob_case one = { .kind = HOB_CASE_SEND, .chan = c, .item = &item, .error = 1 };

	for (unsigned workers = 1; workers <= 3; workers++)
		CHECK_EQ(fake_run(workers, test_random(), ask, NULL), 0);
	CHECK_EQ(hob_select(&one, 1, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_select(&one, 1, 0), 0);
	CHECK_EQ(hob_select(&one, 1, 0), -ETIMEDOUT);
	hob_chan_destroy(c);
}

/* Of cases that are all possible each has its turn. */
static int take_turns(void *arg)
{
	enum { N = 5, ROUNDS = 1000 };
	struct hob_case cases[N];
	uint64_t item = 0;
	int chosen[N] = { 0 };

	(void)arg;
	for (int i = 0; i < N; i++)
		cases[i] = (struct hob_case){
			.kind = HOB_CASE_SEND, .chan = chan_new(2 * ROUNDS), .item = &item, .error = 0
		};
	for (int i = 0; i < ROUNDS; i++) {
		chosen[hob_select(cases, N, HOB_NEVER)]++;
		CHECK(hob_select(cases, 2, HOB_NEVER) < 2); /* another in between, at the same channels */
	}
	for (int i = 0; i < N; i++) {
		CHECK(chosen[i] > ROUNDS / N * 9 / 10);
		hob_chan_destroy(cases[i].chan);
	}
	return 0;
}

static void each_case_has_its_turn(void)
{
	CHECK_EQ(fake_run(1, test_random(), take_turns, NULL), 0);
}

/* A storm of selects that send and receive at several channels, hurried and cancelled, among plain sends: what was sent
 * is received once, what was not never. */

enum { CHANS = 4, ACTORS = 6, ITEMS = SLOW_BUILD ? 40 : 100, CASES = 7 };

struct storm {
	struct hob_chan *c[CHANS];
	bool sent[ACTORS * ITEMS];
	atomic_of(uint32_t) received[ACTORS * ITEMS];
	atomic_of(int) sending;
};

struct actor {
	struct storm *storm;
	struct dice dice;
	uint64_t next, end;
};

static void count(struct storm *st, uint64_t item)
{
	CHECK(item < ACTORS * ITEMS);
	CHECK_EQ(at_add(&st->received[item], 1, RELAXED), 0);
}

/* One select: sends of the next item (or none, where there is none left), and receives. Who waits for ever receives
 * everywhere, and sends if it can, so that not all can wait for the same. */
static int act(struct actor *a)
{
	struct storm *st = a->storm;
	bool patient = roll(&a->dice, 3), sends = a->next < a->end;
	struct hob_case cases[CASES];
	uint64_t in[CASES];
	hob_time soon = roll(&a->dice, 2) ? 0 : hob_now() + 2 * HOB_US;
	int k;

	for (int i = 0; i < CASES; i++) {
		bool receives = patient && i < CHANS;

		in[i] = UINT64_MAX;
		cases[i].chan = st->c[receives ? (uint64_t)i : roll(&a->dice, CHANS)];
		cases[i].kind = receives || !sends || (i < CASES - 1 && roll(&a->dice, 2)) ? HOB_CASE_RECV
											   : HOB_CASE_SEND;
		cases[i].item = cases[i].kind == HOB_CASE_SEND ? &a->next : &in[i];
		cases[i].error = 1;
	}
	k = hob_select(cases, CASES, patient ? HOB_NEVER : soon);
	CHECK(k >= 0 || k == -ECANCELED || (!patient && k == -ETIMEDOUT));
	for (int i = 0; i < CASES; i++) {
		bool got = i == k && cases[i].kind == HOB_CASE_RECV && !cases[i].error;

		CHECK_EQ(cases[i].error, i != k ? 1 : cases[i].error ? -EPIPE : 0);
		CHECK_EQ(in[i] != UINT64_MAX, got);
		if (got)
			count(st, in[i]);
	}
	if (k >= 0 && cases[k].kind == HOB_CASE_SEND && !cases[k].error)
		st->sent[a->next++] = true;
	return k >= 0 ? cases[k].error : k;
}

static int act_plainly(struct actor *a)
{
	struct hob_chan *c = a->storm->c[roll(&a->dice, CHANS)];
	uint64_t in;
	int err;

	if (a->next < a->end && roll(&a->dice, 2)) {
		err = hob_chan_send(c, &a->next, hob_now() + HOB_US);
		if (!err)
			a->storm->sent[a->next++] = true;
		return err;
	}
	err = hob_chan_recv(c, &in, hob_now() + HOB_US);
	if (!err)
		count(a->storm, in);
	return err;
}

static int play(void *arg)
{
	struct actor *a = arg;
	bool sending = true;
	int err;

	do {
		err = roll(&a->dice, 5) ? act(a) : act_plainly(a);
		if (sending && (a->next == a->end || (err && err != -ETIMEDOUT))) {
			sending = false;
			at_sub(&a->storm->sending, 1, RELEASE);
		}
		if (roll(&a->dice, 6) == 0)
			hob_yield();
	} while (!err || err == -ETIMEDOUT);
	return 0;
}

static int blow(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	struct hob_scope *s = scope_new(), *unlucky = scope_new();
	struct storm *st = calloc(1, sizeof *st);
	bool early = roll(&dice, 3) == 0;
	struct actor a[ACTORS];

	CHECK(st);
	st->sending = ACTORS;
	for (int i = 0; i < CHANS; i++)
		st->c[i] = chan_new(roll(&dice, 3));
	for (uint64_t i = 0; i < ACTORS; i++) {
		a[i] = (struct actor){ st, { roll(&dice, UINT64_MAX) }, i * ITEMS, (i + 1) * ITEMS };
		spawn(i < 2 ? unlucky : s, play, &a[i]);
	}
	for (uint64_t i = roll(&dice, 100); i > 0; i--)
		hob_yield();
	hob_scope_cancel(unlucky);
	while (!early && at_load(&st->sending, ACQUIRE))
		hob_yield();
	for (int i = 0; i < CHANS; i++)
		hob_chan_close(st->c[i]);
	scope_join(s);
	scope_join(unlucky);
	for (int i = 0; i < CHANS; i++) { /* the actors left at the first -EPIPE */
		uint64_t in;

		while (hob_chan_recv(st->c[i], &in, 0) == 0)
			count(st, in);
		hob_chan_destroy(st->c[i]);
	}
	for (int i = 0; i < ACTORS * ITEMS; i++)
		CHECK_EQ(st->received[i], st->sent[i]);
	free(st);
	return 0;
}

static void one_case_is_done_once(void)
{
	for (uintptr_t i = 0; i < (SLOW_BUILD ? 150 : 1500); i++)
		CHECK_EQ(fake_run(1 + i % 4, i, blow, (void *)i), 0);
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(every_answer);
	TEST(each_case_has_its_turn);
	TEST(one_case_is_done_once);
	return test_done();
}
