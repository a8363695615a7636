/* Select over descriptors beside channels, over every backend. */
#include "wait/each.h"

static struct hob_chan *chan_new(size_t capacity)
{
	struct hob_chan *c;

	CHECK_EQ(hob_chan_create(&c, sizeof(uint64_t), capacity), 0);
	return c;
}

static struct hob_case readable_case(int fd)
{
	return (struct hob_case){ .kind = HOB_CASE_FD, .fd = fd, .events = POLLIN };
}

static struct hob_case recv_case(struct hob_chan *c, uint64_t *item)
{
	return (struct hob_case){ .kind = HOB_CASE_RECV, .chan = c, .item = item };
}

static int answers(void *arg)
{
	struct hob_chan *c = chan_new(0);
	struct hob_case cases[4];
	uint64_t item = 0;
	int p[2];

	(void)arg;
	pipe_new(p, 0);
	cases[0] = recv_case(c, &item);
	cases[1] = readable_case(p[0]);
	cases[2] = readable_case(-1);
	cases[3] = (struct hob_case){ .kind = HOB_CASE_RECV };
	CHECK_EQ(hob_select(cases, 4, 0), -ETIMEDOUT);
	CHECK_EQ(hob_select(cases, 4, hob_after(50 * HOB_US)), -ETIMEDOUT);
	CHECK_EQ(hob_select(&cases[2], 1, hob_after(50 * HOB_US)), -ETIMEDOUT);
	CHECK_EQ(hob_write(p[1], "x", 1, HOB_NEVER), 1);
	CHECK_EQ(hob_select(cases, 4, 0), 1);
	CHECK_EQ(cases[1].revents, POLLIN);
	CHECK_EQ(cases[1].error, 0);
	CHECK_EQ(hob_select(cases, 4, HOB_NEVER), 1);
	CHECK_EQ(hob_select(&cases[1], 1, HOB_NEVER), 0);
	hob_chan_close(c);
	for (bool closed = false, ready = false; !closed || !ready;) { /* each in its turn */
		int k = hob_select(cases, 4, HOB_NEVER);

		CHECK(k == 0 || k == 1);
		closed |= k == 0 && cases[0].error == -EPIPE;
		ready |= k == 1;
	}
	pipe_close(p);
	CHECK_EQ(hob_select(&cases[1], 1, HOB_NEVER), 0);
	CHECK_EQ(cases[1].error, -EBADF);
	hob_chan_destroy(c);
	return 0;
}

/* The turns of a channel and of a descriptor that are always ready are as many. */
static int turns(void *arg)
{
	enum { ROUNDS = 300 };
	struct hob_chan *c = chan_new(ROUNDS);
	struct hob_case cases[2];
	int p[2], n[2] = { 0 };
	uint64_t item = 0;

	(void)arg;
	pipe_new(p, 0);
	CHECK_EQ(hob_write(p[1], "x", 1, HOB_NEVER), 1);
	for (int i = 0; i < ROUNDS; i++)
		CHECK_EQ(hob_chan_send(c, &item, 0), 0);
	cases[0] = recv_case(c, &item);
	cases[1] = readable_case(p[0]);
	for (int i = 0; i < ROUNDS; i++)
		n[hob_select(cases, 2, HOB_NEVER)]++;
	CHECK(n[0] > ROUNDS / 3 && n[1] > ROUNDS / 3);
	cases[0] = cases[1];
	n[0] = n[1] = 0;
	for (int i = 0; i < ROUNDS; i++)
		n[hob_select(cases, 2, HOB_NEVER)]++;
	CHECK(n[0] > ROUNDS / 4 && n[1] > ROUNDS / 4);
	pipe_close(p);
	hob_chan_destroy(c);
	return 0;
}

/* One that waits is ended by either, and loses nothing of the other. */
struct pair {
	struct hob_chan *chan;
	int p[2];
	atomic_of(int) answer;
};

static int wait_for_either(void *arg)
{
	struct pair *w = arg;
	uint64_t item = 0;
	struct hob_case cases[] = { recv_case(w->chan, &item), readable_case(w->p[0]) };
	int k = hob_select(cases, 2, HOB_NEVER);

	if (k == 0)
		CHECK_EQ(item, 7);
	at_store(&w->answer, k, RELEASE);
	return 0;
}

