/* Tasks that are stuck, because they compute without end or are blocked in a plain system call, hold up no other: not
 * the ready ones, not those whose waits are over, not timers; on as many workers as there are stuck tasks. Each is
 * stuck until another has run, so where one is held up the test hangs. */
#include <limits.h>
#include <sys/resource.h>

#include "wait/each.h"

static struct {
	int blocked[2]; /* a pipe to be stuck in */
	int waited[2];  /* one that tasks wait at */
	atomic_of(uint32_t) stuck, served;
	atomic_of(bool) over;
	struct hob_sem sem;
} t;

static void begin(void)
{
	memset(&t, 0, sizeof t);
	pipe_new(t.blocked, 0);
	pipe_new(t.waited, O_NONBLOCK);
}

static void end(void)
{
	pipe_close(t.blocked);
	pipe_close(t.waited);
}

/* The ways to be stuck. */

static int block(void *arg)
{
	char byte;

	(void)arg;
	at_add(&t.stuck, 1, RELAXED);
	CHECK_EQ(read(t.blocked[0], &byte, 1), 1);
	return 0;
}

static int compute(void *arg)
{
	(void)arg;
	at_add(&t.stuck, 1, RELAXED);
	while (!at_load(&t.over, ACQUIRE))
		at_pause();
	return 0;
}

static void release(unsigned n)
{
	at_store(&t.over, true, RELEASE);
	for (unsigned i = 0; i < n; i++)
		CHECK_EQ(write(t.blocked[1], "x", 1), 1);
}

/* What goes on meanwhile. */

static void await_stuck(unsigned n)
{
	while (at_load(&t.stuck, RELAXED) < n)
		CHECK_EQ(hob_sleep(hob_after(50 * HOB_US)), 0);
}

static int serve(void *arg)
{
	char byte;

	(void)arg;
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(hob_read(t.waited[0], &byte, 1, HOB_NEVER), 1);
		at_add(&t.served, 1, RELAXED);
	}
	return 0;
}

static void ask(void)
{
	for (uint32_t i = 1; i <= 20; i++) {
		CHECK_EQ(write(t.waited[1], "y", 1), 1);
		while (at_load(&t.served, RELAXED) < i)
			CHECK_EQ(hob_sleep(hob_after(20 * HOB_US)), 0);
	}
}

static void others_go_on(hob_task_fn *stuck, unsigned n)
{
	struct hob_scope *s = scope_new();

	begin();
	spawn(s, serve, NULL);
	hob_yield();
	for (unsigned i = 0; i < n; i++)
		spawn(s, stuck, NULL);
	await_stuck(n);
	ask();
	release(n);
	scope_join(s);
	end();
}

static int blocked_tasks(void *arg)
{
	(void)arg;
	others_go_on(block, each_workers);
	return 0;
}

static int computing_tasks(void *arg)
{
	(void)arg;
	others_go_on(compute, each_workers);
	return 0;
}

static int many_blocked_tasks(void *arg)
{
	(void)arg;
	others_go_on(block, HOSTILE ? each_workers + 3 : 12);
	return 0;
}

static int a_few_more_computing_tasks(void *arg)
{
	(void)arg;
	others_go_on(compute, each_workers + 2);
	return 0;
}

/* Ready tasks that only the stuck one's worker knows of. */

static int let_go(void *arg)
{
	release((unsigned)(uintptr_t)arg);
	return 0;
}

static int spawn_and_block(void *arg)
{
	spawn(arg, let_go, (void *)1);
	return block(NULL);
}

static int a_task_spawned_by_the_stuck_one(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	begin();
	spawn(s, spawn_and_block, s);
	scope_join(s);
	end();
	return 0;
}

static int await_post(void *arg)
{
	(void)arg;
	CHECK_EQ(hob_sem_wait(&t.sem, HOB_NEVER), 0);
	release(1);
	return 0;
}

static int post_and_compute(void *arg)
{
	for (int i = 0; i < 2000 && arg; i++) /* until it is deposed, or nearly so */
		at_pause();
	hob_sem_post(&t.sem, 1);
	return compute(NULL);
}

static int post_late_and_compute(void *arg)
{
	hob_time until = hob_after(2 * HOB_MS);

	(void)arg;
	while (hob_now() < until)
		at_pause();
	return post_and_compute(NULL);
}

static int a_task_woken_by_the_stuck_one(void *arg)
{
	static hob_task_fn *const ways[] = { post_and_compute, post_late_and_compute };

	(void)arg;
	for (int i = 0; i < 8; i++) {
		struct hob_scope *s = scope_new();

		begin();
		spawn(s, await_post, NULL);
		hob_yield();
		spawn(s, ways[i % 2], (void *)(uintptr_t)(i & 2));
		scope_join(s);
		end();
	}
	return 0;
}

/* All of it, in any order, again and again. */

enum { PEOPLE = HOSTILE ? 5 : 24, TURNS = SLOW_BUILD || HOSTILE ? 6 : 20 };

struct person {
	struct dice dice;
	int pipe[2];
	atomic_of(bool) hand;
};

static struct person people[PEOPLE];

