/* A poller that waits for nothing but its timers and wake(), on a virtual clock: when every poller sleeps the clock
 * jumps to the next timer, so a test of hours takes no time. Each look at the clock takes a virtual microsecond, since
 * a worker that searches counts on time passing; a nap ends after a real millisecond at the latest, since those that
 * compute meanwhile do not move the clock. By its dice it also returns early, and forgets or keeps a wake that
 * comes when nobody sleeps: all of which sched/poller.h allows.
 */
#ifndef TEST_FAKE_POLLER_H
#define TEST_FAKE_POLLER_H

#include <errno.h>
#include <pthread.h>

#include "base/sys.h"
#include "rig.h"
#include "sched/run.h"
#include "sched/worker.h"

struct poller {
	struct poller *next;
	struct timer *alarms; /* in no order */
	pthread_cond_t woken_up;
	bool sleeping, woken;
	hob_time until; /* while it sleeps: the end of a nap */
};

static struct {
	pthread_mutex_t lock;
	struct poller *all;
	unsigned n, asleep;
	struct dice dice;
	unsigned early; /* one sleep of so many returns at once; 0: none does */
	atomic_of(int64_t) now;
	void (*on_wake)(void); /* by the waker, before its wake is seen; NULL: nothing */
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int64_t fake_now(void)
{
	return at_add(&fake.now, 1000, RELAXED);
}

/* A lock's nap is counted by our clock, the kernel counts by its own. */
static int fake_futex_wait(uint32_t *word, uint32_t expected, const struct timespec *deadline)
{
	struct timespec real;
	int64_t at;

	if (!deadline)
		return sys_real.futex_wait(word, expected, NULL);
	at = deadline->tv_sec * HOB_SECOND + deadline->tv_nsec - at_load(&fake.now, RELAXED) + sys_real.now();
	real = (struct timespec){ .tv_sec = at / HOB_SECOND, .tv_nsec = at % HOB_SECOND };
	return sys_real.futex_wait(word, expected, at < 0 ? &(struct timespec){ 0 } : &real);
}

static int fake_create(struct poller **out)
{
	struct poller *p = sys.alloc(sizeof *p);

	if (!p)
		return -ENOMEM;
	pthread_cond_init(&p->woken_up, NULL);
	pthread_mutex_lock(&fake.lock);
	p->until = HOB_NEVER;
	p->next = fake.all;
	fake.all = p;
	fake.n++;
	pthread_mutex_unlock(&fake.lock);
	*out = p;
	return 0;
}

static void fake_destroy(struct poller *p)
{
	struct poller **at = &fake.all;

	pthread_mutex_lock(&fake.lock);
	CHECK(!p->alarms);
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	fake.n--;
	pthread_mutex_unlock(&fake.lock);
	pthread_cond_destroy(&p->woken_up);
	sys.free(p);
}

/* All below: under the lock. */

static void fake_disarm(struct timer *t)
{
	if (t->prev)
		t->prev->next = t->next;
	else
		t->poller->alarms = t->next;
	if (t->next)
		t->next->prev = t->prev;
	at_store(&t->armed, false, RELEASE);
}

static struct timer *fake_due(struct poller *p)
{
	int64_t now = at_load(&fake.now, RELAXED);
	struct timer *t = p->alarms;