static int either(void *arg)
{
	uint64_t item = 7;

	(void)arg;
	for (int i = 0; i < 30; i++) {
		struct pair w = { .chan = chan_new(0), .answer = -1 };
		struct hob_scope *s = scope_new();
		char byte;

		pipe_new(w.p, 0);
		spawn(s, wait_for_either, &w);
		for (int k = 0; k < i; k++)
			hob_yield();
		if (i % 3 == 0) {
			CHECK_EQ(hob_chan_send(w.chan, &item, HOB_NEVER), 0);
		} else if (i % 3 == 1) {
			CHECK_EQ(hob_write(w.p[1], "x", 1, HOB_NEVER), 1);
		} else {
			hob_scope_cancel(s);
		}
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		hob_scope_destroy(s);
		CHECK(i % 3 != 2 ? w.answer == i % 3 : w.answer == -ECANCELED || w.answer == -1);
		CHECK_EQ(hob_read(w.p[0], &byte, 1, 0), i % 3 == 1 ? 1 : -ETIMEDOUT);
		CHECK_EQ(hob_chan_recv(w.chan, &item, 0), -ETIMEDOUT);
		item = 7;
		pipe_close(w.p);
		hob_chan_destroy(w.chan);
	}
	return 0;
}

/* Many that take bytes from pipes and items from channels, whichever comes first, some of them impatient: all of it
 * arrives, once. */
enum { PIPES = 3, CHANS = 3, TAKERS = 6, EACH_SENDS = SLOW_BUILD ? 60 : 200 };

struct storm {
	int p[PIPES][2];
	struct hob_chan *chan[CHANS];
	atomic_of(unsigned) bytes, items, makers;
	uint64_t seed;
};

static int make(void *arg)
{
	struct storm *w = arg;
	struct dice d = dice_of(w->seed + at_add(&w->makers, 1, RELAXED));

	for (uint64_t i = 0; i < EACH_SENDS; i++) {
		if (roll(&d, 2))
			CHECK_EQ(hob_write(w->p[roll(&d, PIPES)][1], "x", 1, HOB_NEVER), 1);
		else
			CHECK_EQ(hob_chan_send(w->chan[roll(&d, CHANS)], &i, HOB_NEVER), 0);
	}
	return 0;
}

static int take(void *arg)
{
	struct storm *w = arg;
	struct dice d = dice_of(w->seed + 100 + at_add(&w->makers, 1, RELAXED));
	struct hob_case cases[PIPES + CHANS];
	uint64_t item;

	for (int i = 0; i < PIPES; i++)
		cases[i] = readable_case(w->p[i][0]);
	for (int i = 0; i < CHANS; i++)
		cases[PIPES + i] = recv_case(w->chan[i], &item);
	for (;;) {
		int k = hob_select(cases, PIPES + CHANS,
				   roll(&d, 3) ? HOB_NEVER : hob_after((int64_t)roll(&d, 100) * HOB_US));
		char byte;

		if (k == -ECANCELED)
			return 0;
		if (k >= PIPES)
			at_add(&w->items, 1, RELEASE);
		else if (k >= 0 && hob_read(w->p[k][0], &byte, 1, 0) == 1)
			at_add(&w->bytes, 1, RELEASE);
		else
			CHECK(k >= 0 || k == -ETIMEDOUT);
	}
}

static int storm(void *arg)
{
	struct storm w = { .seed = test_random() };
	struct hob_scope *makers = scope_new(), *takers = scope_new();

	(void)arg;
	for (int i = 0; i < PIPES; i++)
		pipe_new(w.p[i], O_NONBLOCK);
	for (int i = 0; i < CHANS; i++)
		w.chan[i] = chan_new((size_t)i);
	for (int i = 0; i < TAKERS; i++) {
		spawn(makers, make, &w);
		spawn(takers, take, &w);
	}
	scope_join(makers);
	while (at_load(&w.bytes, ACQUIRE) + at_load(&w.items, ACQUIRE) < TAKERS * EACH_SENDS)
		hob_yield();
	hob_scope_cancel(takers);
	scope_join(takers);
	CHECK_EQ(w.bytes + w.items, TAKERS * EACH_SENDS);
	for (int i = 0; i < PIPES; i++)
		pipe_close(w.p[i]);
	for (int i = 0; i < CHANS; i++)
		hob_chan_destroy(w.chan[i]);
	return 0;
}

int main(void)
{
	test_start();
	EACH(answers);
	EACH(turns);
	EACH(either);
	EACH(storm);
	return test_done();
}
