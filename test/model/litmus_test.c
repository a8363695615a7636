/* The explorer against programs whose outcomes are known: what C11 forbids it must never show, and what it allows it
 * must find. */
#include <stddef.h>

#include "model.h"

static atomic_of(uint32_t) x, y;
static uint32_t got[4];

static void start(void)
{
	x = y = 0;
	for (int i = 0; i < 4; i++)
		got[i] = 9;
}

/* SB: both threads store, then load the other's. */
static void sb(unsigned who, int store, int load, bool fence)
{
	at_store(who ? &y : &x, 1, store);
	if (fence)
		at_fence(SEQ_CST);
	got[who] = at_load(who ? &x : &y, load);
}

static void sb_plain(unsigned who)
{
	sb(who, RELEASE, ACQUIRE, false);
}

static void sb_fenced(unsigned who)
{
	sb(who, RELAXED, RELAXED, true);
}

static void sb_seq_cst(unsigned who)
{
	sb(who, SEQ_CST, SEQ_CST, false);
}

static void sb_uneven(unsigned who)
{
	at_store(who ? &y : &x, 1, RELAXED);
	if (who)
		model_barrier();
	got[who] = at_load(who ? &x : &y, RELAXED);
}

static void not_both_missed(void)
{
	MODEL_CHECK(got[0] || got[1]);
}

/* MP: data, then a flag. */
static void mp(unsigned who, int store, int load, bool fences)
{
	if (who == 0) {
		at_store(&x, 1, RELAXED);
		if (fences)
			at_fence(RELEASE);
		at_store(&y, 1, store);
		return;
	}
	got[0] = at_load(&y, load);
	if (fences)
		at_fence(ACQUIRE);
	got[1] = at_load(&x, RELAXED);
}

static void mp_plain(unsigned who)
{
	mp(who, RELAXED, RELAXED, false);
}

static void mp_half(unsigned who)
{
	mp(who, RELEASE, RELAXED, false);
}

static void mp_ordered(unsigned who)
{
	mp(who, RELEASE, ACQUIRE, false);
}

static void mp_fenced(unsigned who)
{
	mp(who, RELAXED, RELAXED, true);
}

static void flag_means_data(void)
{
	MODEL_CHECK(!(got[0] == 1 && got[1] == 0));
}

/* A release sequence: another's read-modify-write stands between. */
static void sequence(unsigned who)
{
	if (who == 0) {
		at_store(&x, 1, RELAXED);
		at_store(&y, 1, RELEASE);
	} else if (who == 1) {
		at_add(&y, 1, RELAXED);
	} else {
		got[0] = at_load(&y, ACQUIRE) == 2;
		got[1] = at_load(&x, RELAXED);
	}
}

static void sequence_means_data(void)
{
	MODEL_CHECK(!(got[0] == 1 && got[1] == 0));
}

/* IRIW: two readers see two writers in different orders. */
static void iriw(unsigned who, int load, bool fence)
{
	if (who < 2) {
		at_store(who ? &y : &x, 1, RELEASE);
		return;
	}
	got[who * 2 - 4] = at_load(who == 2 ? &x : &y, load);
	if (fence)
		at_fence(SEQ_CST);
	got[who * 2 - 3] = at_load(who == 2 ? &y : &x, load);
}

static void iriw_plain(unsigned who)
{
	iriw(who, ACQUIRE, false);
}

static void iriw_fenced(unsigned who)
{
	iriw(who, RELAXED, true);
}

static void one_order(void)
{
	MODEL_CHECK(!(got[0] == 1 && got[1] == 0 && got[2] == 1 && got[3] == 0));
}

/* 2+2W: of each location the last write is its thread's first. */
static void writes(unsigned who, bool fence)
{
	at_store(who ? &y : &x, 1, RELAXED);
	if (fence)
		at_fence(SEQ_CST);
	at_store(who ? &x : &y, 2, RELAXED);
}

