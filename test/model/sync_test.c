/* Mutex, condition, semaphore, group, once and read-write lock, src/sync: nobody waits for ever, what is exclusive is,
 * and what was given to one that gives up at that moment is not lost. */
#include <hob/sync.h>

#include "tasks.h"

static struct hob_mutex mutex;
static struct hob_cond cond;
static struct hob_sem sem;
static struct hob_group group;
static struct hob_once once;
static struct hob_rwlock rwlock;
static unsigned guarded; /* by the mutex, or the read-write lock */
static bool flag;
static unsigned posted, got, onces, tried;
static unsigned inside, readers;
static atomic_of(uint32_t) let_in;

static void start(void)
{
	tasks_start();
	memset(&mutex, 0, sizeof mutex);
	memset(&cond, 0, sizeof cond);
	memset(&sem, 0, sizeof sem);
	memset(&group, 0, sizeof group);
	memset(&once, 0, sizeof once);
	memset(&rwlock, 0, sizeof rwlock);
	flag = false;
	let_in = 0;
	posted = got = onces = tried = inside = readers = 0;
	for (const char *c = program->text; *c; c++)
		if (*c == 'g')
			hob_group_add(&group, 1);
}

static bool done(int err)
{
	MODEL_CHECK(err == 0 || err == -ETIMEDOUT || err == -ECANCELED);
	MODEL_CHECK(err != -ETIMEDOUT || anywhere("MDSWORE"));
	MODEL_CHECK(err != -ECANCELED || anywhere("0123"));
	return err == 0;
}

static void enter(void)
{
	MODEL_CHECK(inside++ == 0);
	model_write(&guarded, sizeof guarded);
}

static void leave(void)
{
	model_write(&guarded, sizeof guarded);
	inside--;
}

static void lock_mutex(hob_time deadline)
{
	if (!done(hob_mutex_lock(&mutex, deadline)))
		return;
	overwrite_stack(); /* with what the wait had there: its giver may not look at that any more */
	enter();
	leave();
	hob_mutex_unlock(&mutex);
}

/* Waits for the flag. */
static void wait_cond(hob_time deadline)
{
	if (!done(hob_mutex_lock(&mutex, HOB_NEVER)))
		return;
	enter();
	while (!flag) {
		bool more;

		leave();
		more = done(hob_cond_wait(&cond, (struct hob_mutex *)&mutex, deadline));
		enter();
		if (!more)
			break;
	}
	leave();
	hob_mutex_unlock(&mutex);
}

static void set_flag(bool all)
{
	if (!done(hob_mutex_lock(&mutex, HOB_NEVER)))
		return;
	enter();
	flag = true;
	leave();
	hob_mutex_unlock(&mutex);
	if (all)
		hob_cond_broadcast(&cond);
	else
		hob_cond_signal(&cond);
}

static int do_once(void *arg)
{
	(void)arg;
	MODEL_CHECK(inside++ == 0 && onces == 0);
	model_write(&guarded, sizeof guarded);
	inside--;
	onces++;
	return 0;
}

static int fail_once(void *arg)
{
	(void)arg;
	MODEL_CHECK(inside++ == 0 && onces == 0);
	inside--;
	tried++;
	return -EIO;
}

static void run_once(hob_time deadline)
{
	if (done(hob_once(&once, do_once, NULL, deadline)))
		model_read(&guarded, sizeof guarded);
}

static void read_lock(hob_time deadline)
{
	if (!done(hob_rwlock_read(&rwlock, deadline)))
		return;
	readers++;
	MODEL_CHECK(inside == 0);
	model_read(&guarded, sizeof guarded);
	if (anywhere("h")) {
		at_store(&let_in, 1, RELEASE);
		futex_wake(&let_in, 1);
	}
	readers--;
	hob_rwlock_unlock(&rwlock);
}

/* Does not leave before another reader is in: a writer that gave up may not keep that one out. */
static void hold_read(void)
{
	if (!done(hob_rwlock_read(&rwlock, HOB_NEVER)))
		return;
	readers++;
	while (!at_load(&let_in, ACQUIRE))
		futex_wait(&let_in, 0, INT64_MAX);
	readers--;
	hob_rwlock_unlock(&rwlock);
}

static void write_lock(hob_time deadline)
{
	if (!done(hob_rwlock_write(&rwlock, deadline)))
		return;
	MODEL_CHECK(readers == 0);
	enter();
	leave();
	hob_rwlock_unlock(&rwlock);
}

static void wait_group(hob_time deadline)
{
	if (done(hob_group_wait(&group, deadline)))
		model_write(&group, sizeof group); /* it may be freed */
}

static void wait_sem(hob_time deadline, bool frees)
{
	if (!done(hob_sem_wait(&sem, deadline)))
		return;
	got++;
	if (!frees)
		return;
	model_read(&flag, sizeof flag); /* of the one that posts */
	model_write(&sem, sizeof sem);
}

static void post(uint32_t n)
{
	posted += n;
	MODEL_CHECK(hob_sem_post(&sem, n) == 0);
}

