/* The alarms of a worker, src/wait/timers.c, over the scheduler's permit: fired or stopped, a timer is its task's again
 * once it is disarmed, and every wait ends. And the lock and the shared queue, which need no tasks to run. */
#include "sched/inject.h"
#include "tasks.h"
#include "wait/timers.h"

static struct timers timers;
static struct inject inject;
static struct lock plain;
static struct task queued[4];
static unsigned npushed, seen[4], guarded;

static void start(void)
{
	tasks_start();
	timers_init(&timers);
	inject_init(&inject);
	memset(&plain, 0, sizeof plain);
	memset(seen, 0, sizeof seen);
	npushed = guarded = 0;
}

struct task *timer_task(struct timer *t)
{
	return container_of(t, struct task, timer);
}

/* As task_park does. */
static void sleep_until(struct task *t, hob_time when, bool stops)
{
	t->timer.when = when;
	timers_start(&timers, &t->timer);
	while (!stops && at_load(&t->timer.armed, ACQUIRE))
		task_park(WHY_SLEEP, HOB_NEVER, PARK_SHIELDED);
	if (at_load(&t->timer.armed, ACQUIRE))
		timers_stop(&timers, &t->timer);
	MODEL_CHECK(!at_load(&t->timer.armed, ACQUIRE));
	model_write(&t->timer, sizeof t->timer);
}

static void push(unsigned n)
{
	struct task *batch[2];

	for (unsigned i = 0; i < n; i++)
		batch[i] = &queued[npushed++];
	inject_push(&inject, batch, n);
}

static void pop(unsigned n)
{
	struct task *got[4];
	unsigned k = inject_pop(&inject, got, n);

	MODEL_CHECK(k <= n);
	for (unsigned i = 0; i < k; i++)
		MODEL_CHECK(seen[got[i] - queued]++ == 0 && (i == 0 || got[i] > got[i - 1]));
}

static bool unfired(void)
{
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		if (words[i] && strchr(words[i], 's') && !tasks[i].why)
			return true;
	return false;
}

static void step(unsigned who, char letter)
{
	switch (letter) {
	case 's': /* sleeps until it is woken */
		sleep_until(&tasks[who], 1, false);
		tasks[who].why = 1;
		break;
	case 'x': /* stops its timer, which may fire meanwhile */
		sleep_until(&tasks[who], 1, true);
		break;
	case 'n': /* one that is not due */
		sleep_until(&tasks[who], HOB_NEVER - 1, true);
		break;
	case 'f':
		timers_fire(&timers);
		break;
	case 'F': /* until nobody sleeps */
		while (unfired()) {
			timers_fire(&timers);
			at_pause();
		}
		break;
	case 'p':
	case 'q':
		push(letter == 'q' ? 2 : 1);
		break;
	case 'o':
	case 't':
		pop(letter == 't' ? 2 : 1);
		break;
	case 'l':
		lock(&plain);
		model_write(&guarded, sizeof guarded);
		guarded++;
		unlock(&plain);
		break;
	case 'y':
		if (lock_try(&plain)) {
			model_write(&guarded, sizeof guarded);
			guarded++;
			unlock(&plain);
		}
		break;
	default:
		model_fail("no such step");
	}
}

static void end(void)
{
	MODEL_CHECK(!timers.root && timers.next == HOB_NEVER);
	pop(4);
	for (unsigned i = 0; i < npushed; i++)
		MODEL_CHECK(seen[i] == 1);
	MODEL_CHECK(!inject.first && inject.length == 0 && inject.last == &inject.first);
	MODEL_CHECK(plain.state == 0);
}

static const struct program programs[] = {
	{ "s F", 3 },   { "x f", 4 },   { "xx f", 4 },  { "n f", 4 },   { "xn f", 4 },  { "x x f", 2 },
	{ "x n f", 2 }, { "s x F", 1 }, { "x f f", 2 }, { "x ff", 4 },  { "s s F", 1 }, { "p o", 4 },
	{ "q t", 4 },   { "q o", 4 },   { "pp oo", 4 }, { "q o o", 2 }, { "po oo", 4 }, { "q o t", 2 },
	{ "l l", 4 },   { "ll ll", 3 }, { "l l l", 2 }, { "l y", 4 },   { "ll y", 4 },  { "l y y", 2 },
};

int main(void)
{
	test_programs(programs, sizeof programs / sizeof *programs, start, end);
	return model_done();
}