	while (t && t->when > now)
		t = t->next;
	return t;
}

static void fake_rouse(struct poller *p)
{
	if (!p->sleeping)
		return;
	p->sleeping = false;
	fake.asleep--;
	pthread_cond_signal(&p->woken_up);
}

static void fake_jump(void)
{
	int64_t first = HOB_NEVER;

	for (struct poller *p = fake.all; p; p = p->next)
		for (struct timer *t = p->alarms; t; t = t->next)
			first = t->when < first ? t->when : first;
	for (struct poller *p = fake.all; p; p = p->next)
		first = p->until < first ? p->until : first;
	if (first == HOB_NEVER)
		return; /* only a foreign thread can help now, or the watchdog */
	if (first > at_load(&fake.now, RELAXED))
		at_store(&fake.now, first, RELAXED);
	for (struct poller *p = fake.all; p; p = p->next)
		if (fake_due(p) || p->until <= at_load(&fake.now, RELAXED))
			fake_rouse(p);
}

/* Time does not pass while a task computes, though a spare may sleep in its place. */
static bool fake_computes(void)
{
	struct worker *me = worker_self();

	for (unsigned i = 0; i < queues_of(me->rt); i++)
		if (me->rt->queues[i] != me && at_load(&me->rt->queues[i]->awake, ACQUIRE))
			return true;
	return false;
}

/* Until it is woken, or so much real time has passed; answers whether it was. */
static bool fake_nap(struct poller *p, int64_t ns)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += ns;
	at.tv_sec += at.tv_nsec / HOB_SECOND;
	at.tv_nsec %= HOB_SECOND;
	return pthread_cond_timedwait(&p->woken_up, &fake.lock, &at) != ETIMEDOUT;
}

static void fake_sleep(struct poller *p, hob_time deadline)
{
	bool computes;

	if (fake.early && roll(&fake.dice, fake.early) == 0)
		return;
	p->sleeping = true;
	p->until = deadline;
	fake.asleep++;
	while (p->sleeping) {
		computes = fake.asleep == fake.n && fake_computes();
		if (fake.asleep == fake.n && !computes)
			fake_jump();
		if (!p->sleeping)
			break;
		if (deadline != HOB_NEVER) {
			if (!fake_nap(p, HOB_MS))
				fake_rouse(p);
		} else if (computes) {
			fake_nap(p, HOB_MS / 10); /* such a one does not pass here when it is done: look again */
		} else {
			pthread_cond_wait(&p->woken_up, &fake.lock);
		}
	}
	p->until = HOB_NEVER;
}

/* Under the lock up to here. */

static void fake_poll(struct poller *p, hob_time deadline)
{
	struct task *due[16];
	unsigned n = 0;
	struct timer *t;

	pthread_mutex_lock(&fake.lock);
	if (deadline && !p->woken && !fake_due(p))
		fake_sleep(p, deadline);
	if (deadline || roll(&fake.dice, 2))
		p->woken = false;
	while (n < 16 && (t = fake_due(p))) {
		due[n++] = timer_task(t);
		fake_disarm(t);
	}
	pthread_mutex_unlock(&fake.lock);
	for (unsigned i = 0; i < n; i++)
		task_unpark(due[i]);
}

static void fake_wake(struct poller *p)
{
	if (fake.on_wake)
		fake.on_wake();
	pthread_mutex_lock(&fake.lock);
	p->woken = true;
	fake_rouse(p);
	pthread_mutex_unlock(&fake.lock);
}

static void fake_timer_start(struct poller *p, struct timer *t)
{
	pthread_mutex_lock(&fake.lock);
	t->poller = p;
	t->prev = NULL;
	t->next = p->alarms;
	if (t->next)
		t->next->prev = t;
	p->alarms = t;
	at_store(&t->armed, true, RELAXED);
	pthread_mutex_unlock(&fake.lock);
}

static void fake_timer_stop(struct timer *t)
{
	pthread_mutex_lock(&fake.lock);
	if (at_load(&t->armed, RELAXED))
		fake_disarm(t);
	pthread_mutex_unlock(&fake.lock);
}

static const struct poller_ops fake_ops = {
	.create = fake_create,
	.destroy = fake_destroy,
	.poll = fake_poll,
	.wake = fake_wake,
	.timer_start = fake_timer_start,
	.timer_stop = fake_timer_stop,
};

/* Runs over the fake poller, from a clock that the seed sets. */
static inline int fake_run(unsigned workers, uint64_t seed, hob_task_fn *fn, void *arg)
{
	struct hob_options o = { .workers = workers, .seed = seed | 1, .stack_bytes = 64 << 10 };

	return sched_run(&fake_ops, &o, fn, arg);
}

static inline void fake_start(unsigned early)
{
	fake.dice = dice_of(1);
	fake.early = early;
	fake.now = (int64_t)roll(&fake.dice, 1u << 30) + 1;
	sys.now = fake_now;
	sys.futex_wait = fake_futex_wait;
}

#endif
