/* Faults under tasks: scopes, timers, locks, channels, lanes, threads that block, loops, reports. */
#include <fcntl.h>

#include "fault/inject.h"

/* Scopes ----------------------------------------------------------------------------------------------------------- */

static atomic_of(uint32_t) ran, destroyed;
static hob_local key;

static void destroy_value(void *value)
{
	at_add(&destroyed, *(uint32_t *)value, RELAXED);
}

static int named(void *arg)
{
	static uint32_t one = 1;
	char name[] = "task";

	at_add(&ran, 1, RELAXED);
	if (done(hob_name_set(name)))
		CHECK(strcmp(hob_name(), name) == 0);
	if (done(hob_local_set(key, &one)))
		CHECK(hob_local_get(key) == &one);
	hob_yield();
	CHECK_EQ(hob_sleep(hob_after((intptr_t)arg * HOB_US)), 0);
	return 0;
}

static int cancelled(void *arg)
{
	(void)arg;
	at_add(&ran, 1, RELAXED);
	CHECK_EQ(hob_sleep(HOB_NEVER), -ECANCELED);
	if (hob_shield_begin() == 0) {
		CHECK_EQ(hob_sleep(hob_after(HOB_US)), 0);
		hob_shield_end();
	}
	CHECK_EQ(hob_yield(), 0);
	return 0;
}

static int scopes(void *arg)
{
	struct hob_scope *s, *below;
	struct hob_task_times times;
	uint32_t spawned = 0;

	(void)arg;
	ran = destroyed = 0;
	if (!done(hob_scope_create_with(&s, &(struct hob_scope_options){ .cancel_on_error = 1 })))
		return 0;
	for (int i = 0; i < 40; i++) /* more than are kept ready */
		spawned += done(hob_spawn(s, named, (void *)(intptr_t)(i % 3)));
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	if (done(hob_scope_create(&below))) {
		for (int i = 0; i < 5; i++)
			spawned += done(hob_spawn(below, cancelled, NULL));
		CHECK(hob_scope_wait(below, hob_after(30 * HOB_US)) == (spawned ? -ETIMEDOUT : 0) || has_failed());
		hob_scope_cancel(below);
		CHECK_EQ(hob_scope_wait(below, HOB_NEVER), 0);
		hob_scope_destroy(below);
	}
	hob_scope_destroy(s);
	CHECK_EQ(ran, spawned);
	CHECK(has_failed() || destroyed == 40);
	CHECK_EQ(hob_task_times(&times), 0);
	return 0;
}

/* Turns ------------------------------------------------------------------------------------------------------------ */

static struct hob_mutex mutex;
static struct hob_cond cond;
static struct hob_sem sem;
static struct hob_group group;
static struct hob_once once;
static struct hob_rwlock rwlock;
static struct hob_event *event;
static uint32_t turns, begun;

static int initialise(void *arg)
{
	++*(uint32_t *)arg;
	return 0;
}

static int takes_turns(void *arg)
{
	(void)arg;
	CHECK_EQ(hob_once(&once, initialise, &begun, HOB_NEVER), 0);
	CHECK_EQ(hob_sem_wait(&sem, HOB_NEVER), 0);
	CHECK_EQ(hob_mutex_lock(&mutex, HOB_NEVER), 0);
	turns++;
	hob_yield();
	hob_cond_broadcast(&cond);
	hob_mutex_unlock(&mutex);
	CHECK_EQ(hob_sem_post(&sem, 1), 0);
	CHECK_EQ(hob_rwlock_read(&rwlock, HOB_NEVER), 0);
	hob_yield();
	hob_rwlock_unlock(&rwlock);
	CHECK_EQ(hob_rwlock_write(&rwlock, HOB_NEVER), 0);
	hob_yield();
	hob_rwlock_unlock(&rwlock);
	hob_group_done(&group);
	return 0;
}

static int sets(void *arg)
{
	(void)arg;
	hob_event_set(event);
	return 0;
}

