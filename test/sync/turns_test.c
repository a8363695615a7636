/* Semaphore, wait group, once and read-write lock over the fake poller: what they count, in which order, and that
 * neither deadlines nor cancellation lose a turn. */
#include <hob.h>

#include "sched/fake_poller.h"
#include "sched/scopes.h"

enum { TASKS = 24, TURNS = SLOW_BUILD ? 30 : 100, ROUNDS = SLOW_BUILD ? 40 : 300 };

/* A hurried deadline sometimes, and never for the others. */
static hob_time some_time(struct dice *d)
{
	return roll(d, 4) ? HOB_NEVER : roll(d, 3) ? hob_now() + 2 * HOB_US : 0;
}

static void check_answer(int err, hob_time deadline)
{
	CHECK(err == 0 || err == -ECANCELED || (deadline != HOB_NEVER && err == -ETIMEDOUT));
}

/* Spawns TASKS of fn, a third of which are cancelled at some moment, and waits for all. */
static void with_many(hob_task_fn *fn, struct dice *dice)
{
	struct hob_scope *s = scope_new(), *unlucky = scope_new();

	for (uintptr_t i = 0; i < TASKS; i++)
		spawn(i % 3 ? s : unlucky, fn, (void *)(i + 1 + roll(dice, 1 << 20) * 64));
	for (uint64_t i = roll(dice, 100); i > 0; i--)
		hob_yield();
	hob_scope_cancel(unlucky);
	scope_join(unlucky);
	scope_join(s);
}

/* Lines up tasks one by one, each parked before the next one comes. */
struct place {
	int i;
	atomic_of(struct task *) task;
};

static int order[TASKS], ordered;

static void line_up(struct hob_scope *s, hob_task_fn *fn, struct place *p)
{
	ordered = 0;
	for (int i = 0; i < TASKS; i++) {
		struct task *t;

		p[i] = (struct place){ i, NULL };
		spawn(s, fn, &p[i]);
		while (!(t = at_load(&p[i].task, ACQUIRE)) || at_load(&t->permit, ACQUIRE) != PERMIT_PARKED)
			hob_yield();
	}
}

/* Semaphore */

static struct {
	struct hob_sem sem;
	atomic_of(int) inside, most;
} pool;

enum { PERMITS = 3 };

static int use_permit(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	int err = 0;

	for (int i = 0; i < TURNS && err != -ECANCELED; i++) {
		hob_time deadline = some_time(&dice);

		err = hob_sem_wait(&pool.sem, deadline);
		check_answer(err, deadline);
		if (err)
			continue;
		CHECK(at_add(&pool.inside, 1, RELAXED) < PERMITS);
		if (roll(&dice, 2))
			hob_yield();
		at_sub(&pool.inside, 1, RELAXED);
		CHECK_EQ(hob_sem_post(&pool.sem, 1), 0);
	}
	return 0;
}

static int share_permits(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);

	memset(&pool, 0, sizeof pool);
	CHECK_EQ(hob_sem_wait(&pool.sem, hob_now() + HOB_SECOND), -ETIMEDOUT);
	CHECK_EQ(hob_sem_post(&pool.sem, PERMITS), 0);
	with_many(use_permit, &dice);
	for (int i = 0; i < PERMITS; i++)
		CHECK_EQ(hob_sem_wait(&pool.sem, 0), 0);
	CHECK_EQ(hob_sem_wait(&pool.sem, 0), -ETIMEDOUT);
	CHECK_EQ(hob_sem_post(&pool.sem, UINT32_MAX), 0);
	CHECK_EQ(hob_sem_post(&pool.sem, 1), -EOVERFLOW);
	CHECK_EQ(hob_sem_wait(&pool.sem, 0), 0);
	CHECK_EQ(hob_sem_post(&pool.sem, 1), 0);
	return 0;
}

static void permits_are_neither_lost_nor_made(void)
{
	for (uintptr_t i = 0; i < ROUNDS / 4; i++)
		CHECK_EQ(fake_run(1 + i % 4, i, share_permits, (void *)i), 0);
	CHECK_EQ(hob_sem_wait(&pool.sem, 0), -EPERM);
}

static struct hob_sem line;

static int wait_in_line(void *arg)
{
	struct place *p = arg;

	at_store(&p->task, task_self(), RELEASE);
	CHECK_EQ(hob_sem_wait(&line, HOB_NEVER), 0);
	order[ordered++] = p->i;
	return hob_sem_post(&line, 1); /* to the next: one at a time */
}

static int stand_in_line(void *arg)
{
	struct hob_scope *s = scope_new();
	struct place p[TASKS];

	(void)arg;
	memset(&line, 0, sizeof line);
	line_up(s, wait_in_line, p);
	CHECK_EQ(hob_sem_post(&line, 1), 0);
	scope_join(s);
	for (int i = 0; i < TASKS; i++)
		CHECK_EQ(order[i], i);
	return 0;
}

static void first_come_first_served(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), stand_in_line, NULL), 0);
}

