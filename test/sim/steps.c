/* See steps.h. */
#include "steps.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/atomic.h"

hob_time deadline_of(const struct step *s)
{
	return s->for_ever ? HOB_NEVER : s->much == 0 ? 0 : hob_after(s->much * HOB_US);
}

/* Time ------------------------------------------------------------------------------------------------------------- */

static void yield(struct frame *f, const struct step *s)
{
	(void)f, (void)s;
	hob_yield();
}

static void sleep_until(struct frame *f, const struct step *s)
{
	hob_time until = hob_after(s->much * HOB_US);
	int err = hob_sleep(until);

	(void)f;
	check_error(err, "sleep");
	if (!err && sim_time() < until)
		sim_fail("a sleep was too short");
}

static void hold(struct frame *f, const struct step *s)
{
	(void)f;
	sim_hold(s->much * 2000);
}

static void compute(struct frame *f, const struct step *s)
{
	(void)f;
	sim_compute(s->much * 2000);
}

static void shield(struct frame *f, const struct step *s)
{
	int err;

	(void)f;
	hob_shield_begin();
	err = hob_sleep(hob_after(s->much * HOB_US));
	hob_shield_end();
	SIM_CHECK(err == 0);
}

/* Channels --------------------------------------------------------------------------------------------------------- */

enum { NOT_SENT, UNDER_WAY, SENT };

static bool begin_item(unsigned *item)
{
	if (things.nitems == ITEMS)
		return false;
	*item = things.nitems++;
	things.sent[*item] = UNDER_WAY;
	return true;
}

static void end_send(unsigned item, int err)
{
	if (err && things.received[item])
		sim_fail("an item arrives whose send answers %d", err);
	things.sent[item] = err ? NOT_SENT : SENT;
}

static void take_item(unsigned item)
{
	SIM_CHECK(item < things.nitems);
	if (things.received[item]++ || things.sent[item] == NOT_SENT)
		sim_fail("item %u arrives %s", item, things.received[item] > 1 ? "twice" : "and was not sent");
}

static void send_item(struct frame *f, const struct step *s)
{
	struct hob_chan *c = things.chans[s->which % CHANNELS];
	unsigned item;
	int err;

	(void)f;
	if (!c || !begin_item(&item))
		return;
	err = hob_chan_send(c, &item, deadline_of(s));
	check_error(err, "chan_send");
	end_send(item, err);
}

static void receive_item(struct frame *f, const struct step *s)
{
	struct hob_chan *c = things.chans[s->which % CHANNELS];
	unsigned item;
	int err;

	(void)f;
	if (!c)
		return;
	err = hob_chan_recv(c, &item, deadline_of(s));
	check_error(err, "chan_recv");
	if (!err)
		take_item(item);
}

static void select_item(struct frame *f, const struct step *s)
{
	unsigned in, out;
	struct hob_case cases[] = {
		{ .kind = HOB_CASE_RECV, .chan = things.chans[s->which % CHANNELS], .item = &in },
		{ .kind = HOB_CASE_SEND, .chan = things.chans[(s->which + 1u) % CHANNELS], .item = &out },
	};
	int chosen;

	(void)f;
	if (!begin_item(&out))
		return;
	chosen = hob_select(cases, 2, deadline_of(s));
	check_error(chosen, "select");
	end_send(out, chosen == 1 ? cases[1].error : -ETIMEDOUT);
	if (chosen == 0 && !cases[0].error)
		take_item(in);
}

static void close_channel(struct frame *f, const struct step *s)
{
	(void)f;
	if (things.chans[s->which % CHANNELS])
		hob_chan_close(things.chans[s->which % CHANNELS]);
}

/* Locks ------------------------------------------------------------------------------------------------------------ */

static void linger(const struct step *s)
{
	switch (s->which) {
	case 0:
		break;
	case 1:
		hob_yield();
		break;
	case 2:
		sim_compute(s->much * 100);
		break;
	case 3:
		hob_sleep(hob_after(s->much * 100));
		break;
	}
}

static void mutex(struct frame *f, const struct step *s)
{
	int err = hob_mutex_lock(&things.mutex, deadline_of(s));

	(void)f;
	check_error(err, "mutex_lock");
	if (err)
		return;
	SIM_CHECK(things.in_mutex++ == 0);
	linger(s);
	things.in_mutex--;
	hob_mutex_unlock(&things.mutex);
}