static int turns_taken(void *arg)
{
	struct hob_scope *s;
	uint32_t spawned = 0;

	(void)arg;
	memset(&once, 0, sizeof once);
	memset(&sem, 0, sizeof sem);
	turns = begun = 0;
	if (!done(hob_scope_create(&s)))
		return 0;
	CHECK_EQ(hob_sem_post(&sem, 2), 0);
	for (int i = 0; i < 6; i++) {
		hob_group_add(&group, 1);
		if (done(hob_spawn(s, takes_turns, NULL)))
			spawned++;
		else
			hob_group_done(&group);
	}
	CHECK_EQ(hob_mutex_lock(&mutex, HOB_NEVER), 0);
	while (turns < spawned)
		CHECK_EQ(hob_cond_wait(&cond, &mutex, HOB_NEVER), 0);
	hob_mutex_unlock(&mutex);
	CHECK_EQ(hob_group_wait(&group, HOB_NEVER), 0);
	CHECK_EQ(begun, spawned > 0);
	if (done(hob_event_create(&event))) {
		if (done(hob_spawn(s, sets, NULL))) {
			int r = hob_event_wait(event, HOB_NEVER);

			CHECK(r == 0 || has_failed());
		}
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		hob_event_destroy(event);
	}
	hob_scope_destroy(s);
	return 0;
}

/* Channels and lanes ----------------------------------------------------------------------------------------------- */

static struct hob_chan *numbers;
static struct hob_lane *lane;
static int in_lane;

static int sends(void *arg)
{
	(void)arg;
	for (int i = 1; i <= 5; i++)
		CHECK_EQ(hob_chan_send(numbers, &i, HOB_NEVER), 0);
	hob_chan_close(numbers);
	return 0;
}

static int counts_in_lane(void *arg)
{
	int before = in_lane;

	(void)arg;
	hob_lane_assert(lane);
	hob_lane_yield();
	in_lane = before + 1; /* a checkpoint lets others in: so this may lose some, but never tears */
	CHECK_EQ(hob_sleep(hob_after(HOB_US)), 0);
	return 0;
}

static int talks(void *arg)
{
	int item, sum = 0, fds[2], r;
	struct hob_scope *s;

	(void)arg;
	pipe_new(fds, 0);
	if (done(hob_scope_create(&s))) {
		if (done(hob_chan_create(&numbers, sizeof item, 1))) {
			if (done(hob_spawn(s, sends, NULL))) {
				struct hob_case cases[2] = {
					{ .kind = HOB_CASE_RECV, .chan = numbers, .item = &item },
					{ .kind = HOB_CASE_FD, .fd = fds[0], .events = POLLIN },
				};

				while ((r = hob_select(cases, 2, HOB_NEVER)) == 0 && !cases[0].error)
					sum += item;
				if (r < 0) { /* a wait for a descriptor may fail: the channel is whole */
					done(r);
					while (hob_chan_recv(numbers, &item, HOB_NEVER) == 0)
						sum += item;
				}
				CHECK_EQ(sum, 15);
			}
			CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
			hob_chan_destroy(numbers);
		}
		if (done(hob_lane_create(&lane, &(struct hob_lane_options){ .name = "lane" }))) {
			for (int i = 0; i < 4; i++)
				done(hob_lane_spawn(s, lane, counts_in_lane, NULL));
			CHECK_EQ(hob_lane_call(lane, counts_in_lane, NULL, HOB_NEVER), 0);
			CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
			hob_lane_destroy(lane);
		}
		hob_scope_destroy(s);
	}
	pipe_close(fds);
	return 0;
}

/* Threads that block ----------------------------------------------------------------------------------------------- */

static int adds_one(void *arg)
{
	++*(int *)arg;
	return 0;
}

static int blocks(void *arg)
{
	int n = 0;

	(void)arg;
	if (done(hob_blocking(adds_one, &n, HOB_NEVER)))
		CHECK_EQ(n, 1);
	else
		CHECK_EQ(n, 0);
	return 0;
}

static int blocking(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	if (!done(hob_scope_create(&s)))
		return 0;
	for (int i = 0; i < 4; i++)
		done(hob_spawn(s, blocks, NULL));
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	hob_scope_destroy(s);
	return 0;
}

