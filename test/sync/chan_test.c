/* Channels over the fake poller: order, deadlines, cancellation, close, foreign threads, and that every item sent is
 * received once, and no other. */
#include <hob.h>

#include "sched/fake_poller.h"
#include "sched/scopes.h"

static struct hob_chan *chan_new(size_t item_bytes, size_t capacity)
{
	struct hob_chan *c;

	CHECK_EQ(hob_chan_create(&c, item_bytes, capacity), 0);
	return c;
}

static void await_parked(struct task *t)
{
	while (at_load(&t->permit, ACQUIRE) != PERMIT_PARKED)
		hob_yield();
}

/* Answers */

static void *no_memory(size_t align, size_t bytes)
{
	(void)align;
	(void)bytes;
	return NULL;
}

static int ask(void *arg)
{
	struct hob_chan *c = chan_new(sizeof(int), 2);
	int item = 1;

	(void)arg;
	CHECK_EQ(hob_chan_recv(c, &item, 0), -ETIMEDOUT);
	CHECK_EQ(hob_chan_recv(c, &item, hob_now() - 1), -ETIMEDOUT);
	for (item = 1; item <= 2; item++)
		CHECK_EQ(hob_chan_send(c, &item, 0), 0);
	CHECK_EQ(hob_chan_send(c, &item, 0), -ETIMEDOUT);
	CHECK_EQ(hob_chan_send(c, &item, hob_now() + HOB_SECOND), -ETIMEDOUT);
	CHECK_EQ(hob_chan_recv(c, &item, HOB_NEVER), 0);
	CHECK_EQ(item, 1);
	hob_chan_close(c);
	hob_chan_close(c);
	CHECK_EQ(hob_chan_send(c, &item, HOB_NEVER), -EPIPE);
	CHECK_EQ(hob_chan_recv(c, &item, 0), 0); /* what is in it comes first */
	CHECK_EQ(item, 2);
	CHECK_EQ(hob_chan_recv(c, &item, HOB_NEVER), -EPIPE);
	CHECK_EQ(item, 2);
	hob_chan_destroy(c);

	c = chan_new(0, 0);
	CHECK_EQ(hob_chan_send(c, NULL, hob_now() + HOB_US), -ETIMEDOUT);
	CHECK_EQ(hob_chan_recv(c, NULL, hob_now() + HOB_US), -ETIMEDOUT);
	hob_chan_destroy(c);
	c = chan_new(0, 1000);
	for (int i = 0; i < 1000; i++)
		CHECK_EQ(hob_chan_send(c, NULL, 0), 0);
	CHECK_EQ(hob_chan_send(c, NULL, 0), -ETIMEDOUT);
	hob_chan_destroy(c);
	return 0;
}