static void sem(struct frame *f, const struct step *s)
{
	int err = hob_sem_wait(&things.sem, deadline_of(s));

	(void)f;
	check_error(err, "sem_wait");
	if (err)
		return;
	SIM_CHECK(things.in_sem++ < 2);
	linger(s);
	things.in_sem--;
	SIM_CHECK(hob_sem_post(&things.sem, 1) == 0);
}

static int within_lane(void *arg)
{
	const struct step *s = arg;

	SIM_CHECK(things.in_lane++ == 0 && hob_lane_held(things.lane));
	at_pause();
	if (s->which == 2)
		sim_compute(s->much * 100);
	things.in_lane--;
	if (s->which != 2)
		linger(s); /* others may come in meanwhile */
	SIM_CHECK(things.in_lane++ == 0 && hob_lane_held(things.lane));
	at_pause();
	things.in_lane--;
	return 0;
}

static void lane(struct frame *f, const struct step *s)
{
	(void)f;
	if (things.lane)
		check_error(hob_lane_call(things.lane, within_lane, (void *)(uintptr_t)s, deadline_of(s)), "lane_call");
}

/* Computing -------------------------------------------------------------------------------------------------------- */

struct loop {
	const struct step *step;
	uint8_t done[200];
};

static int do_range(size_t begin, size_t end, void *arg)
{
	struct loop *l = arg;

	for (size_t i = begin; i < end; i++)
		if (l->done[i]++)
			sim_fail("item %zu of a loop is done twice", i);
	if (begin % 64 == 0)
		linger(l->step);
	return 0;
}

static void loop(struct frame *f, const struct step *s)
{
	struct loop l = { .step = s };
	size_t n = s->much % sizeof l.done;
	int err = hob_parallel_for(n, s->which * 8u, do_range, &l);

	(void)f;
	check_error(err, "parallel_for");
	for (size_t i = 0; i < n && !err; i++)
		SIM_CHECK(l.done[i] == 1);
}

struct tree {
	const struct step *step;
	unsigned height;
	unsigned leaves;
};

static void grow(void *arg)
{
	struct tree *t = arg, left = { t->step, t->height - 1, 0 }, right = left;
	struct hob_job job;

	if (t->height == 0) {
		t->leaves = 1;
		linger(t->step);
		return;
	}
	hob_fork(&job, grow, &left);
	grow(&right);
	hob_join(&job);
	t->leaves = left.leaves + right.leaves;
}

static void fork_join(struct frame *f, const struct step *s)
{
	struct tree t = { .step = s, .height = s->much % 5 };

	(void)f;
	grow(&t);
	SIM_CHECK(t.leaves == 1u << t.height);
}

/* Descriptors ------------------------------------------------------------------------------------------------------ */

static void read_pipe(struct frame *f, const struct step *s)
{
	ssize_t n;

	if (things.pipes[s->which % PIPES][0] < 0)
		return;
	n = hob_read(things.pipes[s->which % PIPES][0], f->buf, 1 + s->much % sizeof f->buf, deadline_of(s));
	check_error((int)n, "read");
	for (ssize_t i = 0; i < (ssize_t)sizeof f->buf; i++)
		if (f->buf[i] != (i < n ? 'x' : UNTOUCHED))
			sim_fail("a read of %zd bytes leaves %02x at %zd", n, f->buf[i], i);
	memset(f->buf, UNTOUCHED, sizeof f->buf);
}

static void write_pipe(struct frame *f, const struct step *s)
{
	char bytes[16];

	(void)f;
	memset(bytes, 'x', sizeof bytes);
	if (things.pipes[s->which % PIPES][0] >= 0)
		check_error((int)hob_write(things.pipes[s->which % PIPES][1], bytes, 1 + s->much % sizeof bytes,
					   deadline_of(s)),
			    "write");
	memset(bytes, 'y', sizeof bytes);
}

static void poll_pipe(struct frame *f, const struct step *s)
{
	int r;

	(void)f;
	if (things.pipes[s->which % PIPES][0] < 0)
		return;
	r = hob_poll(things.pipes[s->which % PIPES][s->which / 2 % 2], s->which / 2 % 2 ? POLLOUT : POLLIN,
		     deadline_of(s));
	check_error(r, "poll");
}

static void event(struct frame *f, const struct step *s)
{
	(void)f;
	if (!things.event)
		return;
	if (s->which % 2)
		hob_event_set(things.event);
	else
		check_error(hob_event_wait(things.event, deadline_of(s)), "event_wait");
}

/* Threads and processes -------------------------------------------------------------------------------------------- */

struct blocking {
	const struct step *step;
	unsigned ran;
};

