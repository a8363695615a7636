/* Lanes, src/sync/lane.c: one at a time computes in it, also after each has let go of it to park; nobody is left in
 * line, and who gives up leaves nothing behind. */
#include <hob/lane.h>

#include "tasks.h"

static struct hob_lane *lane;
static unsigned inside, guarded;

static void come_in(void *arg)
{
	(void)arg;
	MODEL_CHECK(inside++ == 0);
	model_write(&guarded, sizeof guarded);
}

static void go_out(void *arg)
{
	(void)arg;
	model_write(&guarded, sizeof guarded);
	inside--;
}

static void start(void)
{
	struct hob_lane_options o = { .on_enter = come_in, .on_leave = go_out };

	tasks_start();
	inside = 0;
	if (hob_lane_create(&lane, &o))
		model_fail("no memory");
}

int task_spawn(struct hob_scope *s, hob_task_fn *fn, void *arg, hob_task_fn *named, void *caller)
{
	(void)s, (void)fn, (void)arg, (void)named, (void)caller;
	return -ENOMEM; /* there are no more tasks here */
}

void task_laned(hob_time ns)
{
	(void)ns;
}

static void step(unsigned who, char letter)
{
	hob_time deadline = letter >= 'A' && letter <= 'Z' ? SOON : HOB_NEVER;
	int err = hob_lane_enter(lane, deadline);

	(void)who;
	if (err) {
		MODEL_CHECK((err == -ETIMEDOUT && deadline == SOON) || (err == -ECANCELED && anywhere("0123")));
		return;
	}
	model_write(&guarded, sizeof guarded);
	switch (letter) {
	case 'p': /* parks for a while */
		task_park(WHY_SLEEP, SOON, PARK_SHIELDED);
		break;
	case 'y':
		hob_yield();
		break;
	case 'c': /* computes for long */
		hob_lane_yield();
		break;
	}
	model_write(&guarded, sizeof guarded);
	hob_lane_leave(lane);
}

static void end(void)
{
	struct hob_lane_stats s;

	MODEL_CHECK(inside == 0);
	hob_lane_stats(lane, &s);
	MODEL_CHECK(s.waiting == 0);
	scopes[model_self()].cancelled = 0;
	MODEL_CHECK(hob_lane_enter(lane, 0) == 0);
	hob_lane_leave(lane);
	hob_lane_destroy(lane);
}

static const struct program programs[] = {
	{ "e e", 4 },   { "ee e", 4 },  { "ee ee", 3 }, { "e e e", 2 }, { "E e", 4 },   { "E E", 4 }, { "E e e", 2 },
	{ "e e 0", 2 }, { "E e 0", 2 }, { "p e", 3 },   { "p p", 2 },   { "p E", 3 },   { "y e", 3 }, { "y y", 3 },
	{ "y e e", 1 }, { "c e", 3 },   { "c c", 3 },   { "c E", 3 },   { "c e e", 1 }, { "c p", 2 }, { "p e 1", 1 },
};

int main(void)
{
	test_programs(programs, sizeof programs / sizeof *programs, start, end);
	return model_done();
}