/* Work divided ----------------------------------------------------------------------------------------------------- */

enum { ITEMS = 3000 };

static uint32_t hits[ITEMS], keys[ITEMS];

static int hit(size_t begin, size_t end, void *arg)
{
	(void)arg;
	for (size_t i = begin; i < end; i++)
		at_add(&hits[i], 1, RELAXED);
	return 0;
}

static int add(size_t begin, size_t end, void *acc, void *arg)
{
	(void)arg;
	for (size_t i = begin; i < end; i++)
		*(uint64_t *)acc += i;
	return 0;
}

static void together(void *left, const void *right, void *arg)
{
	(void)arg;
	*(uint64_t *)left += *(const uint64_t *)right;
}

static int by_value(const void *a, const void *b, void *arg)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	(void)arg;
	return (x > y) - (x < y);
}

static int increments(const void *in, void *to, void *arg)
{
	(void)arg;
	*(uint32_t *)to = *(const uint32_t *)in + 1;
	return 0;
}

static void mix(void)
{
	for (uint32_t i = 0; i < ITEMS; i++)
		keys[i] = i * 2654435761u;
}

static void sorted(int err)
{
	if (done(err))
		for (size_t i = 1; i < ITEMS; i++)
			CHECK(keys[i - 1] <= keys[i]);
}

static int computes(void *arg)
{
	struct hob_reduction r = { .size = sizeof(uint64_t), .fold = add, .combine = together, .repeatable = 1 };
	struct hob_scan scan = { .size = sizeof(uint64_t), .fold = add, .combine = together, .write = add };
	static int errors[ITEMS];
	uint64_t sum;

	(void)arg;
	memset(hits, 0, sizeof hits);
	done(hob_parallel_for(ITEMS, 8, hit, NULL));
	for (size_t i = 0; i < ITEMS; i++)
		CHECK_EQ(hits[i], 1);
	if (done(hob_parallel_reduce(&(struct hob_loop){ .grain = 64 }, ITEMS, &r, &sum)))
		CHECK_EQ(sum, (uint64_t)ITEMS * (ITEMS - 1) / 2);
	if (done(hob_parallel_scan(&(struct hob_loop){ .grain = 64 }, ITEMS, &scan, &sum)))
		CHECK_EQ(sum, (uint64_t)ITEMS * (ITEMS - 1) / 2);
	mix();
	sorted(hob_parallel_sort(NULL, keys, ITEMS, sizeof *keys, by_value, NULL));
	mix();
	sorted(hob_parallel_sort_keys(NULL, keys, ITEMS, HOB_KEY_UINT32));
	if (done(hob_parallel_map(NULL, keys, 4, hits, 4, errors, ITEMS, increments, NULL)))
		for (size_t i = 0; i < ITEMS; i++)
			CHECK_EQ(hits[i], keys[i] + 1);
	return 0;
}

static int reports(void *arg)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct hob_scope *s;

	(void)arg;
	if (done(hob_scope_create(&s))) {
		for (int i = 0; i < 3; i++)
			done(hob_spawn(s, named, NULL));
		CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
		hob_scope_destroy(s);
	}
	done(hob_report(fd, HOB_REPORT_TEXT));
	done(hob_report(fd, HOB_REPORT_JSON));
	CHECK(hob_cores() >= 1);
	close(fd);
	return 0;
}

int main(void)
{
	struct hob_options plain = { 0 };

	faults_start();
	CHECK_EQ(hob_local_create(&key, destroy_value), 0);
	fault_tasks("scopes", scopes, plain, 6, 150);
	fault_tasks("turns", turns_taken, plain, 6, 150);
	fault_tasks("channels, lanes", talks, plain, 6, 150);
	fault_tasks("threads that block", blocking, plain, 6, 150);
	fault_tasks("loops, folds, sorts", computes, plain, 6, 100);
	fault_tasks("reports", reports, plain, 4, 50);
	return faults_done();
}