static int block(void *arg)
{
	struct blocking *b = arg;

	b->ran++;
	if (b->step->which % 2)
		sim_hold(b->step->much * 1000);
	return 5;
}

static void blocking(struct frame *f, const struct step *s)
{
	struct blocking b = { .step = s };
	int err = hob_blocking(block, &b, deadline_of(s));

	(void)f;
	if (err != 5)
		check_error(err, "blocking");
	if (b.ran != (err == 5))
		sim_fail("a blocking call answers %d and ran %u times", err, b.ran);
}

struct request {
	uint8_t which;
	uint16_t much;
};

static int serve(struct hob_call *c)
{
	const struct request *r = c->in;

	if (r->which == 3 && r->much % 4 == 0)
		sys.exit_now(3);
	if (r->which == 2)
		sim_hold(r->much * 100);
	memcpy(c->out, &r->much, sizeof r->much);
	c->out_len = sizeof r->much;
	return r->which;
}

static void pool(struct frame *f, const struct step *s)
{
	struct request r = { s->which, s->much };
	uint16_t back = 0;
	struct hob_call call = { .in = &r, .in_len = sizeof r, .out = &back, .out_size = sizeof back };
	int err;

	(void)f;
	if (!things.pool)
		return;
	err = hob_pool_call(things.pool, serve, &call, deadline_of(s));
	if (s->which == 3 && s->much % 4 == 0) {
		if (err == -EOWNERDEAD || err == -ENOTRECOVERABLE)
			return;
		SIM_CHECK(err < 0);
	}
	check_error(err, "pool_call");
	if (err >= 0)
		SIM_CHECK(err == s->which && back == s->much && call.out_len == sizeof back);
}

step_fn *const steps[STEP_KINDS] = {
	[STEP_YIELD] = yield,        [STEP_SLEEP] = sleep_until,   [STEP_SEND] = send_item, [STEP_RECV] = receive_item,
	[STEP_SELECT] = select_item, [STEP_CLOSE] = close_channel, [STEP_LOOP] = loop,      [STEP_FORK] = fork_join,
	[STEP_LANE] = lane,          [STEP_MUTEX] = mutex,         [STEP_SEM] = sem,        [STEP_READ] = read_pipe,
	[STEP_WRITE] = write_pipe,   [STEP_POLL] = poll_pipe,      [STEP_EVENT] = event,    [STEP_BLOCKING] = blocking,
	[STEP_HOLD] = hold,          [STEP_COMPUTE] = compute,     [STEP_SHIELD] = shield,  [STEP_POOL] = pool,
};

/* Things ----------------------------------------------------------------------------------------------------------- */

static void make_pipe(int pipe[2])
{
	if (sys.socketpair(AF_UNIX, SOCK_STREAM, 0, pipe))
		pipe[0] = pipe[1] = -1;
}

void things_create(void)
{
	for (unsigned i = 0; i < CHANNELS; i++)
		if (hob_chan_create(&things.chans[i], sizeof(unsigned), things.program->capacity[i]))
			things.chans[i] = NULL;
	for (unsigned i = 0; i < PIPES; i++)
		make_pipe(things.pipes[i]);
	if (hob_lane_create(&things.lane, NULL))
		things.lane = NULL;
	if (hob_event_create(&things.event))
		things.event = NULL;
	if (things.program->pools &&
	    hob_pool_create(&things.pool,
			    &(struct hob_pool_options){ .workers_max = 2, .in_bytes = 64, .out_bytes = 64 }))
		things.pool = NULL;
	SIM_CHECK(hob_sem_post(&things.sem, 2) == 0);
}

/* What was sent is in a channel still, or was received. */
static void drain(struct hob_chan *c)
{
	unsigned item;

	while (c && hob_chan_recv(c, &item, 0) == 0)
		take_item(item);
	hob_chan_destroy(c);
}

void things_destroy(void)
{
	for (unsigned i = 0; i < CHANNELS; i++)
		drain(things.chans[i]);
	for (unsigned i = 0; i < things.nitems; i++)
		if (things.received[i] != (things.sent[i] == SENT))
			sim_fail("item %u was lost", i);
	for (unsigned i = 0; i < PIPES; i++)
		for (unsigned k = 0; k < 2; k++)
			if (things.pipes[i][k] >= 0)
				sys.close(things.pipes[i][k]);
	hob_lane_destroy(things.lane);
	hob_event_destroy(things.event);
	hob_pool_destroy(things.pool);
	SIM_CHECK(!things.in_mutex && !things.in_sem && !things.in_lane);
}
