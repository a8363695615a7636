/* The runtime behind parallel calls from a plain program: started by the first such call on a thread of its own, one
 * worker a core, asleep while nobody calls. It stays until the process ends; its threads are not joined, since exit(3)
 * may come from any thread at any time.
 *
 * fork(2) copies the calling thread alone, so in the child the runtime is gone though its memory is there: the child
 * forgets it, and its first call starts another. (A child of a multi-threaded process may call only what is safe in
 * signal handlers until it execs, says POSIX; glibc is kinder, and so are we.)
 */
#include "outside.h"

#include <errno.h>
#include <hob.h>
#include <pthread.h>

#include "base/lock.h"
#include "base/sys.h"
#include "sched/task.h"

enum { ABSENT, STARTING, THERE };

static struct lock start_lock; /* of who starts it */
static atomic_of(uint32_t) state;
static int start_error;
static struct hob_scope *calls;

struct call {
	hob_task_fn *fn;
	void *arg;
	int result;
	atomic_of(uint32_t) done;
};

static void forget(void)
{
	start_lock = (struct lock){ 0 };
	at_store(&state, ABSENT, RELAXED);
}

static void publish(uint32_t s)
{
	at_store(&state, s, RELEASE);
	futex_wake(&state, INT32_MAX);
}

static int host(void *arg)
{
	(void)arg;
	start_error = hob_scope_create(&calls);
	if (start_error)
		return 0;
	publish(THERE);
	for (;;) {
		task_waits_for(task_self(), NULL);
		task_park(WHY_SCOPE, HOB_NEVER, PARK_SHIELDED);
	}
}

static void *host_thread(void *arg)
{
	int err = hob_run(NULL, host, arg); /* returns only where it could not start */

	start_error = err ? err : start_error;
	publish(ABSENT);
	return NULL;
}

static int start(void)
{
	static bool prepared;
	pthread_t thread;
	int err = 0;

	lock(&start_lock);
	if (at_load(&state, ACQUIRE) == ABSENT) {
		if (!prepared)
			err = -pthread_atfork(NULL, NULL, forget);
		prepared = !err;
		if (!err) {
			at_store(&state, STARTING, RELAXED);
			err = sys.thread_create(&thread, host_thread, NULL);
			if (err)
				at_store(&state, ABSENT, RELAXED);
			else
				sys.thread_detach(thread);
		}
	}
	unlock(&start_lock);
	return err;
}

static int ensure(void)
{
	int err;

	if (at_load(&state, ACQUIRE) == THERE)
		return 0;
	err = start();
	while (!err && at_load(&state, ACQUIRE) == STARTING)
		futex_wait(&state, STARTING, INT64_MAX);
	if (err)
		return err;
	return at_load(&state, ACQUIRE) == THERE ? 0 : start_error;
}

static int call_main(void *arg)
{
	struct call *c = arg;

	c->result = c->fn(c->arg);
	at_store(&c->done, 1, RELEASE);
	futex_wake(&c->done,
		   1); /* perhaps of a word that is gone: then nobody sleeps on it, or a stranger looks again */
	return 0;
}

int outside_call(hob_task_fn *fn, void *arg)
{
	struct call c = { .fn = fn, .arg = arg };
	int err = ensure();

	if (!err)
		err = hob_spawn(calls, call_main, &c);
	if (err)
		return err;
	while (!at_load(&c.done, ACQUIRE))
		futex_wait(&c.done, 0, INT64_MAX);
	return c.result;
}
