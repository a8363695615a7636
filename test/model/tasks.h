/* Tasks for models of what stands over the scheduler: each thread of a model is one, with a scope of its own to be
 * cancelled in, and parks as park.c says: a permit, a deadline that may pass at any time, a lane that is let go of. And
 * programs of one letter a step, so that many can stand in one table.
 */
#ifndef MODEL_TASKS_H
#define MODEL_TASKS_H

#include <errno.h>
#include <string.h>

#include "base/sys.h"
#include "model.h"
#include "sched/scope.h"
#include "sched/task.h"

#define SOON ((hob_time)1 << 40) /* a deadline that is yet to come */

static struct task tasks[MODEL_THREADS];
static struct hob_scope scopes[MODEL_THREADS];
static int64_t clock_now;

static int64_t tasks_now(void)
{
	return clock_now += HOB_SECOND;
}

static void tasks_start(void)
{
	memset(tasks, 0, sizeof tasks);
	memset(scopes, 0, sizeof scopes);
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		tasks[i].scope = &scopes[i];
	clock_now = HOB_SECOND;
	sys.now = sys.now_coarse = tasks_now;
}

struct task *task_self(void)
{
	return &tasks[model_self()];
}

bool task_cancelled(const struct task *t)
{
	return at_load(&t->scope->cancelled, RELAXED) && !t->shields;
}

static bool take_permit(struct task *t)
{
	return at_swap(&t->permit, PERMIT_NONE, ACQUIRE) == PERMIT_GIVEN;
}

/* False: the deadline has come, after a while. */
static bool await_permit(struct task *t, hob_time deadline)
{
	for (int i = 0; i < 2 && deadline != HOB_NEVER; i++) {
		if (take_permit(t))
			return model_choose(2) == 0; /* or it has passed meanwhile */
		futex_wait(&t->permit, PERMIT_NONE, deadline);
	}
	if (deadline != HOB_NEVER)
		return take_permit(t);
	while (!take_permit(t))
		futex_wait(&t->permit, PERMIT_NONE, INT64_MAX);
	return true;
}

int task_park(enum why why, hob_time deadline, enum park how)
{
	struct task *t = task_self();
	struct task_lane *lane = t->lane;
	bool in_time;

	(void)why;
	if (how == PARK_CANCELLABLE && task_cancelled(t))
		return -ECANCELED;
	if (deadline <= 0)
		return -ETIMEDOUT;
	if (lane)
		lane->let_go(t);
	in_time = await_permit(t, deadline);
	if (lane)
		lane->take(t, lane);
	if (how == PARK_CANCELLABLE && task_cancelled(t))
		return -ECANCELED;
	return in_time ? 0 : -ETIMEDOUT;
}

void task_unpark(struct task *t)
{
	at_swap(&t->permit, PERMIT_GIVEN, ACQ_REL);
	futex_wake(&t->permit, 1);
}

int hob_yield(void)
{
	struct task *t = task_self();
	struct task_lane *lane = t->lane;

	if (lane)
		lane->let_go(t);
	at_pause();
	if (lane)
		lane->take(t, lane);
	return 0;
}

static inline void cancel_task(unsigned who)
{
	at_store(&scopes[who].cancelled, 1, SEQ_CST);
	task_unpark(&tasks[who]);
}

/* Programs --------------------------------------------------------------------------------------------------------- */

/* One word a thread; in it a letter a step. A digit cancels the task of that number. */
struct program {
	const char *text;
	unsigned bound;
};

static const struct program *program;
static const char *words[MODEL_THREADS];

static unsigned split(const char *text)
{
	static char copy[80];
	unsigned n = 0;
	char *save;

	memset(words, 0, sizeof words);
	memset(copy, 0, sizeof copy);
	strncpy(copy, text, sizeof copy - 1);
	for (char *w = strtok_r(copy, " ", &save); w && n < MODEL_THREADS; w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	return n;
}

static inline bool anywhere(const char *letters)
{
	return strpbrk(program->text, letters) != NULL;
}

static void step(unsigned who, char letter);

/* What a step had on its stack is no more: who touches it from here on races with this. */
static __attribute__((noinline)) void overwrite_stack(void)
{
	volatile char dead[768];

	for (unsigned i = 0; i < sizeof dead; i++)
		dead[i] = 0x5a;
	model_write((char *)(uintptr_t)dead, sizeof dead);
}

static void run_words(unsigned who)
{
	for (const char *c = words[who]; *c; c++) {
		if (*c >= '0' && *c <= '9')
			cancel_task((unsigned)(*c - '0'));
		else
			step(who, *c);
		overwrite_stack();
	}
}

static void test_programs(const struct program *list, unsigned n, void (*start)(void), void (*end)(void))
{
	for (program = list; program < list + n; program++) {
		struct model m = { program->text, split(program->text), start, run_words, end };

		model_test(&m, program->bound, false);
	}
}

#endif
