/* Channels and select, src/sync/chan.c and select.c: what is sent arrives once and in order, nobody waits for ever, and
 * who was served at the moment it gave up has been served. */
#include <hob/sync.h>

#include "sync/chan.h"
#include "tasks.h"
#include "wait/backend.h"

enum { ITEMS = 8 };

static struct hob_chan *a, *b;
static size_t capacity;
static uint64_t next[MODEL_THREADS]; /* by sender */
static bool sent[MODEL_THREADS][ITEMS], came[MODEL_THREADS][ITEMS];
static int newest[MODEL_THREADS][MODEL_THREADS]; /* by receiver and sender */

static void start(void)
{
	tasks_start();
	memset(next, 0, sizeof next);
	memset(sent, 0, sizeof sent);
	memset(came, 0, sizeof came);
	memset(newest, -1, sizeof newest);
	if (hob_chan_create(&a, 8, capacity) || hob_chan_create(&b, 8, capacity))
		model_fail("no memory");
}

/* Of descriptors there are none here. */
int poll_many(struct pollfd *fds, unsigned n, hob_time deadline, enum why why, atomic_of(uint32_t) *stop)
{
	(void)fds, (void)n, (void)deadline, (void)why, (void)stop;
	return -EINVAL;
}

static bool done(int err)
{
	MODEL_CHECK(err == 0 || err == -ETIMEDOUT || err == -ECANCELED || err == -EPIPE);
	MODEL_CHECK(err != -ETIMEDOUT || anywhere("SRQXty"));
	MODEL_CHECK(err != -ECANCELED || anywhere("0123"));
	MODEL_CHECK(err != -EPIPE || anywhere("c"));
	return err == 0;
}

static void note_sent(unsigned who, uint64_t item)
{
	sent[who][item % ITEMS] = true;
}

static void note_came(unsigned who, uint64_t item, bool one_channel)
{
	unsigned from = (unsigned)(item / ITEMS), n = item % ITEMS;

	MODEL_CHECK(from < MODEL_THREADS && !came[from][n]);
	came[from][n] = true;
	MODEL_CHECK(!one_channel || newest[who][from] < (int)n);
	newest[who][from] = (int)n;
}

static void send_one(unsigned who, hob_time deadline)
{
	uint64_t item = who * ITEMS + next[who]++;

	if (done(hob_chan_send(a, &item, deadline)))
		note_sent(who, item);
}

static void receive_one(unsigned who, hob_time deadline, bool frees)
{
	uint64_t item;

	if (!done(hob_chan_recv(a, &item, deadline)))
		return;
	note_came(who, item, !anywhere("qxX"));
	if (frees)
		model_write(a, sizeof *a);
}

/* Sends to one or receives from the other, or receives from either. */
static void select_one(unsigned who, bool sends, hob_time deadline)
{
	uint64_t out = who * ITEMS + next[who], in = 0, in_too = 0;
	struct hob_case cases[2] = {
		{ .kind = HOB_CASE_RECV, .chan = a, .item = &in },
		{ .kind = sends ? HOB_CASE_SEND : HOB_CASE_RECV, .chan = b, .item = sends ? &out : &in_too },
	};
	int n = hob_select(cases, 2, deadline);

	if (n < 0) {
		done(n);
		return;
	}
	if (!done(cases[n].error))
		return;
	if (n == 1 && sends) {
		next[who]++;
		note_sent(who, out);
	} else {
		note_came(who, n == 0 ? in : in_too, false);
	}
}

/* The other's end of it. */
static void to_b(unsigned who)
{
	uint64_t item = who * ITEMS + next[who]++;

	if (done(hob_chan_send(b, &item, HOB_NEVER)))
		note_sent(who, item);
}

static void from_b(unsigned who)
{
	uint64_t item;

	if (done(hob_chan_recv(b, &item, HOB_NEVER)))
		note_came(who, item, false);
}

static void step(unsigned who, char letter)
{
	hob_time deadline = letter >= 'A' && letter <= 'Z' ? SOON : HOB_NEVER;

	switch (letter) {
	case 's':
	case 'S':
		send_one(who, deadline);
		break;
	case 't':
		send_one(who, 0);
		break;
	case 'r':
	case 'R':
		receive_one(who, deadline, false);
		break;
	case 'f':
		receive_one(who, HOB_NEVER, true);
		break;
	case 'y':
		receive_one(who, 0, false);
		break;
	case 'x':
	case 'X':
		select_one(who, false, deadline);
		break;
	case 'q':
	case 'Q':
		select_one(who, true, deadline);
		break;
	case 'u':
		to_b(who);
		break;
	case 'v':
		from_b(who);
		break;
	case 'c':
		hob_chan_close(a);
		break;
	default:
		model_fail("no such step");
	}
}

static void drain(struct hob_chan *c)
{
	uint64_t item;

	while (hob_chan_recv(c, &item, 0) == 0)
		note_came(0, item, false);
	hob_chan_destroy(c);
}

static void end(void)
{
	scopes[model_self()].cancelled = 0;
	drain(a);
	drain(b);
	MODEL_CHECK(memcmp(sent, came, sizeof sent) == 0);
}

static const struct program rendezvous[] = {
	{ "s r", 4 },    { "s f", 4 },     { "ss rr", 4 },  { "s s rr", 2 }, { "ss r r", 2 },
	{ "S r c", 2 },  { "S R", 4 },     { "t R", 4 },    { "S y", 4 },    { "s r 0c", 2 },
	{ "s r 1c", 2 }, { "s c", 4 },     { "r c", 4 },    { "r r c", 2 },  { "x s", 4 },
	{ "x u", 4 },    { "xx su", 4 },   { "q s", 4 },    { "q v", 4 },    { "X s c", 2 },
	{ "X S", 4 },    { "q q s v", 1 }, { "x s 0c", 2 }, { "Q S", 4 },    { "S S R", 2 },
};

static const struct program buffered[] = {
	{ "s r", 4 },     { "s f", 4 },    { "ss rr", 4 },  { "sss rrr", 3 }, { "s s rr", 2 },
	{ "ss r r", 2 },  { "SS r", 4 },   { "tt R", 4 },   { "SS RR", 3 },   { "ss r0", 3 },
	{ "ssc rrr", 3 }, { "ss c r", 2 }, { "r r sc", 2 }, { "xx su", 4 },   { "Q S", 4 },
	{ "x s uc", 2 },  { "X S", 4 },    { "r s 0", 2 },  { "x s 0", 2 },
};

int main(void)
{
	capacity = 0;
	test_programs(rendezvous, sizeof rendezvous / sizeof *rendezvous, start, end);
	capacity = 1;
	test_programs(buffered, sizeof buffered / sizeof *buffered, start, end);
	return model_done();
}
