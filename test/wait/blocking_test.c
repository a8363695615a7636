/* hob_blocking: answers, order, the bound, growing and shrinking, what cannot be had, and the end of the runtime. */
#include "wait/each.h"

enum { MANY = SLOW_BUILD ? 200 : 1000 };

static atomic_of(uint32_t) gate, inside, most, ran, started, joined, others, told, refuse_after;
static atomic_of(bool) impatient;

/* The threads, counted; the Nth may be refused. Where impatient, a sleep with a deadline is over at once. */

static int counted_create(pthread_t *out, size_t stack_bytes, void *(*fn)(void *), void *arg)
{
	int err;

	if (at_load(&started, RELAXED) >= at_load(&refuse_after, RELAXED))
		return -EAGAIN;
	err = sys_real.thread_create_sized(out, stack_bytes, fn, arg);
	if (!err)
		at_add(&started, 1, RELAXED);
	return err;
}

/* A thread of the scheduler's. */
static int counted_other(pthread_t *out, void *(*fn)(void *), void *arg)
{
	at_add(&others, 1, RELAXED);
	return sys_real.thread_create(out, fn, arg);
}

static int counted_join(pthread_t t)
{
	at_add(&joined, 1, RELAXED);
	return sys_real.thread_join(t);
}

static int hasty_futex_wait(uint32_t *word, uint32_t expected, const struct timespec *deadline)
{
	if (deadline && at_load(&impatient, RELAXED))
		return -ETIMEDOUT;
	return sys_real.futex_wait(word, expected, deadline);
}

static void reset(void)
{
	at_store(&gate, 0, RELAXED);
	at_store(&inside, 0, RELAXED);
	at_store(&most, 0, RELAXED);
	at_store(&ran, 0, RELAXED);
	at_store(&started, 0, RELAXED);
	at_store(&joined, 0, RELAXED);
	at_store(&refuse_after, UINT32_MAX, RELAXED);
	at_store(&impatient, false, RELAXED);
}

static void open_gate(void)
{
	at_store(&gate, 1, RELEASE);
	futex_wake(&gate, INT32_MAX);
}

static void until(atomic_of(uint32_t) *word, uint32_t at_least)
{
	while (at_load(word, ACQUIRE) < at_least)
		hob_yield();
}

/* What the threads run. */

static int answer(void *arg)
{
	CHECK_EQ(hob_sleep(0), -EPERM);
	CHECK_EQ(hob_blocking(answer, arg, HOB_NEVER), -EPERM);
	at_add(&ran, 1, RELAXED);
	return (int)(intptr_t)arg;
}

static int behind_gate(void *arg)
{
	uint32_t now = at_add(&inside, 1, ACQ_REL) + 1, max = at_load(&most, RELAXED);

	while (now > max && !at_cas(&most, &max, now, RELAXED))
		;
	while (!at_load(&gate, ACQUIRE))
		futex_wait(&gate, 0, INT64_MAX);
	at_sub(&inside, 1, RELAXED);
	at_add(&ran, 1, RELAXED);
	return (int)(intptr_t)arg;
}

static int large_stack(void *arg)
{
	char mem[128 << 10];

	memset(mem, 7, sizeof mem);
	__asm__ volatile("" : : "r"(mem) : "memory");
	return mem[(uintptr_t)arg];
}

static int answers(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	reset();
	CHECK_EQ(hob_blocking(answer, (void *)0, HOB_NEVER), 0);
	CHECK_EQ(hob_blocking(answer, (void *)7, hob_after(3600 * HOB_SECOND)), 7);
	CHECK_EQ(hob_blocking(answer, (void *)-ENOENT, HOB_NEVER), -ENOENT);
	CHECK_EQ(hob_blocking(large_stack, (void *)5000, HOB_NEVER), 7);
	for (int i = 0; i < 1000; i++)
		CHECK_EQ(hob_blocking(answer, (void *)(intptr_t)i, HOB_NEVER), i);
	CHECK_EQ(at_load(&ran, RELAXED), 1003);
	CHECK_EQ(hob_blocking(answer, NULL, 0), -ETIMEDOUT);
	CHECK_EQ(hob_blocking(answer, NULL, hob_now() - 1), -ETIMEDOUT);
	CHECK_EQ(at_load(&ran, RELAXED), 1003);
	CHECK(at_load(&started, RELAXED) < 20); /* a row of calls needs a thread or two */
	hob_scope_destroy(s);
	return 0;
}

static int one_call(void *arg)
{
	CHECK_EQ(hob_blocking(behind_gate, arg, HOB_NEVER), (intptr_t)arg);
	return 0;
}