/* The semaphore is gone, and the runtime ends, as soon as a thread's permit has come. */

static atomic_of(struct hob_sem *) outside;

static void *post_from_outside(void *arg)
{
	struct hob_sem *s;

	(void)arg;
	while (!(s = at_load(&outside, ACQUIRE)))
		at_pause();
	CHECK_EQ(hob_sem_post(s, 1), 0);
	return NULL;
}

static int wait_for_a_stranger(void *arg)
{
	struct hob_sem *s = calloc(1, sizeof *s);

	(void)arg;
	CHECK(s);
	at_store(&outside, s, RELEASE);
	CHECK_EQ(hob_sem_wait(s, HOB_NEVER), 0);
	free(s);
	return 0;
}

static void a_stranger_may_post(void)
{
	for (unsigned i = 0; i < (SLOW_BUILD ? 40 : 200); i++) {
		pthread_t thread;

		outside = NULL;
		CHECK_EQ(sys.thread_create(&thread, post_from_outside, NULL), 0);
		CHECK_EQ(fake_run(1 + i % 3, test_random(), wait_for_a_stranger, NULL), 0);
		sys.thread_join(thread);
	}
}

/* Wait group */

static struct {
	struct hob_group group;
	atomic_of(int) todo, woken;
} chores;

static int do_chore(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);

	for (uint64_t i = roll(&dice, 5); i > 0; i--)
		hob_yield();
	at_sub(&chores.todo, 1, RELAXED);
	hob_group_done(&chores.group);
	return 0;
}

static int await_chores(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	hob_time deadline = some_time(&dice);
	int err = hob_group_wait(&chores.group, deadline);

	check_answer(err, deadline);
	if (!err)
		CHECK_EQ(at_load(&chores.todo, RELAXED), 0);
	at_add(&chores.woken, 1, RELAXED);
	return 0;
}

static int share_chores(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	struct hob_scope *s = scope_new();

	memset(&chores, 0, sizeof chores);
	CHECK_EQ(hob_group_wait(&chores.group, 0), 0);
	for (int round = 0; round < 3; round++) {
		at_store(&chores.todo, TASKS, RELAXED);
		hob_group_add(&chores.group, TASKS - 1);
		hob_group_add(&chores.group, 1);
		CHECK_EQ(hob_group_wait(&chores.group, 0), -ETIMEDOUT);
		CHECK_EQ(hob_group_wait(&chores.group, hob_now() + HOB_US), -ETIMEDOUT);
		for (uintptr_t i = 0; i < TASKS; i++)
			spawn(s, do_chore, (void *)roll(&dice, UINT64_MAX));
		with_many(await_chores, &dice);
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		CHECK_EQ(hob_group_wait(&chores.group, HOB_NEVER), 0);
	}
	CHECK_EQ(chores.woken, 3 * TASKS);
	scope_join(s);
	return 0;
}

static void all_wait_for_the_last(void)
{
	for (uintptr_t i = 0; i < ROUNDS / 2; i++)
		CHECK_EQ(fake_run(1 + i % 4, i, share_chores, (void *)i), 0);
	CHECK_EQ(hob_group_wait(&chores.group, 0), -EPERM);
}

/* Once */

static struct {
	struct hob_once once;
	atomic_of(int) running;
	int tries, fail, made;
} only;

static int make(void *arg)
{
	int failed;

	(void)arg;
	CHECK_EQ(at_add(&only.running, 1, RELAXED), 0);
	hob_yield();
	failed = only.tries++ < only.fail;
	only.made += !failed;
	hob_yield();
	at_sub(&only.running, 1, RELAXED);
	return failed ? -EIO : 3;
}

static int want(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	hob_time deadline = some_time(&dice);
	int err = hob_once(&only.once, make, NULL, deadline);

	if (err != -EIO)
		check_answer(err, deadline);
	if (!err)
		CHECK_EQ(only.made, 1);
	return 0;
}

static int make_once(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);

	memset(&only, 0, sizeof only);
	only.fail = (int)roll(&dice, 4);
	with_many(want, &dice);
	while (hob_once(&only.once, make, NULL, HOB_NEVER) == -EIO)
		;
	CHECK_EQ(only.made, 1);
	CHECK_EQ(only.tries, only.fail + 1);
	return 0;
}

static void it_is_done_once(void)
{
	for (uintptr_t i = 0; i < ROUNDS; i++)
		CHECK_EQ(fake_run(1 + i % 4, i, make_once, (void *)i), 0);
	CHECK_EQ(hob_once(&only.once, make, NULL, 0), 0); /* done is done, for any thread */
	memset(&only, 0, sizeof only);
	CHECK_EQ(hob_once(&only.once, make, NULL, 0), -EPERM);
}

/* Read-write lock */

static struct {
	struct hob_rwlock lock;
	atomic_of(int) readers, writers, together;
	int written; /* plain: the lock orders it */
} book;

