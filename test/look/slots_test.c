/* What a thread waited for between looks that are too rare to see each wait. */
#include "base/sys.h"
#include "look/watch.h"
#include "test.h"

#define MS 1000000

/* A turn of a thread: it computes, and waits for two things, one short and one long. */
static const struct {
	int64_t ns;
	enum look_state state;
} turn[] = { { 5 * MS, LOOK_COMPUTE }, { 5 * MS, LOOK_TIMER }, { 15 * MS, LOOK_GIL } };

struct simulated {
	int64_t now, left; /* of the piece it is in */
	unsigned piece;
	uint64_t ran, runs;
	int64_t waited[LOOK_STATES];
};

static void live(struct simulated *s, int64_t ns)
{
	while (ns) {
		int64_t part = ns < s->left ? ns : s->left;
		bool computes = turn[s->piece].state == LOOK_COMPUTE;
		s->ran += computes ? (uint64_t)part : 0;
		s->waited[turn[s->piece].state] += part;
		s->now += part;
		s->left -= part;
		ns -= part;
		if (s->left)
			continue;
		s->piece = (s->piece + 1) % 3;
		s->left = turn[s->piece].ns;
		s->runs += turn[s->piece].state != LOOK_COMPUTE; /* it woke up, if only to go to sleep again */
	}
}

/* As look_at_thread does it. */
static void look(struct look_thread *t, const struct simulated *s)
{
	const struct look_counters c = { s->ran, 0, s->runs };
	enum look_state state = turn[s->piece].state;
	struct look_span span;
	int64_t since = s->now - t->last_at;
	t->last_at = s->now;
	if (t->blocked && c.ran == t->last.ran && c.runs == t->last.runs)
		return;
	if (t->blocked) {
		span = look_books_blocked(&t->books, s->now - since, &t->last, t->label);
		look_slot_add(t, t->label, 0, &span, span.wait);
		look_slot_weigh(t, t->label, 0, s->now - since, since);
	}
	t->blocked = state != LOOK_COMPUTE;
	t->label = state;
	t->last = c;
	if (t->blocked) {
		look_books_between(&t->books, s->now, &c);
		look_slot_weigh(t, state, 0, s->now, since);
	} else {
		look_books_running(&t->books, s->now, &c);
	}
}

static void short_waits_get_their_share(void)
{
	struct look_sampler sampler = { 0 };
	struct look_thread t = { 0 };
	struct simulated s = { .left = turn[0].ns };
	CHECK_EQ(look_labels_init(&sampler.labels), 0);
	look_books_open(&t.books, 0, &(struct look_counters){ 0, 0, 0 }, true);
	for (int i = 0; i < 20000; i++) {
		live(&s, 6 * MS + (int64_t)(test_random() % (4 * MS)));
		look(&t, &s);
	}
	look_books_close(&t.books, s.now, LOOK_COMPUTE);
	look_slots_divide(&sampler, &t);
	int64_t sum = 0, slots = 0;
	for (enum look_state i = 0; i < LOOK_STATES; i++) {
		double off = (double)(t.books.ns[i] - s.waited[i]) / (double)s.now;
		printf("# %s: %.3f seen, %.3f told\n", look_state_name(i), (double)t.books.ns[i] / (double)s.now,
		       (double)s.waited[i] / (double)s.now);
		CHECK(off > -0.01 && off < 0.01);
		sum += t.books.ns[i];
	}
	for (unsigned i = 0; i < t.slot_count; i++)
		slots += t.slots[i].ns;
	CHECK_EQ(sum, s.now);
	CHECK_EQ(slots, t.books.ns[LOOK_TIMER] + t.books.ns[LOOK_GIL]);
	sys.free(t.slots);
	look_labels_finish(&sampler.labels);
}

/* What was never seen to wait is not known; nothing is lost. */
static void an_unseen_wait_is_other(void)
{
	struct look_sampler sampler = { 0 };
	struct look_thread t = { 0 };
	CHECK_EQ(look_labels_init(&sampler.labels), 0);
	look_books_open(&t.books, 0, &(struct look_counters){ 0, 0, 0 }, true);
	look_books_between(&t.books, 10 * MS, &(struct look_counters){ 4 * MS, 0, 1 });
	look_slots_divide(&sampler, &t);
	CHECK_EQ(t.books.ns[LOOK_OTHER], 6 * MS);
	CHECK_EQ(t.books.unknown, 0);
	look_labels_finish(&sampler.labels);
}

int main(void)
{
	test_start();
	TEST(short_waits_get_their_share);
	TEST(an_unseen_wait_is_other);
	return test_done();
}
