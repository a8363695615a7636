/* Scopes, src/sched/scope.c: the wait for an end misses none, cancellation reaches every task however deep, and a scope
 * may be freed as soon as its end was told. */
#include "sched/worker.h"
#include "tasks.h"

/* Thread 0 owns the scopes; the tasks of the others are in them. */
static struct hob_scope *outer, *inner;
static struct task *const owner = &tasks[0];
static struct runtime rt;
static struct worker workers[MODEL_THREADS];
static void *freed[4];
static unsigned nfreed;
static bool late_comer; /* task 3 is in the inner scope */

/* From here on nobody else may touch it. */
static void free_scope(void *s)
{
	model_write(s, sizeof(struct hob_scope));
	freed[nfreed++] = s;
}

static void enter_task(struct hob_scope *s, unsigned who)
{
	tasks[who].scope = s;
	MODEL_CHECK(scope_enter(s, &tasks[who], false));
}

/* 'i': a task of the inner scope; the rest of the outer one. */
static void start(void)
{
	tasks_start();
	memset(&rt, 0, sizeof rt);
	scope_init_root(&scopes[0], &rt);
	while (nfreed)
		sys_real.free(freed[--nfreed]);
	sys.free = free_scope;
	outer = inner = NULL;
	late_comer = false;
	MODEL_CHECK(hob_scope_create(&outer) == 0);
	owner->scope = outer; /* as a task of it would make the inner one */
	MODEL_CHECK(hob_scope_create(&inner) == 0);
	owner->scope = &scopes[0];
	for (unsigned i = 1; i < MODEL_THREADS && words[i]; i++)
		if (!strchr("0x", words[i][0]))
			enter_task(strchr("iIj", words[i][0]) ? inner : outer, i);
}

struct hob_forks *hob_forks_here(void)
{
	return &workers[model_self()].forks;
}

static void leave(int result)
{
	scope_leave(task_self(), NULL, result);
}

/* Parks until it is cancelled. */
static void await_cancel(void)
{
	int err;

	do
		err = task_park(WHY_SLEEP, HOB_NEVER, PARK_CANCELLABLE);
	while (err == 0);
	MODEL_CHECK(err == -ECANCELED);
}

static void destroy(struct hob_scope **s)
{
	hob_scope_destroy(*s);
	*s = NULL;
}

static void step(unsigned who, char letter)
{
	int err;

	(void)who;
	switch (letter) {
	case 'w': /* the owner: waits for the end of both */
		MODEL_CHECK((err = hob_scope_wait(inner, HOB_NEVER)) == 0 || err == -EIO);
		MODEL_CHECK((err = hob_scope_wait(outer, HOB_NEVER)) == 0 || err == -EIO);
		break;
	case 'W':
		err = hob_scope_wait(outer, SOON);
		MODEL_CHECK(err == 0 || err == -ETIMEDOUT || err == -EIO || err == -ECANCELED);
		break;
	case 'c':
		hob_scope_cancel(outer);
		break;
	case 'C':
		hob_scope_cancel(inner);
		break;
	case 'd': /* destroys */
		destroy(&inner);
		destroy(&outer);
		break;
	case 'n': /* the first task of the inner scope */
		tasks[3].scope = inner;
		late_comer = scope_enter(inner, &tasks[3], false);
		break;
	case 'x': /* another cancels */
		hob_scope_cancel(outer);
		break;
	case 't': /* a task: ends at once */
	case 'i':
		leave(0);
		break;
	case 'e':
	case 'I':
		leave(-EIO);
		break;
	case 'p': /* ends once it is cancelled */
	case 'j':
		await_cancel();
		leave(0);
		break;
	default:
		model_fail("no such step");
	}
}

/* Whoever came into a scope below one that is cancelled is cancelled. */
static void end(void)
{
	if (late_comer) {
		MODEL_CHECK(!anywhere("x") || task_cancelled(&tasks[3]));
		scope_leave(&tasks[3], NULL, 0);
	}
	if (inner)
		destroy(&inner);
	if (outer)
		destroy(&outer);
	MODEL_CHECK(list_empty(&scopes[0].children));
}

static const struct program programs[] = {
	{ "w t", 4 },    { "wd t", 4 },   { "wd i", 4 },    { "wd e", 4 },    { "d t", 4 },     { "d p", 4 },
	{ "d j", 4 },    { "wd t t", 2 }, { "wd t i", 2 },  { "wd i i", 2 },  { "d p p", 2 },   { "d p j", 2 },
	{ "d j j", 2 },  { "d t p", 2 },  { "Wd t", 4 },    { "Wd p", 4 },    { "Wd t t", 2 },  { "WWd t", 4 },
	{ "cd p", 4 },   { "Cd j", 4 },   { "Ccd j p", 2 }, { "cwd p j", 2 }, { "cwd i t", 2 }, { "wd e e", 2 },
	{ "wd I e", 2 }, { "d e p", 2 },  { "n x", 4 },
};

int main(void)
{
	test_programs(programs, sizeof programs / sizeof *programs, start, end);
	return model_done();
}