static int use_book(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);
	int err = 0;

	for (int i = 0; i < TURNS && err != -ECANCELED; i++) {
		bool writes = roll(&dice, 3) == 0;
		hob_time deadline = some_time(&dice);
		int before;

		err = writes ? hob_rwlock_write(&book.lock, deadline) : hob_rwlock_read(&book.lock, deadline);
		check_answer(err, deadline);
		if (err)
			continue;
		CHECK_EQ(at_add(&book.writers, writes, RELAXED), 0);
		before = at_add(&book.readers, !writes, RELAXED);
		CHECK(!writes || before == 0);
		if (before > 0)
			at_store(&book.together, 1, RELAXED);
		before = book.written;
		if (roll(&dice, 2))
			hob_yield();
		CHECK_EQ(book.written, before);
		if (writes)
			book.written++;
		at_sub(&book.writers, writes, RELAXED);
		at_sub(&book.readers, !writes, RELAXED);
		hob_rwlock_unlock(&book.lock);
	}
	return 0;
}

static int share_book(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);

	memset(&book.lock, 0, sizeof book.lock);
	with_many(use_book, &dice);
	CHECK_EQ(hob_rwlock_write(&book.lock, 0), 0);
	CHECK_EQ(hob_rwlock_read(&book.lock, 0), -ETIMEDOUT);
	CHECK_EQ(hob_rwlock_write(&book.lock, 0), -ETIMEDOUT);
	hob_rwlock_unlock(&book.lock);
	CHECK_EQ(hob_rwlock_read(&book.lock, 0), 0);
	CHECK_EQ(hob_rwlock_read(&book.lock, 0), 0);
	CHECK_EQ(hob_rwlock_write(&book.lock, 0), -ETIMEDOUT);
	hob_rwlock_unlock(&book.lock);
	hob_rwlock_unlock(&book.lock);
	return 0;
}

static void one_writes_or_many_read(void)
{
	for (uintptr_t i = 0; i < ROUNDS / 4; i++)
		CHECK_EQ(fake_run(1 + i % 4, i, share_book, (void *)i), 0);
	CHECK(book.together);
	CHECK_EQ(hob_rwlock_read(&book.lock, 0), -EPERM);
}

static int read_behind_writer(void *arg)
{
	struct place *p = arg;
	bool writes = p->i % 4 == 0;

	at_store(&p->task, task_self(), RELEASE);
	CHECK_EQ(writes ? hob_rwlock_write(&book.lock, HOB_NEVER) : hob_rwlock_read(&book.lock, HOB_NEVER), 0);
	order[at_add(&ordered, 1, RELAXED)] = p->i / 4 * 2 + !writes;
	hob_yield();
	hob_rwlock_unlock(&book.lock);
	return 0;
}

static int write_in_vain(void *arg)
{
	struct place *p = arg;

	at_store(&p->task, task_self(), RELEASE);
	CHECK_EQ(hob_rwlock_write(&book.lock, HOB_NEVER), -ECANCELED);
	return 0;
}

/* While one reads a writer waits, and the readers that come later wait behind it, unless it gives up. */
static int wait_behind_writer(void *arg)
{
	struct hob_scope *s = scope_new(), *impatient = scope_new();
	struct place p[TASKS];

	(void)arg;
	memset(&book.lock, 0, sizeof book.lock);
	CHECK_EQ(hob_rwlock_read(&book.lock, 0), 0);
	line_up(s, read_behind_writer, p);
	CHECK_EQ(ordered, 0);
	hob_rwlock_unlock(&book.lock);
	scope_join(s);
	for (int i = 1; i < TASKS; i++)
		CHECK(order[i] >= order[i - 1]);

	CHECK_EQ(hob_rwlock_read(&book.lock, 0), 0);
	p[0] = (struct place){ 0, NULL };
	p[1] = (struct place){ 1, NULL };
	ordered = 0;
	s = scope_new();
	for (int i = 0; i < 2; i++) {
		struct task *t;

		spawn(i ? s : impatient, i ? read_behind_writer : write_in_vain, &p[i]);
		while (!(t = at_load(&p[i].task, ACQUIRE)) || at_load(&t->permit, ACQUIRE) != PERMIT_PARKED)
			hob_yield();
	}
	hob_scope_cancel(impatient);
	scope_join(impatient);
	scope_join(s); /* it reads along with us */
	hob_rwlock_unlock(&book.lock);
	return 0;
}

static void readers_wait_behind_a_writer(void)
{
	for (unsigned workers = 1; workers <= 4; workers++)
		CHECK_EQ(fake_run(workers, test_random(), wait_behind_writer, NULL), 0);
}

int main(void)
{
	test_start();
	watchdog(100);
	fake_start(8);
	TEST(permits_are_neither_lost_nor_made);
	TEST(first_come_first_served);
	TEST(a_stranger_may_post);
	TEST(all_wait_for_the_last);
	TEST(it_is_done_once);
	TEST(one_writes_or_many_read);
	TEST(readers_wait_behind_a_writer);
	return test_done();
}
