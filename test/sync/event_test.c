/* Events over both backends: set before the wait and after, by tasks, threads and signal handlers. */
#include "wait/each.h"

static struct hob_event *event;
static atomic_of(int) taken, waiting, handled;
static int written; /* plain: the event orders it */

static struct hob_event *event_new(void)
{
	struct hob_event *e;

	CHECK_EQ(hob_event_create(&e), 0);
	return e;
}

static int answers(void *arg)
{
	struct hob_event *e = event_new();

	(void)arg;
	CHECK_EQ(hob_event_wait(e, 0), -ETIMEDOUT);
	CHECK_EQ(hob_event_wait(e, hob_after(100 * HOB_US)), -ETIMEDOUT);
	for (int i = 0; i < 2; i++) {
		hob_time deadlines[] = { 0, HOB_NEVER };

		hob_event_set(e);
		hob_event_set(e);
		CHECK_EQ(hob_event_wait(e, deadlines[i]), 0);
		CHECK_EQ(hob_event_wait(e, 0), -ETIMEDOUT);
	}
	hob_event_destroy(e);
	hob_event_destroy(NULL);
	return 0;
}

static int take_one(void *arg)
{
	int err;

	(void)arg;
	at_add(&waiting, 1, RELAXED);
	err = hob_event_wait(event, HOB_NEVER);
	CHECK(err == 0 || err == -ECANCELED);
	at_add(&taken, !err, RELAXED);
	return 0;
}

/* One set, one wait; the others wait on, until they are cancelled. */
static int one_of_many(void *arg)
{
	enum { N = 20 };
	struct hob_scope *s = scope_new();

	(void)arg;
	event = event_new();
	taken = waiting = 0;
	for (int i = 0; i < N; i++)
		spawn(s, take_one, NULL);
	while (at_load(&waiting, RELAXED) < N)
		hob_yield();
	for (int i = 1; i <= N / 2; i++) {
		hob_event_set(event);
		while (at_load(&taken, RELAXED) < i)
			hob_yield();
	}
	CHECK_EQ(hob_scope_wait(s, hob_after(HOB_MS)), -ETIMEDOUT);
	CHECK_EQ(taken, N / 2);
	hob_scope_cancel(s);
	scope_join(s);
	CHECK_EQ(taken, N / 2);
	hob_event_destroy(event);
	return 0;
}

enum { ROUNDS = 200 };

static void set_event(int sig)
{
	(void)sig;
	hob_event_set(event);
	at_add(&handled, 1, RELEASE);
}

static void *set_often(void *arg)
{
	pthread_t *target = arg; /* NULL: sets it by itself, otherwise by a signal */

	for (int i = 0; i < ROUNDS; i++) {
		int seen = at_load(&taken, ACQUIRE);

		if (target) {
			CHECK_EQ(pthread_kill(*target, SIGUSR1), 0);
		} else {
			written = i;
			hob_event_set(event);
		}
		while (at_load(&taken, ACQUIRE) == seen)
			sched_yield();
	}
	return NULL;
}

static int be_woken(void *arg)
{
	pthread_t self = pthread_self(), thread; /* a worker, which may be anywhere when the signal comes */

	event = event_new();
	taken = handled = 0;
	CHECK_EQ(sys.thread_create(&thread, set_often, arg ? &self : NULL), 0);
	while (at_load(&taken, RELAXED) < ROUNDS) {
		CHECK_EQ(hob_event_wait(event, HOB_NEVER), 0);
		CHECK(arg || written == at_load(&taken, RELAXED));
		at_add(&taken, 1, RELEASE);
		hob_yield();
	}
	sys.thread_join(thread);
	while (arg && at_load(&handled, ACQUIRE) < ROUNDS) /* the last one may still be within the set */
		hob_yield();
	hob_event_destroy(event);
	return 0;
}

static int woken_by_a_thread(void *arg)
{
	(void)arg;
	return be_woken(NULL);
}

static int woken_by_a_signal_handler(void *arg)
{
	(void)arg;
	return be_woken(&event);
}

static int no_eventfd(void)
{
	return -EMFILE;
}

static void *no_memory(size_t bytes)
{
	(void)bytes;
	return NULL;
}

static void what_is_lacking_is_answered(void)
{
	int before = fds_open();
	struct hob_event *e;

	sys.eventfd = no_eventfd;
	CHECK_EQ(hob_event_create(&e), -EMFILE);
	sys.eventfd = sys_real.eventfd;
	sys.alloc = no_memory;
	CHECK_EQ(hob_event_create(&e), -ENOMEM);
	sys.alloc = sys_real.alloc;
	CHECK_EQ(fds_open(), before);
	e = event_new();
	CHECK_EQ(hob_event_wait(e, 0), -EPERM);
	hob_event_destroy(e);
}

int main(void)
{
	struct sigaction act = { .sa_handler = set_event, .sa_flags = SA_RESTART };

	test_start();
	CHECK_EQ(sigaction(SIGUSR1, &act, NULL), 0);
	EACH(answers);
	EACH(one_of_many);
	EACH(woken_by_a_thread);
#ifdef BASE_TSAN
	/* It puts handlers off until the thread next calls libc, and so for ever while it sleeps in io_uring_enter. */
	TEST_SKIP(woken_by_a_signal_handler, "ThreadSanitizer holds signals back");
	(void)woken_by_a_signal_handler;
#else
	EACH(woken_by_a_signal_handler);
#endif
	TEST(what_is_lacking_is_answered);
	return test_done();
}