/* A capital has a deadline. */
static void step(unsigned who, char letter)
{
	hob_time deadline = letter >= 'A' && letter <= 'Z' ? SOON : HOB_NEVER;
	int err;

	(void)who;
	switch (letter) {
	case 'm':
	case 'M':
		lock_mutex(deadline);
		break;
	case 'd':
	case 'D':
		wait_cond(deadline);
		break;
	case 'f':
		set_flag(false);
		break;
	case 'b':
		set_flag(true);
		break;
	case 's':
	case 'S':
		wait_sem(deadline, false);
		break;
	case 'l':
		wait_sem(deadline, true);
		break;
	case 'p':
		if (anywhere("l"))
			model_write(&flag, sizeof flag);
		post(1);
		break;
	case 'q':
		post(2);
		break;
	case 'g':
		hob_group_done(&group);
		break;
	case 'w':
	case 'W':
		wait_group(deadline);
		break;
	case 'v': /* one of two that wait */
		done(hob_group_wait(&group, deadline));
		break;
	case 'o':
	case 'O':
		run_once(deadline);
		break;
	case 'x':
		err = hob_once(&once, fail_once, NULL, HOB_NEVER);
		MODEL_CHECK(err == -EIO || (err == 0 && onces == 1) || err == -ECANCELED);
		break;
	case 'r':
	case 'R':
		read_lock(deadline);
		break;
	case 'h':
		hold_read();
		break;
	case 'e':
	case 'E':
		write_lock(deadline);
		break;
	default:
		model_fail("no such step");
	}
}

/* All are given back: so each may be had again without a wait. */
static void end(void)
{
	MODEL_CHECK(inside == 0 && readers == 0 && onces <= 1);
	for (unsigned i = 0; i < MODEL_THREADS; i++)
		at_store(&scopes[i].cancelled, 0, RELAXED);
	MODEL_CHECK(hob_mutex_lock(&mutex, 0) == 0);
	MODEL_CHECK(hob_rwlock_write(&rwlock, 0) == 0);
	while (hob_sem_wait(&sem, 0) == 0)
		got++;
	MODEL_CHECK(posted == got);
	MODEL_CHECK(mutex.opaque[1] == 0 || mutex.opaque[1] == (uintptr_t)&mutex.opaque[1]); /* nobody is in line */
	MODEL_CHECK(cond.opaque[1] == 0 || cond.opaque[1] == (uintptr_t)&cond.opaque[1]);
	MODEL_CHECK(sem.opaque[1] == 0 || sem.opaque[1] == (uintptr_t)&sem.opaque[1]);
	MODEL_CHECK(rwlock.opaque[1] == 0 || rwlock.opaque[1] == (uintptr_t)&rwlock.opaque[1]);
}

static const struct program programs[] = {
	/* mutex */
	{ "m m", 4 },
	{ "mm m", 4 },
	{ "mm mm", 4 },
	{ "m m m", 2 },
	{ "M m", 4 },
	{ "M M", 4 },
	{ "M m m", 2 },
	{ "m m 0", 2 },
	{ "m m 1", 2 },
	{ "M m 0", 2 },
	{ "mm m 0", 2 },
	/* condition */
	{ "d f", 4 },
	{ "d b", 4 },
	{ "D f", 4 },
	{ "D b", 4 },
	{ "d d b", 2 },
	{ "d d ff", 2 },
	{ "D d b", 2 },
	{ "d f 0", 2 },
	{ "D f 0", 2 },
	{ "d 0", 4 },
	/* semaphore */
	{ "s p", 4 },
	{ "l p", 4 },
	{ "ss pp", 4 },
	{ "ss q", 4 },
	{ "S p", 4 },
	{ "SS p", 4 },
	{ "s s q", 2 },
	{ "s s pp", 2 },
	{ "s p p", 2 },
	{ "s p 0", 2 },
	{ "S p 0", 2 },
	{ "s 0", 4 },
	/* group */
	{ "w g", 4 },
	{ "w gg", 4 },
	{ "w g g", 2 },
	{ "W g", 4 },
	{ "W gg", 4 },
	{ "w g 0", 2 },
	{ "W g g", 2 },
	{ "v v g", 2 },
	/* once */
	{ "o o", 4 },
	{ "o o o", 2 },
	{ "x o", 4 },
	{ "x x", 4 },
	{ "x o o", 2 },
	{ "x O o", 2 },
	{ "O o", 4 },
	{ "x o 1", 2 },
	{ "o o 0", 2 },
	{ "oo o", 4 },
	{ "x O", 4 },
	/* read-write lock */
	{ "r r", 4 },
	{ "r e", 4 },
	{ "e e", 4 },
	{ "r r e", 2 },
	{ "r e e", 2 },
	{ "R e", 4 },
	{ "r E", 4 },
	{ "E e", 4 },
	{ "r E r", 2 },
	{ "e E r", 2 },
	{ "e R r", 2 },
	{ "r e 0", 2 },
	{ "r e 1", 2 },
	{ "er re", 4 },
	{ "h E r", 2 },
	/* of several kinds */
	{ "mp sm", 4 },
	{ "mg wm", 4 },
};

int main(void)
{
	test_programs(programs, sizeof programs / sizeof *programs, start, end);
	return model_done();
}