/* Each is stuck only until the one before it, which never waits for it, has had a turn. */
static int live(void *arg)
{
	struct person *p = arg, *before = p == people ? NULL : p - 1;
	char byte;

	for (int i = 0; i < TURNS; i++) {
		switch (roll(&p->dice, 6)) {
		case 0:
			hob_yield();
			break;
		case 1:
			CHECK_EQ(hob_sleep(hob_after((int64_t)roll(&p->dice, 300) * HOB_US)), 0);
			break;
		case 2:
			CHECK_EQ(poll(NULL, 0, 1), 0);
			break;
		case 3:
			for (hob_time until = hob_after((int64_t)roll(&p->dice, 2000) * HOB_US); hob_now() < until;)
				at_pause();
			break;
		default:
			break;
		}
		CHECK_EQ(write(p->pipe[1], "z", 1), 1);
		if (!before)
			continue;
		if (roll(&p->dice, 2))
			CHECK_EQ(hob_read(before->pipe[0], &byte, 1, HOB_NEVER), 1);
		else
			CHECK_EQ(read(before->pipe[0], &byte, 1), 1);
	}
	return 0;
}

static int a_life(void *arg)
{
	struct hob_scope *s = scope_new();

	(void)arg;
	for (int i = 0; i < PEOPLE; i++) {
		people[i].dice = dice_of((uint64_t)i + 100 * each_workers);
		pipe_new(people[i].pipe, 0);
	}
	for (int i = PEOPLE; i-- > 0;)
		spawn(s, live, &people[i]);
	scope_join(s);
	for (int i = 0; i < PEOPLE; i++)
		pipe_close(people[i].pipe);
	return 0;
}

/* An idle runtime is idle. */

static long switches(void)
{
	struct rusage u;

	CHECK_EQ(getrusage(RUSAGE_SELF, &u), 0);
	return u.ru_nvcsw;
}

static int nobody_wakes_without_need(void *arg)
{
	long before, least = LONG_MAX;

	(void)arg;
	/* Another process may hold the monitor up while it has not fallen asleep yet: three chances. */
	for (int i = 0; i < 3 && least > 12; i++) {
		before = switches();
		CHECK_EQ(hob_sleep(hob_after(150 * HOB_MS)), 0);
		before = switches() - before;
		least = before < least ? before : least;
	}
	CHECK(least <= 12);
	return 0;
}

/* But where one thread was asked for, nobody does, and what a task has not let go of stays as it is. */

static int count(void *arg)
{
	at_add(&t.served, 1, RELAXED);
	(void)arg;
	return 0;
}

static int block_alone(void *arg)
{
	struct hob_scope *s;

	(void)arg;
	CHECK_EQ(hob_scope_create(&s), 0);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(hob_spawn(s, count, NULL), 0);
	for (int i = 0; i < 3; i++) /* each far beyond what makes a stand-in come */
		CHECK_EQ(poll(NULL, 0, 20), 0);
	CHECK_EQ(at_load(&t.served, RELAXED), 0);
	CHECK_EQ(hob_scope_wait(s, HOB_NEVER), 0);
	CHECK_EQ(at_load(&t.served, RELAXED), 10);
	hob_scope_destroy(s);
	return 0;
}

static void one_thread_has_no_stand_in(void)
{
	struct hob_options o = { .one_thread = true, .workers = 2 };

	CHECK_EQ(hob_run(&o, block_alone, NULL), -EINVAL);
	for (o.workers = 0; o.workers < 2; o.workers++) {
		begin();
		CHECK_EQ(hob_run(&o, block_alone, NULL), 0);
		end();
	}
}

/* ThreadSanitizer has a thread of its own, that wakes ten times a second; QEMU has some, too. */
#ifdef BASE_TSAN
#define TOOL_WAKES 1
#else
#define TOOL_WAKES 0
#endif

/* All voluntary switches of this process's threads, but not the caller's. */
static long switches_of_others(void)
{
	char path[64], line[128];
	DIR *dir = opendir("/proc/self/task");
	struct dirent *e;
	long sum = 0, n;

	CHECK(dir);
	while ((e = readdir(dir))) {
		FILE *f;

		snprintf(path, sizeof path, "/proc/self/task/%.20s/status", e->d_name);
		f = *e->d_name == '.' || atol(e->d_name) == gettid() ? NULL : fopen(path, "r");
		while (f && fgets(line, sizeof line, f))
			if (sscanf(line, "voluntary_ctxt_switches: %ld", &n) == 1)
				sum += n;
		if (f)
			fclose(f);
	}
	closedir(dir);
	return sum;
}

/* From outside, and in the end it lets the sleeping task go. What was under way may come to rest: five chances. */
static void *watch_nothing_happen(void *arg)
{
	long before, after = 1, chances = 5;

	do {
		before = switches_of_others();
		CHECK_EQ(poll(NULL, 0, 200), 0);
		after = switches_of_others();
	} while (after != before && --chances);
	CHECK_EQ(after, before);
	CHECK_EQ(write(t.waited[1], "x", 1), 1);
	return arg;
}

static int an_idle_program_makes_no_wake_up(void *arg)
{
	pthread_t watcher;
	char byte;

	(void)arg;
	begin();
	CHECK_EQ(pthread_create(&watcher, NULL, watch_nothing_happen, NULL), 0);
	CHECK_EQ(hob_read(t.waited[0], &byte, 1, HOB_NEVER), 1);
	CHECK_EQ(pthread_join(watcher, NULL), 0);
	end();
	return 0;
}

int main(void)
{
	test_start();
	EACH(blocked_tasks);
	EACH(computing_tasks);
	EACH(many_blocked_tasks);
	EACH(a_few_more_computing_tasks);
	EACH(a_task_spawned_by_the_stuck_one);
	EACH(a_task_woken_by_the_stuck_one);
	EACH(a_life);
	EACH(nobody_wakes_without_need);
	TEST(one_thread_has_no_stand_in);
	if (!emulated() && !TOOL_WAKES)
		EACH(an_idle_program_makes_no_wake_up);
	return test_done();
}