/* As many at once as there are, up to the bound; the others have their turn after. */
static int grows(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	reset();
	for (intptr_t i = 0; i < MANY; i++)
		spawn(s, one_call, (void *)i);
	until(&inside, MANY < HOB_BLOCKING_MAX ? MANY : HOB_BLOCKING_MAX);
	CHECK_EQ(hob_scope_wait(s, hob_after(HOB_MS)), -ETIMEDOUT);
	open_gate();
	scope_join(s);
	CHECK_EQ(at_load(&ran, RELAXED), MANY);
	CHECK(at_load(&most, RELAXED) <= HOB_BLOCKING_MAX);
	CHECK(at_load(&started, RELAXED) <= HOB_BLOCKING_MAX);
	return 0;
}

/* Threads that have been idle for long leave; the last but one is joined by the last. */
static int shrinks(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	reset();
	at_store(&impatient, true, RELAXED);
	for (intptr_t i = 0; i < 20; i++)
		spawn(s, one_call, (void *)i);
	until(&inside, 20);
	open_gate();
	scope_join(s);
	until(&joined, at_load(&started, RELAXED) - 1);
	at_store(&impatient, false, RELAXED);
	CHECK_EQ(hob_blocking(answer, (void *)3, HOB_NEVER), 3); /* and come again */
	return 0;
}

struct attempt {
	hob_time deadline;
	int result;
	atomic_of(uint32_t) begun;
};

static int attempt(void *arg)
{
	struct attempt *a = arg;

	at_store(&a->begun, 1, RELEASE);
	a->result = hob_blocking(answer, (void *)1, a->deadline);
	return 0;
}

/* With every thread taken (options: two), a call waits in the queue, and can be taken out of it. */
static int gives_up_in_the_queue(void *arg)
{
	struct hob_scope *taken = scope_new(), *waiting = scope_new();
	struct attempt late = { .deadline = HOB_NEVER }, soon = { 0 }, stays = { .deadline = HOB_NEVER };

	(void)arg;
	reset();
	spawn(taken, one_call, (void *)1);
	spawn(taken, one_call, (void *)2);
	until(&inside, 2);
	soon.deadline = hob_after(100 * HOB_US);
	attempt(&soon);
	CHECK_EQ(soon.result, -ETIMEDOUT);
	spawn(waiting, attempt, &late);
	until(&late.begun, 1);
	for (int i = 0; i < 5; i++)
		hob_yield();
	hob_scope_cancel(waiting);
	hob_scope_destroy(waiting);
	CHECK_EQ(late.result, -ECANCELED);
	CHECK_EQ(at_load(&ran, RELAXED), 0);
	spawn(taken, attempt, &stays);
	until(&stays.begun, 1);
	open_gate();
	scope_join(taken);
	CHECK_EQ(stays.result, 1);
	CHECK_EQ(at_load(&most, RELAXED), 2);
	CHECK_EQ(at_load(&started, RELAXED), 2);
	return 0;
}

struct begun {
	bool timed;
	hob_time deadline;
	int result;
};

static int begin(void *arg)
{
	struct begun *b = arg;

	do { /* on a busy machine it may have no turn in time: then again */
		b->deadline = b->timed ? hob_after(50 * HOB_MS) : HOB_NEVER;
		b->result = hob_blocking(behind_gate, (void *)9, b->deadline);
	} while (b->result == -ETIMEDOUT);
	return 0;
}

/* A call that has begun is waited for. */
static int ends_what_it_began(void *arg)
{
	struct hob_scope *s = scope_new();
	struct begun b[2] = { { .timed = false }, { .timed = true } };

	(void)arg;
	reset();
	spawn(s, begin, &b[0]);
	spawn(s, begin, &b[1]);
	until(&inside, 2);
	while (hob_now() < b[1].deadline)
		hob_yield();
	hob_scope_cancel(s);
	CHECK_EQ(hob_scope_wait(s, hob_after(200 * HOB_US)), -ETIMEDOUT);
	open_gate();
	scope_join(s);
	CHECK_EQ(b[0].result, 9);
	CHECK_EQ(b[1].result, 9);
	return 0;
}

static int cancelled_before(void *arg)
{
	CHECK_EQ(hob_blocking(answer, NULL, HOB_NEVER), -ECANCELED);
	CHECK_EQ(hob_blocking(answer, NULL, 0), -ECANCELED);
	at_store((uint32_t *)arg, 2, RELEASE);
	return 0;
}

static int wait_then_call(void *arg)
{
	while (hob_yield() == 0 && at_load((uint32_t *)arg, ACQUIRE) == 0)
		;
	return cancelled_before(arg);
}

static int cancelled(void *arg)
{
	struct hob_scope *s = scope_new();
	static uint32_t word;

	(void)arg;
	reset();
	at_store(&word, 0, RELAXED);
	spawn(s, wait_then_call, &word);
	hob_scope_cancel(s);
	at_store(&word, 1, RELEASE);
	scope_join(s);
	CHECK_EQ(at_load(&word, RELAXED), 2);
	CHECK_EQ(at_load(&ran, RELAXED), 0);
	return 0;
}

static atomic_of(uint32_t) refused;

static int may_be_refused(void *arg)
{
	int r = hob_blocking(answer, arg, HOB_NEVER);

	CHECK(r == (intptr_t)arg || r == -EAGAIN);
	if (r == -EAGAIN)
		at_add(&refused, 1, RELAXED);
	return 0;
}