static void writes_fenced(unsigned who)
{
	writes(who, true);
}

static void not_both_first(void)
{
	MODEL_CHECK(!(x == 1 && y == 1));
}

/* Two read-modify-writes never read the same. */
static void count(unsigned who)
{
	(void)who;
	at_add(&x, 1, RELAXED);
}

static void both_counted(void)
{
	MODEL_CHECK(x == 3);
}

/* A lost wake-up, and none. */
static void wait_badly(unsigned who)
{
	if (who) {
		at_store(&x, 1, RELEASE);
	} else {
		while (at_load(&x, ACQUIRE) == 0)
			futex_wait(&x, 0, INT64_MAX);
	}
}

static void wait_well(unsigned who)
{
	wait_badly(who);
	if (who)
		futex_wake(&x, 1);
}

/* Plain data by way of a flag: of release and acquire, of fences, and of seq_cst fences alone, which order what is seen
 * and make nothing happen before. */
static unsigned plain;

static void pass(unsigned who, int store, int load, int fence)
{
	if (who == 0) {
		model_write(&plain, sizeof plain);
		if (fence)
			at_fence(fence);
		at_store(&x, 1, store);
	} else if (at_load(&x, load)) {
		if (fence)
			at_fence(fence);
		model_read(&plain, sizeof plain);
	}
}

static void pass_released(unsigned who)
{
	pass(who, RELEASE, ACQUIRE, RELAXED);
}

static void pass_relaxed(unsigned who)
{
	pass(who, RELAXED, ACQUIRE, RELAXED);
}

static void pass_fenced(unsigned who)
{
	pass(who, RELAXED, RELAXED, ACQ_REL);
}

static void read_and_read(unsigned who)
{
	(void)who;
	model_read(&plain, sizeof plain);
	at_pause();
}

static void write_after(unsigned who)
{
	pass(who, RELEASE, ACQUIRE, RELAXED);
	if (who == 0)
		model_write(&plain, sizeof plain);
}

int main(void)
{
	static const struct {
		struct model model;
		bool shown;
	} all[] = {
		{ { "SB, release and acquire", 2, start, sb_plain, not_both_missed }, true },
		{ { "SB, fences", 2, start, sb_fenced, not_both_missed }, false },
		{ { "SB, seq_cst accesses", 2, start, sb_seq_cst, not_both_missed }, false },
		{ { "SB, a barrier of all on one side", 2, start, sb_uneven, not_both_missed }, false },
		{ { "MP, relaxed", 2, start, mp_plain, flag_means_data }, true },
		{ { "MP, release alone", 2, start, mp_half, flag_means_data }, true },
		{ { "MP, release and acquire", 2, start, mp_ordered, flag_means_data }, false },
		{ { "MP, fences", 2, start, mp_fenced, flag_means_data }, false },
		{ { "a release sequence", 3, start, sequence, sequence_means_data }, false },
		{ { "IRIW, acquire", 4, start, iriw_plain, one_order }, true },
		{ { "IRIW, fences", 4, start, iriw_fenced, one_order }, false },
		{ { "2+2W, fences", 2, start, writes_fenced, not_both_first }, false },
		{ { "a count", 3, start, count, both_counted }, false },
		{ { "a futex without a wake", 2, start, wait_badly, NULL }, true },
		{ { "a futex with one", 2, start, wait_well, NULL }, false },
		{ { "plain data, release and acquire", 2, start, pass_released, NULL }, false },
		{ { "plain data, relaxed", 2, start, pass_relaxed, NULL }, true },
		{ { "plain data, fences", 2, start, pass_fenced, NULL }, false },
		{ { "plain data, read by all", 3, start, read_and_read, NULL }, false },
		{ { "plain data, written after its release", 2, start, write_after, NULL }, true },
	};

	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		model_test(&all[i].model, 4, all[i].shown);
	return model_done();
}