static void every_answer(void)
{
	struct hob_chan *c;
	int item = 3;

	for (unsigned workers = 1; workers <= 3; workers++)
		CHECK_EQ(fake_run(workers, test_random(), ask, NULL), 0);
	CHECK_EQ(hob_chan_create(&c, SIZE_MAX / 2, 3), -ENOMEM);
	CHECK_EQ(hob_chan_create(&c, SIZE_MAX - 8, 1), -ENOMEM);
	sys.alloc_aligned = no_memory;
	CHECK_EQ(hob_chan_create(&c, 8, 8), -ENOMEM);
	sys.alloc_aligned = sys_real.alloc_aligned;
	hob_chan_destroy(NULL);
	c = chan_new(sizeof item, 1);
	CHECK_EQ(hob_chan_send(c, &item, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_chan_send(c, &item, 0), 0);
	CHECK_EQ(hob_chan_recv(c, &item, HOB_NEVER), -EPERM);
	CHECK_EQ(hob_chan_recv(c, &item, 0), 0);
	CHECK_EQ(hob_chan_recv(c, &item, 0), -ETIMEDOUT);
	hob_chan_close(c);
	CHECK_EQ(hob_chan_recv(c, &item, 0), -EPIPE);
	hob_chan_destroy(c);
}

/* Order: whoever waited first is served first, on either side, also where some in between give up. */

enum { TASKS = 40 };

struct caller {
	struct hob_chan *c;
	int item;
	hob_time deadline;
	int answer;
	atomic_of(struct task *) task;
};

static int send_one(void *arg)
{
	struct caller *r = arg;

	at_store(&r->task, task_self(), RELEASE);
	r->answer = hob_chan_send(r->c, &r->item, r->deadline);
	return 0;
}

static int recv_one(void *arg)
{
	struct caller *r = arg;

	at_store(&r->task, task_self(), RELEASE);
	r->answer = hob_chan_recv(r->c, &r->item, r->deadline);
	return 0;
}

static int answer_of(int i)
{
	return i % 5 == 1 ? -ETIMEDOUT : i % 5 == 3 ? -ECANCELED : 0;
}

/* Lines up callers, of whom some time out and some are cancelled; the first is i == 0. */
static void line_up(struct caller *r, struct hob_scope *s, struct hob_chan *c, hob_task_fn *fn)
{
	struct hob_scope *impatient = scope_new();

	for (int i = 0; i < TASKS; i++) {
		struct task *t;

		r[i] = (struct caller){ c, i, answer_of(i) == -ETIMEDOUT ? hob_now() + HOB_SECOND : HOB_NEVER, 1,
					NULL };
		spawn(answer_of(i) == -ECANCELED ? impatient : s, fn, &r[i]);
		while (!(t = at_load(&r[i].task, ACQUIRE)))
			hob_yield();
		await_parked(t);
	}
	CHECK_EQ(hob_sleep(hob_now() + 2 * HOB_SECOND), 0);
	hob_scope_cancel(impatient);
	scope_join(impatient);
}

static int stand_in_line(void *arg)
{
	size_t capacity = (uintptr_t)arg;
	struct hob_chan *c = chan_new(sizeof(int), capacity);
	struct hob_scope *s = scope_new();
	struct caller r[TASKS];
	int item;

	for (item = -(int)capacity; item < 0; item++)
		CHECK_EQ(hob_chan_send(c, &item, 0), 0);
	line_up(r, s, c, send_one);
	for (int i = -(int)capacity; i < TASKS; i++) {
		if (i >= 0 && answer_of(i))
			continue;
		CHECK_EQ(hob_chan_recv(c, &item, 0), 0);
		CHECK_EQ(item, i);
	}
	CHECK_EQ(hob_chan_recv(c, &item, 0), -ETIMEDOUT);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	for (int i = 0; i < TASKS; i++)
		CHECK_EQ(r[i].answer, answer_of(i));

	line_up(r, s, c, recv_one);
	for (int i = 0; i < TASKS; i++) {
		item = 100 + i;
		if (!answer_of(i))
			CHECK_EQ(hob_chan_send(c, &item, 0), 0);
	}
	scope_join(s);
	for (int i = 0; i < TASKS; i++) {
		CHECK_EQ(r[i].answer, answer_of(i));
		CHECK_EQ(r[i].item, answer_of(i) ? i : 100 + i);
	}
	hob_chan_destroy(c);
	return 0;
}

static void first_come_first_served(void)
{
	for (uintptr_t i = 0; i < 12; i++)
		CHECK_EQ(fake_run(1 + i % 4, test_random(), stand_in_line, (void *)(i / 4 * 3)), 0);
}

/* Close ends every wait: of those that send with nothing sent. */
static int end_waits(void *arg)
{
	for (int receive = 0; receive < 2; receive++) {
		struct hob_chan *c = chan_new(sizeof(int), (uintptr_t)arg);
		struct hob_scope *s = scope_new();
		struct caller r[TASKS];
		int item = 7;

		while (!receive && hob_chan_send(c, &item, 0) == 0)
			;
		line_up(r, s, c, receive ? recv_one : send_one);
		hob_chan_close(c);
		scope_join(s);
		for (int i = 0; i < TASKS; i++) {
			CHECK_EQ(r[i].answer, answer_of(i) ? answer_of(i) : -EPIPE);
			CHECK_EQ(r[i].item, i);
		}
		for (uintptr_t i = 0; !receive && i < (uintptr_t)arg; i++)
			CHECK_EQ(hob_chan_recv(c, &item, 0), 0);
		CHECK_EQ(hob_chan_recv(c, &item, 0), -EPIPE);
		hob_chan_destroy(c);
	}
	return 0;
}

static void close_ends_every_wait(void)
{
	for (uintptr_t i = 0; i < 8; i++)
		CHECK_EQ(fake_run(1 + i % 4, test_random(), end_waits, (void *)(i / 4 * 3)), 0);
}

/* A storm: senders and receivers that time out and are cancelled at every moment, foreign threads that try, a close in
 * the midst or at the end. What was sent is received once, what failed never. */

enum { SENDERS = 5, RECEIVERS = 5, ITEMS = SLOW_BUILD ? 60 : 150, LONG_ITEM = 24 };

struct storm {
	struct hob_chan *c;
	size_t item_bytes;
	bool sent[(SENDERS + 1) * ITEMS];
	atomic_of(uint32_t) received[(SENDERS + 1) * ITEMS];
	int failed;
};

struct actor {
	struct storm *storm;
	struct dice dice;
	uint64_t first; /* item of a sender */
	bool stranger;
};

static void send_some(struct actor *a)
{
	struct storm *st = a->storm;

	for (uint64_t id = a->first; id < a->first + ITEMS; id++) {
		uint64_t item[LONG_ITEM / 8] = { id, ~id, id * 3 };
		hob_time deadline = a->stranger || roll(&a->dice, 4) == 0 ? 0 : hob_now() + HOB_US;
		int err = hob_chan_send(st->c, item, roll(&a->dice, 3) && !a->stranger ? HOB_NEVER : deadline);

		CHECK(err == 0 || err == -ETIMEDOUT || err == -EPIPE || err == -ECANCELED);
		st->sent[id] = !err;
		if (roll(&a->dice, 6) == 0)
			hob_yield();
	}
}

static void recv_some(struct actor *a)
{
	struct storm *st = a->storm;
	int err;

	do {
		uint64_t item[LONG_ITEM / 8] = { UINT64_MAX };
		hob_time deadline = a->stranger || roll(&a->dice, 4) == 0 ? 0 : hob_now() + HOB_US;

		err = hob_chan_recv(st->c, item, roll(&a->dice, 3) && !a->stranger ? HOB_NEVER : deadline);
		CHECK(err == 0 || err == -ETIMEDOUT || err == -EPIPE || err == -ECANCELED);
		if (!err) {
			CHECK(item[0] < (SENDERS + 1) * ITEMS);
			CHECK(st->item_bytes < 16 || item[1] == ~item[0]);
			CHECK(st->item_bytes < 24 || item[2] == 3 * item[0]);
			CHECK_EQ(at_add(&st->received[item[0]], 1, RELAXED), 0);
		} else {
			CHECK_EQ(item[0], UINT64_MAX);
		}
		if (roll(&a->dice, 6) == 0)
			hob_yield();
	} while (!err || err == -ETIMEDOUT);
}

static int send_task(void *arg)
{
	send_some(arg);
	return 0;
}

static int recv_task(void *arg)
{
	recv_some(arg);
	return 0;
}

static void *send_thread(void *arg)
{
	send_some(arg);
	return NULL;
}

static int blow(void *arg)
{
	struct actor a[SENDERS + RECEIVERS + 1];
	struct dice dice = dice_of((uintptr_t)arg);
	struct hob_scope *senders = scope_new(), *receivers = scope_new(), *unlucky = scope_new();
	struct storm *st = calloc(1, sizeof *st);
	bool stranger = (uintptr_t)arg % 8 == 0;
	pthread_t thread;
	int n = SENDERS + RECEIVERS;

	CHECK(st);
	st->item_bytes = 8 * (1 + roll(&dice, 3));
	st->c = chan_new(st->item_bytes, roll(&dice, 4));
	for (int i = 0; i <= n; i++) {
		a[i] = (struct actor){
			st, { roll(&dice, UINT64_MAX) }, (uint64_t)(i < n ? i : SENDERS) * ITEMS, i == n
		};
		if (i < n)
			spawn(i % 5 == 1    ? unlucky
			      : i < SENDERS ? senders
					    : receivers,
			      i < SENDERS ? send_task : recv_task, &a[i]);
	}
	if (stranger)
		CHECK_EQ(sys.thread_create(&thread, send_thread, &a[n]), 0);
	for (uint64_t i = roll(&dice, 60); i > 0; i--)
		hob_yield();
	hob_scope_cancel(unlucky);
	scope_join(unlucky);
	if (roll(&dice, 2))
		hob_chan_close(st->c);
	scope_join(senders);
	if (stranger)
		sys.thread_join(thread);
	hob_chan_close(st->c);
	scope_join(receivers);
	for (int i = 0; i < (SENDERS + 1) * ITEMS; i++)
		CHECK_EQ(st->received[i], st->sent[i]);
	hob_chan_destroy(st->c);
	free(st);
	return 0;
}

static void every_item_once(void)
{
	for (uintptr_t i = 0; i < (SLOW_BUILD ? 150 : 1500); i++)
		CHECK_EQ(fake_run(1 + i % 4, i, blow, (void *)i), 0);
}

/* The runtime ends, and the channel is freed, as soon as a thread's item has come: the thread must be out by then. */

static struct {
	struct hob_chan *c;
	atomic_of(bool) ready;
} outside;

static void *send_from_outside(void *arg)
{
	int item = 5, err;

	(void)arg;
	while (!at_load(&outside.ready, ACQUIRE))
		at_pause();
	while ((err = hob_chan_send(outside.c, &item, 0)) == -ETIMEDOUT)
		at_pause();
	CHECK_EQ(err, 0);
	return NULL;
}

static int recv_from_outside(void *arg)
{
	int item = 0;

	(void)arg;
	outside.c = chan_new(sizeof item, 0);
	at_store(&outside.ready, true, RELEASE);
	CHECK_EQ(hob_chan_recv(outside.c, &item, HOB_NEVER), 0);
	CHECK_EQ(item, 5);
	hob_chan_destroy(outside.c);
	return 0;
}

static void a_stranger_may_be_slow(void)
{
	fake.early = 2; /* no other worker makes the sleeping one look */
	for (unsigned i = 0; i < (SLOW_BUILD ? 50 : 300); i++) {
		pthread_t thread;

		outside.ready = false;
		CHECK_EQ(sys.thread_create(&thread, send_from_outside, NULL), 0);
		CHECK_EQ(fake_run(1 + i % 3, test_random(), recv_from_outside, NULL), 0);
		sys.thread_join(thread);
	}
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(every_answer);
	TEST(first_come_first_served);
	TEST(close_ends_every_wait);
	TEST(every_item_once);
	TEST(a_stranger_may_be_slow);
	return test_done();
}