/* No thread: -EAGAIN, and none is lost; some threads: they do all. */
static int few_threads(void *arg)
{
	(void)arg;
	for (uint32_t n = 0; n < 4; n++) {
		struct hob_scope *s = scope_new();

		reset();
		at_store(&refused, 0, RELAXED);
		/* those that are there from the round before stay: so this many more */
		at_store(&refuse_after, n, RELAXED);
		for (intptr_t i = 1; i <= 50; i++)
			spawn(s, may_be_refused, (void *)i);
		scope_join(s);
		CHECK_EQ(at_load(&refused, RELAXED), n == 0 ? 50 : 0);
		CHECK_EQ(at_load(&ran, RELAXED), n == 0 ? 0 : 50);
	}
	return 0;
}

static atomic_of(bool) out_of_memory;

static void *may_alloc(size_t bytes)
{
	return at_load(&out_of_memory, RELAXED) ? NULL : sys_real.alloc(bytes);
}

static int without_memory(void *arg)
{
	(void)arg;
	reset();
	at_store(&out_of_memory, true, RELAXED);
	CHECK_EQ(hob_blocking(answer, NULL, HOB_NEVER), -ENOMEM);
	at_store(&out_of_memory, false, RELAXED);
	CHECK_EQ(hob_blocking(answer, (void *)4, HOB_NEVER), 4);
	return 0;
}

/* Chance: short calls, long ones, deadlines, cancellation, all at once. */

static int brief(void *arg)
{
	uint32_t spins = (uint32_t)(uintptr_t)arg;

	for (uint32_t i = 0; i < spins; i++)
		at_pause();
	at_add(&ran, 1, RELAXED);
	return 1;
}

static int storm_caller(void *arg)
{
	struct dice dice = dice_of((uintptr_t)arg);

	for (int i = 0; i < (SLOW_BUILD ? 50 : 300); i++) {
		hob_time deadline = roll(&dice, 3) ? HOB_NEVER : hob_after((int64_t)roll(&dice, 50) * HOB_US);
		int r = hob_blocking(brief, (void *)(uintptr_t)roll(&dice, 2000), deadline);

		if (r == 1)
			at_add(&told, 1, RELAXED);
		CHECK(r == 1 || r == -ETIMEDOUT || r == -ECANCELED);
		if (r == -ECANCELED)
			return 0;
		if (deadline == HOB_NEVER)
			CHECK_EQ(r, 1);
	}
	return 0;
}

static int storm(void *arg)
{
	(void)arg;
	for (int round = 0; round < 4; round++) {
		struct hob_scope *s = scope_new();

		reset();
		at_store(&told, 0, RELAXED);
		for (uintptr_t i = 0; i < 12; i++)
			spawn(s, storm_caller, (void *)(i + 12u * (unsigned)round));
		if (round % 2) {
			until(&ran, 200);
			hob_scope_cancel(s);
		}
		scope_join(s);
		CHECK_EQ(at_load(&ran, RELAXED), at_load(&told, RELAXED)); /* what ran was answered, and only that */
	}
	return 0;
}

/* Two threads at most. */
static void each_bounded(void)
{
	for (int i = 0; i < 4; i++) {
		struct hob_options o = { .workers = i % 2 ? 3 : 1, .blocking_max = 2, .stack_bytes = 64 << 10 };

		o.backend = i < 2 && each_has_ring() ? HOB_BACKEND_IO_URING : HOB_BACKEND_EPOLL;
		CHECK_EQ(hob_run(&o, gives_up_in_the_queue, NULL), 0);
	}
}

static void every_thread_is_joined(void)
{
	hob_task_fn *runs[] = { grows, shrinks, ends_what_it_began };

	for (unsigned i = 0; i < 3; i++) {
		at_store(&others, 0, RELAXED);
		CHECK_EQ(each_run(HOB_BACKEND_EPOLL, 1, runs[i], NULL), 0);
		CHECK(at_load(&started, RELAXED) > 0);
		CHECK_EQ(at_load(&started, RELAXED) + at_load(&others, RELAXED), at_load(&joined, RELAXED));
	}
}

static void outside(void)
{
	CHECK_EQ(hob_blocking(answer, NULL, HOB_NEVER), -EPERM);
}

int main(void)
{
	test_start();
	watchdog(60);
	sys.thread_create_sized = counted_create;
	sys.thread_create = counted_other;
	sys.thread_join = counted_join;
	sys.futex_wait = hasty_futex_wait;
	sys.alloc = may_alloc;
	TEST(outside);
	EACH(answers);
	EACH(grows);
	EACH(shrinks);
	TEST(each_bounded);
	EACH(ends_what_it_began);
	EACH(cancelled);
	EACH(few_threads);
	EACH(without_memory);
	EACH(storm);
	TEST(every_thread_is_joined);
	return test_done();
}
